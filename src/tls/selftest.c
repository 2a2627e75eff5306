/* selftest.c — tries the well-known ways past a TLS library on a new context,
 * before it meets anybody: the installed library may be patched, older or newer
 * than the one that was tested, and a hole in it must not be found by use.
 *
 * Thread: the one that builds the context. Invariant: nothing leaves memory and
 * nothing of it stays.                                                       */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "parse/cert_walk.h"
#include "tls/ctx.h"
#include "tls/file.h"
#include "tls/forge.h"
#include "tls/stranger.h"
#include "tls/verdict.h"

#define HOST "selftest.invalid"
#define DAY 86400

/* A throw-away CA. */
struct authority {
	struct forge_key key;
	struct slice name; /* in mem */
	uint8_t mem[128];
};

static const uint8_t serial_good[] = { 0x11 };
static const uint8_t serial_revoked[] = { 0x22 };

/* What our side says to a stranger with these credentials: 0 or an error. */
static int
meet(struct tls_ctx *ctx, const struct credentials *cred, struct err *e)
{
	enum tls_role role = ctx->material->role;
	struct tls_conn *c = NULL;
	struct stranger s;
	int r;

	r = stranger_init(&s, role, cred);
	if (r == 0)
		r = tls_conn_new(ctx, role_is_agent(role) ? HOST : NULL, &c);
	if (r == 0)
		r = stranger_meet(&s, c, e);
	tls_conn_free(&c);
	stranger_fini(&s);
	wolf_forget_errors();
	return r;
}

static int
failed(struct err *e, const char *what)
{
	return err_set(e, AX_E_TLS,
	    "the self-test failed, do not use this wolfSSL: %s", what);
}

/* It did not come to a test, mostly for want of memory, which the library does not
 * always say: that tells nothing about it.                                   */
static int
unable(struct err *e, int r, const char *what)
{
	if (r == AX_E_NOMEM)
		return err_set(e, r, "no memory for the TLS self-test");
	return err_set(e, AX_E_TLS, "the self-test could not be done: %s", what);
}

/* who: he is as he should be. */
static int
must_accept(struct tls_ctx *ctx, const struct credentials *cred, const char *who,
    struct err *e)
{
	struct err why = { 0 };
	int r = meet(ctx, cred, &why);

	if (r == AX_E_NOMEM)
		return unable(e, r, who);
	return r == 0 ? 0 : err_set(e, AX_E_TLS, "the self-test failed: %s is refused "
	    "(%.120s)", who, why.text);
}

/* Only a refusal by the library itself counts: our own rules come after it. But
 * a pin is nothing but our own rules.                                        */
static int
must_refuse(struct tls_ctx *ctx, const struct credentials *cred,
    const char *what, struct err *e)
{
	struct err why = { 0 };
	int r = meet(ctx, cred, &why);

	if (r == AX_E_IDENTITY && ctx->material->role == TLS_ENROL_AGENT)
		return 0;
	if (r == AX_E_NOMEM || r == AX_E_AGAIN) /* no verdict */
		return unable(e, r, "a handshake came to no end");
	return r == AX_E_TLS ? 0 : failed(e, what);
}

/* --- certificates --------------------------------------------------------- */

static int
authority_init(struct authority *a, const char *cn)
{
	struct der_out o;

	der_out_init(&o, a->mem, sizeof(a->mem));
	forge_name(&o, cn);
	a->name = der_out_slice(&o);
	return forge_key_new(&a->key);
}

/* A leaf for a stranger (the opposite role of ours), its key, and PEM of it. */
static int
leaf(enum tls_role against, struct slice issuer, const struct forge_key *signer,
    struct slice serial, struct credentials *out)
{
	uint8_t name_mem[128], ext_mem[512];
	struct der_out name, ext;
	struct forge_key key;
	struct blob der = { 0 };
	int r;

