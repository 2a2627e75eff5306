/* test_pinned.c — enrolment: who has a pin and nothing else believes one relay
 * and no other.                                                              */
#include <string.h>

#include "base/clock.h"
#include "tls/ctx.h"
#include "tls/file.h"

#include "../check_main.h"
#include "yard.h"

enum { CERTIFICATE, KEY, CA, CRL };

static struct tls_pin
pin_of(const struct blob *ca)
{
	struct tls_pin pin;

	ck_assert_int_eq(tls_pin_of(blob_slice(ca), &pin, NULL), 0);
	return pin;
}

/* What a relay's files are for enrolment: the CA is its own. */
static struct tls_files
files(struct yard *y)
{
	return (struct tls_files){ .certificate = y->path[CERTIFICATE][TLS_RELAY],
		.key = y->path[KEY][TLS_RELAY], .ca = y->path[CA][TLS_AGENT] };
}

static void
open_both(struct yard *y)
{
	struct tls_files f = files(y);
	struct tls_pin pin = pin_of(&y->ca[TLS_RELAY].der);
	struct err e = { 0 };

	ck_assert_msg(tls_ctx_new(TLS_ENROL_RELAY, &f, &y->ctx[TLS_RELAY], &e) == 0,
	    "%s", e.text);
	ck_assert_msg(
	    tls_ctx_new_pinned(&pin, &y->ctx[TLS_AGENT], &e) == 0, "%s", e.text);
}

START_TEST(pinned_agent_and_relay_shake_hands)
{
	struct yard_pair p;
	struct tls_pin pin;
	struct yard y;

	yard_init(&y);
	open_both(&y);
	tls_ctx_pin(y.ctx[TLS_RELAY], &pin);
	ck_assert_mem_eq(
	    &pin, &y.ctx[TLS_AGENT]->material->pin, sizeof(pin));
	ck_assert_uint_eq(pin.bits[TLS_PIN_LEN - 1] & 7, 0);
	yard_pair_init(&y, &p);
	yard_shake(&p, 100);
	ck_assert_msg(p.result[TLS_AGENT] == 0, "%s", p.err[TLS_AGENT].text);
	ck_assert_msg(p.result[TLS_RELAY] == 0, "%s", p.err[TLS_RELAY].text);
	ck_assert(slice_eq(tls_conn_pinned_ca(p.conn[TLS_AGENT]),
	    blob_slice(&y.ca[TLS_RELAY].der)));
	ck_assert(slice_eq(tls_conn_binding(p.conn[TLS_AGENT]),
	    tls_conn_binding(p.conn[TLS_RELAY])));
	yard_pair_fini(&p);
	yard_fini(&y);
}
END_TEST

START_TEST(pinned_binding_is_another_on_each_connection)
{
	struct yard_pair p[2];
	struct yard y;

	yard_init(&y);
	open_both(&y);
	for (size_t i = 0; i < 2; i++) {
		yard_pair_init(&y, &p[i]);
		yard_shake(&p[i], SIZE_MAX);
		ck_assert_int_eq(p[i].result[TLS_AGENT], 0);
	}
	ck_assert(!slice_eq(tls_conn_binding(p[0].conn[TLS_AGENT]),
	    tls_conn_binding(p[1].conn[TLS_AGENT])));
	yard_pair_fini(&p[0]);
	yard_pair_fini(&p[1]);
	yard_fini(&y);
}
END_TEST

/* A relay, by a library without our rules, that shows this leaf and behind it
 * this CA: refused, with that in the sentence.                               */
static void
refuses(struct yard *y, const struct yard_leaf *l, const struct blob *ca,
    const char *text)
{
	struct credentials cred;
	struct stranger s;
	struct tls_conn *c = NULL;
	struct err e = { 0 };
	int r;

	yard_leaf(y, l, &cred);
	if (ca != NULL)
		ck_assert_int_eq(forge_pem(blob_slice(ca), &cred.chain), 0);
	ck_assert_int_eq(stranger_init(&s, TLS_ENROL_AGENT, &cred), 0);
	ck_assert_int_eq(tls_conn_new(y->ctx[TLS_AGENT], YARD_HOST, &c), 0);
	r = stranger_meet(&s, c, &e);
	ck_assert_msg(r == (text == NULL ? 0 : e.code), "%d %s", r, e.text);
	ck_assert_msg(text == NULL || (r < 0 && strstr(e.text, text) != NULL),
	    "\"%s\" is not in \"%s\"", text, e.text);
	ck_assert(text == NULL || !s.done);
	tls_conn_free(&c);
	stranger_fini(&s);
	credentials_fini(&cred);
}

