/* anchors.c — the agent's trust, as the root's key says.
 * Thread: the agent's.
 * Invariant: the file is replaced by one rename, by what a root has signed that
 * everything in the file before names, with a higher sequence, and only after a
 * TLS context could be made of it.                                           */
#include "agent/anchors.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "agent/agent.h"
#include "agent/uplink.h"
#include "pki/pair.h"
#include "pki/store.h"
#include "pki/trust.h"
#include "proto/session_trust.h"

#define NEXT ".next"

/* The file, and the bundle in it. */
struct own {
	struct store_parent at;
	struct buf text;
	uint8_t der[TRUST_MAX];
	struct trust trust; /* sequence 0: there is none yet */
};

bool
anchors_is_able(void)
{
	return true;
}

static void
own_fini(struct own *o)
{
	buf_fini(&o->text);
	store_close(&o->at.store);
}

/* Fails: nothing to end then. */
static int
own_read(const struct conf_agent *c, struct own *o, struct err *e)
{
	int r = store_open_parent(c->relay_ca, &o->at, e);

	if (r < 0)
		return r;
	buf_init(&o->text);
	o->trust.sequence = 0;
	r = store_read(&o->at.store, o->at.name, STORE_PUBLIC, &o->text, e);
	if (r == 0)
		r = trust_read_pem(buf_slice(&o->text), o->der, &o->trust, e);
	if (r == AX_E_NOTFOUND && buf_len(&o->text) > 0)
		return 0;
	if (r < 0)
		own_fini(o);
	return r;
}

/* --- taking one --------------------------------------------------------------- */

static int
judge(const struct own *o, struct slice der, struct trust *t, struct err *e)
{
	int r = trust_read(der, t, e);

	if (r == 0 && t->sequence <= o->trust.sequence)
		r = err_set(e, AX_E_EXIST, "it is not newer than the one there is");
	return r < 0 ? r : trust_is_anchored(t, buf_slice(&o->text), e);
}

/* As it would be read at the next start. */
static int
try(const struct conf_agent *c, const char *path, struct err *e)
{
	struct tls_files files = { .certificate = c->certificate, .key = c->key,
		.ca = path };
	struct tls_ctx *ctx = NULL;
	int r = tls_ctx_new(TLS_AGENT, &files, &ctx, e);

	tls_ctx_free(&ctx);
	return r;
}

static int
replace(const struct conf_agent *c, const struct own *o, const struct trust *t,
    struct err *e)
{
	const struct store *s = &o->at.store;
	const char *name = o->at.name;
	char path[4096 + sizeof(NEXT)];
	struct buf text;
	int r;

	buf_init(&text);
	(void)snprintf(path, sizeof(path), "%s" NEXT, c->relay_ca);
	r = trust_print(t, &text);
	if (r < 0)
		(void)err_set(e, r, "out of memory");
	else
		r = store_replace(s, strrchr(path, '/') == NULL ? path :
		    strrchr(path, '/') + 1, STORE_PUBLIC, buf_slice(&text), e);
	buf_fini(&text);
	if (r == 0)
		r = try(c, path, e);
	if (r == 0 && rename(path, c->relay_ca) < 0)
		r = err_sys(e, "cannot replace %s/%s", s->path, name);
	return r < 0 ? r : store_sync(s, e);
}

void
anchors_take(struct uplink *u, struct slice bundle)
{
	struct agent *a = u->agent;
	struct trust t;
	struct own o;
	struct err e;
	int r = own_read(a->conf, &o, &e);

	if (r == 0) {
		r = judge(&o, bundle, &t, &e);
		if (r == 0)
			r = replace(a->conf, &o, &t, &e);
		own_fini(&o);
	}
	if (r < 0) {
		log_warn(a->log, "the relay's trust bundle is not taken",
		    LOG_STR("reason", e.text));
		return;
	}
	log_info(a->log, "trusts whom the root has named",
	    LOG_U64("sequence", t.sequence), LOG_U64("relay_cas", t.n[TRUST_RELAYS]));
	agent_trust(a);
	anchors_tell(u);
}

/* --- saying which ------------------------------------------------------------- */

/* Is our own certificate by a CA that goes? */
static bool
is_of_old_ca(const struct conf_agent *c, const struct trust *t)
{
	struct pair_paths paths = { c->certificate, c->key };
	struct pair own;
	bool old;

	if (pair_read(&paths, &own, NULL) < 0)
		return false;
	old = trust_vouches(t, TRUST_AGENTS, buf_slice(&own.certificate), NULL) > 0;
	pair_fini(&own);
	return old;
}

void
anchors_tell(struct uplink *u)
{
	struct session *s = link_session(u->link);
	struct own o;
	struct err e;

	if (u->lane != NULL || !session_may_trust(s) ||
	    own_read(u->agent->conf, &o, &e) < 0)
		return;
	if (session_trusts(s, o.trust.sequence) == 0)
		link_kick(u->link);
	if (o.trust.sequence > 0 && is_of_old_ca(u->agent->conf, &o.trust))
		renewer_hasten(&u->agent->renewer);
	own_fini(&o);
}

int
anchors_vouch(const struct conf_agent *c, struct slice cert, struct err *e)
{
	struct own o;
	int r = own_read(c, &o, e);

	if (r < 0)
		return r;
	r = o.trust.sequence == 0 ?
	    err_set(e, AX_E_NOTFOUND, "the certificate is by another issuer than the "
		"one before, and no trust bundle names it") :
	    MIN(trust_vouches(&o.trust, TRUST_AGENTS, cert, e), 0);
	own_fini(&o);
	return r;
}