	der_out_init(&name, name_mem, sizeof(name_mem));
	forge_name(&name, "selftest");
	der_out_init(&ext, ext_mem, sizeof(ext_mem));
	if (against == TLS_RELAY)
		forge_leaf_extensions(
		    &ext, 2, DER_CONTEXT(6), "atlax://selftest/selftest");
	else
		forge_leaf_extensions(&ext, 1, DER_CONTEXT(2), HOST);
	r = forge_key_new(&key);
	if (r == 0)
		r = forge_cert(&(struct forge_cert){
		    .subject = der_out_slice(&name), .issuer = issuer,
		    .serial = serial, .from = clock_wall_s() - 3600,
		    .to = clock_wall_s() + DAY,
		    .public_key = SLICE_OF_ARRAY(key.public_key),
		    .extensions = der_out_slice(&ext) }, signer, &der);
	if (r == 0)
		r = forge_pem(blob_slice(&der), &out->chain);
	if (r == 0)
		r = forge_key_pem(&key, &out->key);
	blob_free(&der);
	return r;
}

static int
ca_cert(const struct authority *a, struct blob *out)
{
	uint8_t mem[256];
	struct der_out ext;

	der_out_init(&ext, mem, sizeof(mem));
	forge_ca_extensions(&ext);
	return forge_cert(&(struct forge_cert){
	    .subject = a->name, .issuer = a->name,
	    .serial = SLICE_OF_ARRAY(serial_good), .from = clock_wall_s() - 3600,
	    .to = clock_wall_s() + DAY,
	    .public_key = SLICE_OF_ARRAY(a->key.public_key),
	    .extensions = der_out_slice(&ext) }, &a->key, out);
}

/* --- the attempts --------------------------------------------------------- */

/* The CA's own certificate around a key of ours, shown as a leaf. */
static int
try_clone(struct tls_ctx *ctx, const struct blob *ca, struct err *e)
{
	struct credentials cred = { 0 };
	struct blob clone = { 0 };
	struct forge_key key;
	int r;

	r = forge_key_new(&key);
	if (r == 0)
		r = forge_clone(
		    blob_slice(ca), SLICE_OF_ARRAY(key.public_key), &clone);
	if (r == 0)
		r = forge_pem(blob_slice(&clone), &cred.chain);
	if (r == 0)
		r = forge_key_pem(&key, &cred.key);
	r = r < 0 ? unable(e, r, "a certificate could not be made") :
		    must_refuse(
			ctx, &cred, "it accepts a forged copy of the CA", e);
	blob_free(&clone);
	credentials_fini(&cred);
	return r;
}

/* A leaf that the clone signed, with the clone behind it. */
static int
try_clone_chain(struct tls_ctx *ctx, const struct blob *ca, struct err *e)
{
	struct credentials cred = { 0 };
	struct blob clone = { 0 };
	struct forge_key key;
	struct cert c;
	int r;

	r = forge_key_new(&key);
	if (r == 0)
		r = cert_walk(blob_slice(ca), &c, NULL);
	if (r == 0)
		r = forge_clone(
		    blob_slice(ca), SLICE_OF_ARRAY(key.public_key), &clone);
	if (r == 0)
		r = leaf(ctx->material->role, c.subject, &key,
		    SLICE_OF_ARRAY(serial_good), &cred);
	if (r == 0)
		r = forge_pem(blob_slice(&clone), &cred.chain);
	r = r < 0 ? unable(e, r, "a certificate could not be made") :
		    must_refuse(ctx, &cred,
			"it accepts what a forged copy of the CA signed", e);
	blob_free(&clone);
	credentials_fini(&cred);
	return r;
}

static int
try_other_ca(struct tls_ctx *ctx, struct err *e)
{
	struct credentials cred = { 0 };
	struct authority other;
	int r;

	r = authority_init(&other, "another CA");
	if (r == 0)
		r = leaf(ctx->material->role, other.name, &other.key,
		    SLICE_OF_ARRAY(serial_good), &cred);
	r = r < 0 ? unable(e, r, "a certificate could not be made") :
		    must_refuse(ctx, &cred,
			"it accepts a certificate of another CA", e);
	credentials_fini(&cred);
	return r;
}

