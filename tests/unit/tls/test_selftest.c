/* test_selftest.c — the self-test finds the holes that it is there for: each of
 * them is opened on purpose.                                                 */
#include <string.h>

#include "tls/ctx.h"
#include "tls/wolf.h"

#include "../check_main.h"
#include "yard.h"

static void
must_find(struct tls_ctx *ctx, const char *what)
{
	struct err e = { 0 };

	ck_assert_int_eq(selftest_run(ctx, &e), AX_E_TLS);
	ck_assert_msg(strstr(e.text, what) != NULL, "%s", e.text);
}

START_TEST(selftest_passes_a_context_of_the_recipe)
{
	struct err e = { 0 };
	struct yard y;

	yard_init(&y);
	yard_open(&y);
	ck_assert_msg(selftest_run(y.ctx[TLS_RELAY], &e) == 0, "%s", e.text);
	ck_assert_msg(selftest_run(y.ctx[TLS_AGENT], &e) == 0, "%s", e.text);
	yard_fini(&y);
}
END_TEST

START_TEST(selftest_finds_a_relay_that_verifies_nobody)
{
	struct yard y;

	yard_init(&y);
	yard_open(&y);
	wolfSSL_CTX_set_verify(
	    y.ctx[TLS_RELAY]->wolf, WOLFSSL_VERIFY_NONE, NULL);
	must_find(y.ctx[TLS_RELAY], "forged copy of the CA");
	yard_fini(&y);
}
END_TEST

#ifdef HAVE_UNLOAD_TRUST_PEERS
START_TEST(selftest_finds_cas_that_are_trusted_as_peers)
{
	static const enum tls_role roles[] = { TLS_RELAY, TLS_AGENT };
	struct yard y;
	size_t i;

	yard_init(&y);
	yard_open(&y);
	for (i = 0; i < 2; i++) {
		struct tls_ctx *ctx = y.ctx[roles[i]];

		/* Loaded once more, and this time not forgotten as a peer. */
		ck_assert_int_eq(wolfSSL_CTX_load_verify_buffer(ctx->wolf,
				     ctx->material->ca[0].p,
				     (long)ctx->material->ca[0].n,
				     WOLFSSL_FILETYPE_ASN1),
		    WOLFSSL_SUCCESS);
		must_find(ctx, "forged copy of the CA");
	}
	yard_fini(&y);
}
END_TEST
#else
START_TEST(selftest_finds_cas_that_are_trusted_as_peers)
{
	(void)must_find; /* this library has no such list */
}
END_TEST
#endif

/* A callback that says yes to everything, as a careless program would have. */
static int
careless(int ok, WOLFSSL_X509_STORE_CTX *store)
{
	(void)ok;
	(void)store;
	return 1;
}

START_TEST(selftest_refuses_a_careless_callback_by_our_own_rules)
{
	struct err e = { 0 };
	struct credentials c;
	struct tls_conn *conn;
	struct stranger s;
	struct forge_key other;
	struct yard y;

	yard_init(&y);
	yard_open(&y);
	wolfSSL_CTX_set_verify(y.ctx[TLS_RELAY]->wolf, WOLFSSL_VERIFY_PEER,
	    careless);
	ck_assert_int_eq(forge_key_new(&other), 0);
	yard_leaf(&y, &(struct yard_leaf){ .role = TLS_AGENT, .signer = &other },
	    &c);
	ck_assert_int_eq(stranger_init(&s, TLS_RELAY, &c), 0);
	ck_assert_int_eq(tls_conn_new(y.ctx[TLS_RELAY], NULL, &conn), 0);
	ck_assert_int_eq(stranger_meet(&s, conn, &e), AX_E_IDENTITY);
	ck_assert_ptr_nonnull(strstr(e.text, "was not verified"));
	tls_conn_free(&conn);
	stranger_fini(&s);
	credentials_fini(&c);
	yard_fini(&y);
}
END_TEST

CHECK_MAIN("selftest", selftest_passes_a_context_of_the_recipe,
    selftest_finds_a_relay_that_verifies_nobody,
    selftest_finds_cas_that_are_trusted_as_peers,
    selftest_refuses_a_careless_callback_by_our_own_rules)
