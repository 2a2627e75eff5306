/* test_verdict.c — who gets in: certificates signed by the real CA of the test
 * and shown by a stranger, on both sides, with openssl as the second opinion. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "tls/ctx.h"
#include "tls/file.h"
#include "tls/wolf.h"

#include "../check_main.h"
#include "../parse/odd.h"
#include "yard.h"

/* What our side of this role says to a stranger with these. */
static int
meet(struct yard *y, enum tls_role role, const struct credentials *c, struct err *e)
{
	struct stranger s;
	struct tls_conn *conn;
	int r;

	*e = (struct err){ 0 };
	ck_assert_int_eq(stranger_init(&s, role, c), 0);
	ck_assert_int_eq(tls_conn_new(y->ctx[role],
			     role == TLS_AGENT ? YARD_HOST : NULL, &conn), 0);
	r = stranger_meet(&s, conn, e);
	tls_conn_free(&conn);
	stranger_fini(&s);
	return r;
}

static int
meet_leaf(struct yard *y, const struct yard_leaf *l, struct err *e)
{
	enum tls_role us = l->role == TLS_AGENT ? TLS_RELAY : TLS_AGENT;
	struct credentials c;
	int r;

	yard_leaf(y, l, &c);
	r = meet(y, us, &c, e);
	credentials_fini(&c);
	return r;
}

static void
expect(struct yard *y, const struct yard_leaf *l, int code, const char *text)
{
	struct err e;
	int r = meet_leaf(y, l, &e);

	ck_assert_msg(r == code, "%d, not %d: %s", r, code, e.text);
	ck_assert_msg(code == 0 || strstr(e.text, text) != NULL,
	    "\"%s\" is not in \"%s\"", text, e.text);
}

START_TEST(verdict_on_either_side_is_a_sentence)
{
	static const enum tls_role roles[] = { TLS_AGENT, TLS_RELAY };
	struct forge_key other;
	struct yard y;
	size_t i;

	yard_init(&y);
	yard_open(&y);
	ck_assert_int_eq(forge_key_new(&other), 0);
	for (i = 0; i < 2; i++) {
		enum tls_role r = roles[i];

		expect(&y, &(struct yard_leaf){ .role = r }, 0, "");
		expect(&y, &(struct yard_leaf){ .role = r, .from_s = -9000,
			       .to_s = -60 }, AX_E_TLS, "expired on 2");
		expect(&y, &(struct yard_leaf){ .role = r, .from_s = 90000,
			       .to_s = 99000 }, AX_E_TLS, "is valid from 2");
		/* signed by somebody else, in the CA's name */
		expect(&y, &(struct yard_leaf){ .role = r, .signer = &other },
		    AX_E_TLS, "signature");
		/* of the CA of the other role */
		expect(&y, &(struct yard_leaf){ .role = r,
			       .issuer = y.ca[roles[1 - i]].name,
			       .signer = &y.ca[roles[1 - i]].key },
		    AX_E_TLS, "not issued by a CA in ");
		expect(&y, &(struct yard_leaf){ .role = r,
			       .purpose = r == TLS_AGENT ? 1 : 2 },
		    AX_E_TLS, "extended key usage");
	}
	yard_fini(&y);
}
END_TEST

/* At the doors of agents and of operators, with a certificate of one CA. */
START_TEST(verdict_on_operators_is_another_one_than_on_agents)
{
	static const char operator[] = "atlax-operator://acme";
	struct tls_ctx *agents;
	struct tls_files f;
	struct yard y;
	struct err e = { 0 };

	yard_init(&y);
	yard_open(&y);
	expect(&y, &(struct yard_leaf){ .role = TLS_AGENT, .name = operator },
	    AX_E_IDENTITY, "not atlax://");
	f = yard_files(&y, TLS_RELAY);
	agents = y.ctx[TLS_RELAY];
	ck_assert_msg(tls_ctx_new_operators(TLS_RELAY, &f, &y.ctx[TLS_RELAY], &e) == 0,
	    "%s", e.text);
	expect(&y, &(struct yard_leaf){ .role = TLS_AGENT, .name = operator }, 0, "");
	expect(&y, &(struct yard_leaf){ .role = TLS_AGENT }, AX_E_IDENTITY,
	    "not an operator's");
	expect(&y, &(struct yard_leaf){ .role = TLS_AGENT, .name = operator,
		       .serial = SLICE_OF_ARRAY(yard_revoked) },
	    AX_E_TLS, "revoked");
	expect(&y, &(struct yard_leaf){ .role = TLS_AGENT, .name = operator,
		       .purpose = 1 },
	    AX_E_TLS, "extended key usage");
	ck_assert(tls_ctx_names(y.ctx[TLS_RELAY], YARD_HOST));
	ck_assert(!tls_ctx_names(y.ctx[TLS_RELAY], "evil.example"));
	tls_ctx_free(&agents);
	yard_fini(&y);
}
END_TEST