/* (A server without a certificate does not exist in the library.) */
static int
try_nothing(struct tls_ctx *ctx, struct err *e)
{
	static const struct credentials nothing;

	if (ctx->material->role == TLS_AGENT)
		return 0;
	return must_refuse(
	    ctx, &nothing, "it accepts a peer without a certificate", e);
}

/* A context of the same recipe that trusts our throw-away CA and nobody else;
 * what it shows itself does not matter to a stranger.                        */
static int
own_context(enum tls_role role, const struct authority *a, struct tls_ctx **out)
{
	struct credentials cred = { 0 };
	struct material *m;
	int r;

	m = calloc(1, sizeof(*m));
	if (m == NULL)
		return AX_E_NOMEM;
	atomic_init(&m->refs, 1);
	m->role = role;
	m->identify = identity_agent;
	r = leaf(role == TLS_RELAY ? TLS_AGENT : TLS_RELAY, a->name, &a->key,
	    SLICE_OF_ARRAY(serial_good), &cred);
	m->chain = cred.chain;
	m->key = cred.key;
	m->ca_path = strdup("self-test");
	if (r == 0)
		r = m->ca_path == NULL ? AX_E_NOMEM : ca_cert(a, &m->ca[0]);
	if (r == 0)
		m->ca_count = 1;
	if (r == 0 && role == TLS_RELAY) {
		r = forge_crl(&(struct forge_crl){ a->name,
			SLICE_OF_ARRAY(serial_revoked), 1 }, &a->key,
		    &m->crl[0]);
		m->crl_count = r == 0;
	}
	if (r == 0)
		r = ctx_build(m, out, NULL);
	material_unref(&m);
	return r;
}

static int
try_own(struct tls_ctx *ctx, const struct authority *a, struct err *e)
{
	struct credentials good = { 0 }, revoked = { 0 };
	enum tls_role role = ctx->material->role;
	int r;

	r = leaf(role, a->name, &a->key, SLICE_OF_ARRAY(serial_good), &good);
	if (r == 0)
		r = leaf(role, a->name, &a->key, SLICE_OF_ARRAY(serial_revoked),
		    &revoked);
	if (r < 0) {
		r = unable(e, r, "a certificate could not be made");
		goto out;
	}
	r = must_accept(ctx, &good, "a good peer", e);
	if (r < 0)
		goto out;
	/* The parsed list is left out of the material: the library must see it. */
	r = role == TLS_AGENT ? 0 :
				must_refuse(ctx, &revoked,
				    "it accepts a revoked certificate", e);
out:
	credentials_fini(&good);
	credentials_fini(&revoked);
	return r;
}

static int
try_recipe(enum tls_role role, struct err *e)
{
	struct tls_ctx *ctx = NULL;
	struct authority a;
	int r;

	r = authority_init(&a, "self-test CA");
	if (r == 0)
		r = own_context(role, &a, &ctx);
	if (r < 0)
		return unable(e, r, "a context could not be made");
	r = try_own(ctx, &a, e);
	tls_ctx_free(&ctx);
	return r;
}

/* --- enrolment ------------------------------------------------------------ */

/* A relay of this CA: its leaf, by signer, and behind it the CA's certificate
 * (empty: none).                                                             */
static int
show_chain(const struct authority *a, const struct forge_key *signer,
    struct slice ca, struct credentials *out)
{
	int r = leaf(TLS_AGENT, a->name, signer, SLICE_OF_ARRAY(serial_good), out);

	return r < 0 || ca.n == 0 ? r : forge_pem(ca, &out->chain);
}