START_TEST(pinned_agent_names_what_is_wrong)
{
	struct yard_leaf good = { .role = TLS_RELAY }, bad;
	struct blob clone = { 0 };
	struct forge_key thief;
	struct yard y;
	const struct blob *ca = &y.ca[TLS_RELAY].der;

	yard_init(&y);
	open_both(&y);
	ck_assert_int_eq(forge_key_new(&thief), 0);
	ck_assert_int_eq(forge_clone(blob_slice(ca),
	    SLICE_OF_ARRAY(thief.public_key), &clone), 0);
	refuses(&y, &good, ca, NULL);
	refuses(&y, &good, NULL, "does not have the pin");
	refuses(&y, &good, &y.ca[TLS_AGENT].der, "does not have the pin");
	bad = good;
	bad.signer = &thief;
	refuses(&y, &bad, &clone, "does not have the pin");
	refuses(&y, &bad, ca, "was not issued by the CA");
	bad = good;
	bad.to_s = -3600;
	refuses(&y, &bad, ca, "expired on");
	bad = good;
	bad.from_s = 3600;
	bad.to_s = 7200;
	refuses(&y, &bad, ca, "clock of this machine");
	bad = good;
	bad.name = "other.example.com";
	refuses(&y, &bad, ca, YARD_HOST);
	bad = good;
	bad.purpose = 2;
	refuses(&y, &bad, ca, "extended key usage");
	blob_free(&clone);
	yard_fini(&y);
}
END_TEST

START_TEST(pinned_relay_wants_the_ca_that_signed_it)
{
	struct tls_ctx *ctx = NULL;
	struct tls_files f;
	struct err e = { 0 };
	struct yard y;

	yard_init(&y);
	f = files(&y);
	f.ca = y.path[CA][TLS_RELAY]; /* the agents' */
	ck_assert_int_eq(
	    tls_ctx_new(TLS_ENROL_RELAY, &f, &ctx, &e), AX_E_CONFIG);
	ck_assert_msg(strstr(e.text, "was not issued by the CA in") != NULL,
	    "%s", e.text);
	yard_fini(&y);
}
END_TEST

START_TEST(ctx_vouches_for_what_it_would_let_in)
{
	struct yard_leaf l = { .role = TLS_AGENT };
	struct blob der = { 0 };
	struct forge_key key;
	struct err e = { 0 };
	struct yard y;

	yard_init(&y);
	yard_open(&y);
	yard_leaf_der(&y, &l, &key, &der);
	ck_assert_int_eq(
	    tls_ctx_vouches(y.ctx[TLS_RELAY], blob_slice(&der), &e), 0);
	ck_assert_int_eq(
	    tls_ctx_vouches(y.ctx[TLS_AGENT], blob_slice(&der), &e), AX_E_TLS);
	blob_free(&der);
	l.serial = SLICE_OF_ARRAY(yard_revoked);
	yard_leaf_der(&y, &l, &key, &der);
	ck_assert_int_eq(
	    tls_ctx_vouches(y.ctx[TLS_RELAY], blob_slice(&der), &e), AX_E_TLS);
	ck_assert_msg(strstr(e.text, "revoked") != NULL, "%s", e.text);
	blob_free(&der);
	yard_fini(&y);
}
END_TEST

/* Of a leaf that has expired. */
static int
judge_past(struct yard *y, struct yard_leaf l)
{
	struct blob der = { 0 };
	struct forge_key key;
	int r;

	l.role = TLS_AGENT;
	l.to_s = -60;
	yard_leaf_der(y, &l, &key, &der);
	r = tls_ctx_vouches(y->ctx[TLS_RELAY], blob_slice(&der), NULL);
	blob_free(&der);
	return r;
}