START_TEST(verdict_on_a_revoked_agent_is_no)
{
	struct yard y;

	yard_init(&y);
	yard_open(&y);
	expect(&y, &(struct yard_leaf){ .role = TLS_AGENT,
		       .serial = SLICE_OF_ARRAY(yard_revoked) },
	    AX_E_TLS, "revoked");
	yard_fini(&y);
}
END_TEST

START_TEST(verdict_on_a_relay_depends_on_the_host)
{
	struct yard y;

	yard_init(&y);
	yard_open(&y);
	expect(&y, &(struct yard_leaf){ .role = TLS_RELAY,
		       .name = "*.example.com" }, 0, "");
	expect(&y, &(struct yard_leaf){ .role = TLS_RELAY,
		       .name = "relay.example.org" },
	    AX_E_IDENTITY, "is not for relay.example.com");
	yard_fini(&y);
}
END_TEST

START_TEST(verdict_on_a_peer_without_certificate_is_no)
{
	static const struct credentials nothing;
	struct err e;
	struct yard y;

	yard_init(&y);
	yard_open(&y);
	ck_assert_int_eq(meet(&y, TLS_RELAY, &nothing, &e), AX_E_TLS);
	ck_assert_ptr_nonnull(strstr(e.text, "no certificate"));
	yard_fini(&y);
}
END_TEST

static void
show_clone(struct yard *y, enum tls_role whose, bool as_leaf)
{
	enum tls_role us = whose == TLS_AGENT ? TLS_RELAY : TLS_AGENT;
	struct credentials c = { 0 };
	struct blob clone = { 0 };
	struct forge_key key;
	struct err e;
	int r;

	ck_assert_int_eq(forge_key_new(&key), 0);
	ck_assert_int_eq(forge_clone(blob_slice(&y->ca[whose].der),
			     SLICE_OF_ARRAY(key.public_key), &clone), 0);
	if (as_leaf)
		ck_assert_int_eq(forge_key_pem(&key, &c.key), 0);
	else
		yard_leaf(y, &(struct yard_leaf){ .role = whose, .signer = &key },
		    &c);
	ck_assert_int_eq(forge_pem(blob_slice(&clone), &c.chain), 0);
	r = meet(y, us, &c, &e);
	ck_assert_msg(r == AX_E_TLS, "%d: %s", r, e.text);
	blob_free(&clone);
	credentials_fini(&c);
}

START_TEST(verdict_on_a_clone_of_the_ca_is_no)
{
	struct yard y;

	yard_init(&y);
	yard_open(&y);
	show_clone(&y, TLS_AGENT, true);
	show_clone(&y, TLS_AGENT, false);
	show_clone(&y, TLS_RELAY, true);
	show_clone(&y, TLS_RELAY, false);
	yard_fini(&y);
}
END_TEST