struct pinned_case {
	const struct authority *issuer;
	const struct forge_key *signer;
	struct slice ca;
	const char *hole; /* NULL: must be taken */
};

static int
try_pinned(struct tls_ctx *ctx, const struct pinned_case *p, struct err *e)
{
	struct credentials cred = { 0 };
	int r = show_chain(p->issuer, p->signer, p->ca, &cred);

	if (r < 0)
		r = unable(e, r, "a certificate could not be made");
	else if (p->hole != NULL)
		r = must_refuse(ctx, &cred, p->hole, e);
	else
		r = must_accept(ctx, &cred, "a relay with the right pin", e);
	credentials_fini(&cred);
	return r;
}

/* ctx: pinned to somebody that we cannot play; own: to a. */
static int
try_pins(struct tls_ctx *ctx, struct tls_ctx *own, const struct authority *a,
    struct slice ca, struct slice clone, const struct forge_key *thief,
    struct err *e)
{
	const struct pinned_case cases[] = {
		{ a, &a->key, ca, NULL },
		{ a, &a->key, slice_of(NULL, 0), "it needs no CA for a pin" },
		{ a, thief, ca, "it accepts what the pinned CA has not signed" },
		{ a, thief, clone, "it accepts a forged copy of the pinned CA" },
	};
	const struct pinned_case other = { a, &a->key, ca,
		"it accepts a CA of another pin" };
	int r = try_pinned(ctx, &other, e);

	for (size_t i = 0; r == 0 && i < ARRAY_LEN(cases); i++)
		r = try_pinned(own, &cases[i], e);
	return r;
}

int
selftest_pinned(struct tls_ctx *ctx, struct err *e)
{
	struct blob ca = { 0 }, clone = { 0 };
	struct material *m = NULL;
	struct tls_ctx *own = NULL;
	struct authority a;
	struct forge_key thief;
	struct tls_pin pin;
	int r = authority_init(&a, "self-test CA");

	if (r == 0)
		r = ca_cert(&a, &ca);
	if (r == 0)
		r = forge_key_new(&thief);
	if (r == 0)
		r = forge_clone(blob_slice(&ca),
		    SLICE_OF_ARRAY(thief.public_key), &clone);
	if (r == 0)
		r = tls_pin_of(blob_slice(&ca), &pin, NULL);
	if (r == 0)
		r = material_new_pinned(&pin, &m, NULL);
	if (r == 0)
		r = ctx_build(m, &own, NULL);
	r = r < 0 ? unable(e, r, "a context could not be made") :
		    try_pins(ctx, own, &a, blob_slice(&ca), blob_slice(&clone),
			&thief, e);
	material_unref(&m);
	tls_ctx_free(&own);
	blob_free(&ca);
	blob_free(&clone);
	return r;
}

static int
run_enrol_relay(struct tls_ctx *ctx, struct err *e)
{
	static const struct credentials nothing;

	return must_accept(ctx, &nothing, "who has no certificate", e);
}

static int
run_tunnel(struct tls_ctx *ctx, struct err *e)
{
	const struct material *m = ctx->material;
	size_t i;
	int r;

	r = try_recipe(m->role, e);
	for (i = 0; r == 0 && i < m->ca_count; i++) {
		r = try_clone(ctx, &m->ca[i], e);
		if (r == 0)
			r = try_clone_chain(ctx, &m->ca[i], e);
	}
	if (r == 0)
		r = try_other_ca(ctx, e);
	if (r == 0)
		r = try_nothing(ctx, e);
	return r;
}

int
selftest_run(struct tls_ctx *ctx, struct err *e)
{
	switch (ctx->material->role) {
	case TLS_ENROL_RELAY:
		return run_enrol_relay(ctx, e);
	case TLS_ENROL_AGENT:
		return ctx->material->pinned->selftest(ctx, e);
	case TLS_RELAY:
	case TLS_AGENT:
		break;
	}
	return run_tunnel(ctx, e);
}
