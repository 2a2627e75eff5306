/* micro_tls.c — what a handshake costs, and a record, by each way of sealing.
 * One thread. Certificates are made on the spot, as in the tests.            */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "micro/bench.h"
#include "tests/unit/tls/yard.h"
#include "tls/record.h"

struct world {
	struct yard yard;
	struct accel *accel;
	struct buf hello; /* of an agent */
	struct record_side side;
	size_t len;
	uint8_t text[TLS_RECORD_MAX], record[TLS_RECORD_MAX + 64],
	    back[TLS_READ_MIN];
};

static uint64_t
handshakes(void *context, uint64_t n)
{
	struct world *w = context;
	struct yard_pair p;
	uint64_t done = 0;

	while (n-- > 0) {
		yard_pair_init(&w->yard, &p);
		yard_shake(&p, SIZE_MAX);
		done += p.result[TLS_RELAY] == 0 && p.result[TLS_AGENT] == 0;
		yard_pair_fini(&p);
	}
	return done;
}

/* What a stranger can make a relay do before he has proved anything. */
static uint64_t
hellos(void *context, uint64_t n)
{
	struct world *w = context;
	struct tls_conn *c;
	struct buf out;
	uint64_t done = 0;

	buf_init(&out);
	while (n-- > 0) {
		ax_assert(tls_conn_new(
			      w->yard.ctx[TLS_RELAY], NULL, &c) == 0);
		tls_conn_feed(c, buf_slice(&w->hello));
		done += tls_conn_handshake(c, &out, 0, NULL) == AX_E_AGAIN;
		tls_conn_free(&c);
		buf_consume(&out, buf_len(&out));
	}
	buf_fini(&out);
	return done;
}

static uint64_t
seal(void *context, uint64_t n)
{
	struct world *w = context;
	struct slice text = slice_of(w->text, w->len);

	while (n-- > 0)
		ax_assert(record_seal(
			      &w->side, RECORD_DATA, text, w->record) == 0);
	return w->record[5];
}

/* The same record each time, as if it were the first. */
static uint64_t
open_record(void *context, uint64_t n)
{
	struct world *w = context;
	struct slice r = slice_of(w->record, w->len + TLS_RECORD_OVERHEAD);
	uint8_t type;
	size_t got;

	while (n-- > 0) {
		w->side.seq = 0;
		ax_assert(
		    record_open(&w->side, r, w->back, &type, &got) == 0);
	}
	return w->back[0];
}

static void
records(struct world *w, const char *how, const struct record_keys *k)
{
	static const size_t sizes[] = { 128, 1024, TLS_RECORD_MAX };
	char name[64];
	size_t i;

	for (i = 0; i < ARRAY_LEN(sizes); i++) {
		struct bench b = { .name = name, .bytes = (double)sizes[i] };

		w->len = sizes[i];
		ax_assert(record_init(&w->side, w->accel, k) == 0);
		(void)snprintf(name, sizeof(name), "seal/%zu/%s", w->len, how);
		b.run = seal;
		bench_print(&b, w);
		w->side.seq = 0;
		(void)seal(w, 1);
		(void)snprintf(name, sizeof(name), "open/%zu/%s", w->len, how);
		b.run = open_record;
		bench_print(&b, w);
		record_fini(&w->side);
	}
}

static void
all_records(struct world *w)
{
	static const uint8_t key[32] = "key", iv[12] = "iv",
			     secret[RECORD_SECRET_LEN] = "secret";
	struct record_keys aes = { RECORD_AES128_GCM, key, iv, secret };
	struct record_keys chacha = { RECORD_CHACHA20_POLY1305, key, iv,
		secret };

	ax_assert(accel_new(&w->accel) == 0);
	if (w->accel != NULL)
		records(w, "AES-128-GCM/accelerated", &aes);
	accel_free(&w->accel);
	records(w, "AES-128-GCM/library", &aes);
	records(w, "ChaCha20-Poly1305", &chacha);
}

static void
record_hello(struct world *w)
{
	struct tls_conn *c;

	buf_init(&w->hello);
	ax_assert(tls_conn_new(w->yard.ctx[TLS_AGENT], YARD_HOST, &c) == 0);
	ax_assert(tls_conn_handshake(c, &w->hello, 0, NULL) == AX_E_AGAIN);
	tls_conn_free(&c);
}

int
main(void)
{
	static const struct bench shakes[] = {
		{ "handshake/both-ends", handshakes, 0, NULL },
		{ "handshake/hello-answered", hellos, 0, NULL },
	};
	struct world *w = calloc(1, sizeof(*w));
	size_t i;

	ax_assert(w != NULL);
	yard_init(&w->yard);
	yard_open(&w->yard);
	record_hello(w);
	fprintf(stderr, "%s\n", tls_describe());
	for (i = 0; i < ARRAY_LEN(shakes); i++)
		bench_print(&shakes[i], w);
	all_records(w);
	buf_fini(&w->hello);
	yard_fini(&w->yard);
	free(w);
	return 0;
}