START_TEST(ctx_tells_what_has_expired_from_what_was_never_good)
{
	struct forge_key thief;
	struct yard y;

	yard_init(&y);
	yard_open(&y);
	ck_assert_int_eq(forge_key_new(&thief), 0);
	ck_assert_int_eq(judge_past(&y, (struct yard_leaf){ 0 }), AX_E_EXPIRED);
	ck_assert_int_eq(judge_past(&y,
	    (struct yard_leaf){ .signer = &thief }), AX_E_TLS);
	ck_assert_int_eq(judge_past(&y,
	    (struct yard_leaf){ .issuer = y.ca[TLS_RELAY].name,
		.signer = &y.ca[TLS_RELAY].key }), AX_E_TLS);
	ck_assert_int_eq(judge_past(&y, (struct yard_leaf){
	    .serial = SLICE_OF_ARRAY(yard_revoked) }), AX_E_TLS);
	yard_fini(&y);
}
END_TEST

START_TEST(ctx_takes_an_own_certificate_that_is_over_only_when_told)
{
	struct yard_leaf l = { .role = TLS_AGENT, .to_s = -60 };
	struct tls_ctx *ctx = NULL;
	struct credentials c;
	struct tls_files f;
	struct err e = { 0 };
	struct yard y;

	yard_init(&y);
	yard_leaf(&y, &l, &c);
	yard_write(y.path[CERTIFICATE][TLS_AGENT], blob_slice(&c.chain));
	yard_write(y.path[KEY][TLS_AGENT], blob_slice(&c.key));
	credentials_fini(&c);
	f = yard_files(&y, TLS_AGENT);
	ck_assert_int_eq(tls_ctx_new(TLS_AGENT, &f, &ctx, &e), AX_E_CONFIG);
	f.past = true;
	ck_assert_msg(tls_ctx_new(TLS_AGENT, &f, &ctx, &e) == 0, "%s", e.text);
	tls_ctx_free(&ctx);
	l.to_s = 7 * 86400; /* not valid yet is another matter */
	l.from_s = 3600;
	yard_leaf(&y, &l, &c);
	yard_write(y.path[CERTIFICATE][TLS_AGENT], blob_slice(&c.chain));
	credentials_fini(&c);
	ck_assert_int_eq(tls_ctx_new(TLS_AGENT, &f, &ctx, &e), AX_E_CONFIG);
	yard_fini(&y);
}
END_TEST

/* Who has a certificate, one that is over at least, knows the CA by its file. */
START_TEST(agent_knows_the_relay_at_its_enrolment_port_by_its_own_files)
{
	struct yard_leaf l = { .role = TLS_AGENT, .to_s = -60 };
	struct tls_files f, own;
	struct credentials c;
	struct yard_pair p;
	struct err e = { 0 };
	struct yard y;

	yard_init(&y);
	yard_leaf(&y, &l, &c);
	yard_write(y.path[CERTIFICATE][TLS_AGENT], blob_slice(&c.chain));
	yard_write(y.path[KEY][TLS_AGENT], blob_slice(&c.key));
	credentials_fini(&c);
	f = files(&y);
	own = yard_files(&y, TLS_AGENT);
	own.past = true;
	ck_assert_msg(tls_ctx_new(TLS_ENROL_RELAY, &f, &y.ctx[TLS_RELAY], &e) == 0,
	    "%s", e.text);
	ck_assert_msg(tls_ctx_new(TLS_AGENT, &own, &y.ctx[TLS_AGENT], &e) == 0,
	    "%s", e.text);
	yard_pair_init(&y, &p);
	yard_shake(&p, 100);
	ck_assert_msg(p.result[TLS_AGENT] == 0, "%s", p.err[TLS_AGENT].text);
	ck_assert_msg(p.result[TLS_RELAY] == 0, "%s", p.err[TLS_RELAY].text);
	yard_pair_fini(&p);
	yard_fini(&y);
}
END_TEST

CHECK_MAIN("pinned", pinned_agent_and_relay_shake_hands,
    pinned_binding_is_another_on_each_connection, pinned_agent_names_what_is_wrong,
    pinned_relay_wants_the_ca_that_signed_it, ctx_vouches_for_what_it_would_let_in,
    ctx_tells_what_has_expired_from_what_was_never_good,
    ctx_takes_an_own_certificate_that_is_over_only_when_told,
    agent_knows_the_relay_at_its_enrolment_port_by_its_own_files)
