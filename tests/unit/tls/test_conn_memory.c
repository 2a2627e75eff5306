/* test_conn_memory.c — memory runs out at any place in a handshake. A program of
 * its own, because wolfSSL 5.5.4 loses 72 bytes at two of these places, which
 * must not hide what others lose.                                            */
#include <stdlib.h>
#include <string.h>

#include "tls/ctx.h"
#include "tls/wolf.h"

#include "../check_main.h"
#include "yard.h"

/* Read by LeakSanitizer where there is one. */
const char *__lsan_default_suppressions(void);

const char *
__lsan_default_suppressions(void)
{
	return "leak:libwolfssl.so\n";
}

/* Which allocation of the library's fails; counts down. 0: none. */
static long fail_in;

static void *
failing_malloc(size_t n)
{
	return fail_in > 0 && --fail_in == 0 ? NULL : malloc(n);
}

static void *
failing_realloc(void *p, size_t n)
{
	return fail_in > 0 && --fail_in == 0 ? NULL : realloc(p, n);
}

/* A handshake and a record, with allocation number n failing. Was it reached? */
static bool
live_with_failure(struct yard *y, long n)
{
	struct yard_pair p;
	struct buf got;
	bool reached;

	buf_init(&got);
	yard_pair_init(y, &p);
	fail_in = n;
	yard_shake(&p, SIZE_MAX);
	if (p.result[TLS_RELAY] == 0 && p.result[TLS_AGENT] == 0 &&
	    tls_conn_write(p.conn[TLS_AGENT], (const uint8_t *)"data", 4,
		&p.wire[TLS_AGENT], NULL) == 0 &&
	    yard_read(&p, TLS_RELAY, &got) == AX_E_AGAIN)
		ck_assert(slice_eq(buf_slice(&got), slice_str("data")));
	reached = fail_in == 0;
	fail_in = 0;
	yard_pair_fini(&p);
	buf_fini(&got);
	return reached;
}

START_TEST(conn_survives_the_failure_of_any_allocation)
{
	struct yard y;
	long n = 1;

	yard_init(&y);
	yard_open(&y);
	ck_assert_int_eq(
	    wolfSSL_SetAllocators(failing_malloc, free, failing_realloc), 0);
	while (live_with_failure(&y, n))
		n++;
	ck_assert_int_gt(n, 100);
	yard_fini(&y);
	(void)wolfSSL_SetAllocators(malloc, free, realloc);
}
END_TEST

/* The library is not to blame: whoever reads that would look for another one. */
START_TEST(selftest_without_memory_blames_nobody)
{
	struct yard y;
	bool reached = true;
	long n = 1;

	yard_init(&y);
	yard_open(&y);
	ck_assert_int_eq(
	    wolfSSL_SetAllocators(failing_malloc, free, failing_realloc), 0);
	for (; reached; n += 61) {
		struct err e = { 0 };
		int r;

		fail_in = n;
		r = selftest_run(y.ctx[TLS_RELAY], &e);
		reached = fail_in == 0;
		fail_in = 0;
		ck_assert_msg(r == 0 || (e.text[0] != '\0' &&
		    strstr(e.text, "do not use this wolfSSL") == NULL),
		    "allocation %ld: %s", n, e.text);
	}
	ck_assert_int_gt(n, 500); /* a small wolfSSL asks less often */
	yard_fini(&y);
	(void)wolfSSL_SetAllocators(malloc, free, realloc);
}
END_TEST

CHECK_MAIN("conn_memory", conn_survives_the_failure_of_any_allocation,
    selftest_without_memory_blames_nobody)