START_TEST(verdict_of_the_second_store_tells_a_clone_from_the_ca)
{
	struct blob clone = { 0 };
	const struct blob *ca;
	struct forge_key key;
	struct yard y;

	yard_init(&y);
	yard_open(&y);
	ca = &y.ca[TLS_AGENT].der;
	ck_assert_int_eq(forge_key_new(&key), 0);
	ck_assert_int_eq(forge_clone(blob_slice(ca),
			     SLICE_OF_ARRAY(key.public_key), &clone), 0);
	ck_assert_int_ne(wolfSSL_CertManagerVerifyBuffer(
			     y.ctx[TLS_RELAY]->pristine, clone.p,
			     (long)clone.n, WOLFSSL_FILETYPE_ASN1),
	    WOLFSSL_SUCCESS);
	ck_assert_int_eq(wolfSSL_CertManagerVerifyBuffer(
			     y.ctx[TLS_RELAY]->pristine, ca->p, (long)ca->n,
			     WOLFSSL_FILETYPE_ASN1),
	    WOLFSSL_SUCCESS);
	blob_free(&clone);
	yard_fini(&y);
}
END_TEST

START_TEST(verdict_asks_the_second_store_once_for_each_leaf)
{
	struct credentials known, other;
	struct err e;
	struct yard y;

	yard_init(&y);
	yard_open(&y);
	yard_leaf(&y, &(struct yard_leaf){ .role = TLS_AGENT }, &known);
	yard_leaf(&y, &(struct yard_leaf){ .role = TLS_AGENT }, &other);
	ck_assert_int_eq(meet(&y, TLS_RELAY, &known, &e), 0);
	ck_assert_int_eq(wolfSSL_CertManagerUnloadCAs(y.ctx[TLS_RELAY]->pristine),
	    WOLFSSL_SUCCESS);
	ck_assert_int_eq(meet(&y, TLS_RELAY, &known, &e), 0);
	ck_assert_int_eq(meet(&y, TLS_RELAY, &other, &e), AX_E_TLS);
	ck_assert_int_eq(meet(&y, TLS_RELAY, &other, &e), AX_E_TLS);
	credentials_fini(&known);
	credentials_fini(&other);
	yard_fini(&y);
}
END_TEST

/* A leaf of a CA below ours, which the peer brings along: with or without the
 * right to have CAs below it, its leaves are not ours.                       */
START_TEST(verdict_on_a_leaf_of_an_intermediate_is_no)
{
	uint8_t mem[512], name_mem[128];
	struct credentials c;
	struct blob sub = { 0 };
	struct der_out ext, name;
	struct forge_key key;
	int64_t now = (int64_t)(clock_wall_ms() / 1000);
	struct err e;
	struct yard y;

	yard_init(&y);
	yard_open(&y);
	ck_assert_int_eq(forge_key_new(&key), 0);
	der_out_init(&ext, mem, sizeof(mem));
	forge_ca_extensions(&ext);
	der_out_init(&name, name_mem, sizeof(name_mem));
	forge_name(&name, "CA below");
	ck_assert_int_eq(forge_cert(&(struct forge_cert){
			     .subject = der_out_slice(&name),
			     .issuer = y.ca[TLS_AGENT].name,
			     .serial = slice_str("s"), .from = now - 60,
			     .to = now + 9999,
			     .public_key = SLICE_OF_ARRAY(key.public_key),
			     .extensions = der_out_slice(&ext) },
			     &y.ca[TLS_AGENT].key, &sub), 0);
	yard_leaf(&y, &(struct yard_leaf){ .role = TLS_AGENT, .signer = &key,
			  .issuer = der_out_slice(&name) }, &c);
	ck_assert_int_eq(forge_pem(blob_slice(&sub), &c.chain), 0);
	ck_assert_int_eq(meet(&y, TLS_RELAY, &c, &e), AX_E_TLS);
	ck_assert_int_eq(meet(&y, TLS_RELAY, &c, &e), AX_E_TLS);
	credentials_fini(&c);
	/* and nothing of it stays: the leaf alone */
	yard_leaf(&y, &(struct yard_leaf){ .role = TLS_AGENT, .signer = &key,
			  .issuer = der_out_slice(&name) }, &c);
	ck_assert_int_eq(meet(&y, TLS_RELAY, &c, &e), AX_E_TLS);
	credentials_fini(&c);
	blob_free(&sub);
	yard_fini(&y);
}
END_TEST

START_TEST(verdict_on_a_leaf_that_acts_as_a_ca_is_no)
{
	struct forge_key key;
	struct blob der = { 0 };
	struct credentials c;
	struct identity id;
	struct err e;
	struct yard y;

	yard_init(&y);
	yard_open(&y);
	yard_leaf_der(&y, &(struct yard_leaf){ .role = TLS_AGENT }, &key, &der);
	ck_assert_int_eq(identity_agent(blob_slice(&der), &id, NULL), 0);
	yard_leaf(&y, &(struct yard_leaf){ .role = TLS_AGENT, .signer = &key,
			  .issuer = id.subject, .name = "atlax://acme/evil" },
	    &c);
	ck_assert_int_eq(forge_pem(blob_slice(&der), &c.chain), 0);
	ck_assert_int_lt(meet(&y, TLS_RELAY, &c, &e), 0);
	credentials_fini(&c);
	blob_free(&der);
	yard_fini(&y);
}
END_TEST

/* --- odd certificates ------------------------------------------------------ */

static bool
openssl_accepts(struct yard *y, const struct blob *pem)
{
	char leaf[96];
	int r;

	(void)snprintf(leaf, sizeof(leaf), "%s/odd.pem", y->dir);
	yard_write(leaf, blob_slice(pem));
	r = yard_openssl((const char *const[]){ "openssl", "verify", "-CAfile",
	    y->path[2][TLS_RELAY], "-purpose", "sslclient", leaf, NULL });
	ck_assert_int_ne(r, 127);
	return r == 0;
}

START_TEST(verdict_on_hundreds_of_odd_certificates_signed_by_the_ca)
{
	static uint8_t mem[ODD_MAX];
	size_t i, accepted = 0, openssl = 0;
	struct forge_key key;
	struct odd_base b;
	struct yard y;

	yard_init(&y);
	yard_open(&y);
	ck_assert_int_eq(forge_key_new(&key), 0);
	b = (struct odd_base){ .issuer = y.ca[TLS_AGENT].name,
		.public_key = SLICE_OF_ARRAY(key.public_key),
		.now = (int64_t)(clock_wall_ms() / 1000) };
	for (i = 0; i < odd_count(); i++) {
		struct credentials c = { 0 };
		struct blob der = { 0 };
		struct odd odd;
		struct stranger probe;
		struct err e = { 0 };
		int r;

		odd_make(i, &b, mem, &odd);
		yard_sign(&y, TLS_AGENT, odd.tbs, &der);
		ck_assert_int_eq(forge_pem(blob_slice(&der), &c.chain), 0);
		ck_assert_int_eq(forge_key_pem(&key, &c.key), 0);
		/* The stranger's library may itself be unable to load it. */
		r = stranger_init(&probe, TLS_RELAY, &c);
		stranger_fini(&probe);
		if (r == 0)
			r = meet(&y, TLS_RELAY, &c, &e);
		ck_assert_msg((r == 0) == odd.good, "%zu, %s: %s", i, odd.name,
		    r == 0 ? "accepted" : e.text);
		accepted += r == 0;
		if (odd.good) {
			ck_assert_msg(openssl_accepts(&y, &c.chain),
			    "openssl refuses %s", odd.name);
			openssl++;
		}
		blob_free(&der);
		credentials_fini(&c);
	}
	ck_assert_uint_gt(accepted, 30);
	ck_assert_uint_eq(accepted, openssl);
	yard_fini(&y);
}
END_TEST

CHECK_MAIN("verdict", verdict_on_either_side_is_a_sentence,
    verdict_on_operators_is_another_one_than_on_agents,
    verdict_on_a_revoked_agent_is_no, verdict_on_a_relay_depends_on_the_host,
    verdict_on_a_peer_without_certificate_is_no,
    verdict_on_a_clone_of_the_ca_is_no,
    verdict_of_the_second_store_tells_a_clone_from_the_ca,
    verdict_asks_the_second_store_once_for_each_leaf,
    verdict_on_a_leaf_of_an_intermediate_is_no,
    verdict_on_a_leaf_that_acts_as_a_ca_is_no,
    verdict_on_hundreds_of_odd_certificates_signed_by_the_ca)
