/* anchors.c — trust bundles on their way to agents.
 * Thread: control for the first part, worker for the second.
 * Invariant: what is sent has been signed by a root, and names the CA that has
 * signed this relay's certificate: agents that believe it still find us.     */
#include "relay/anchors.h"

#include <stdlib.h>

#include "parse/cert_walk.h"
#include "pki/pem.h"
#include "pki/store.h"
#include "pki/trust.h"
#include "proto/session_trust.h"

struct anchors {
	atomic_uint refs;
	uint64_t sequence;
	size_t n;
	uint8_t der[TRUST_MAX];
};

void
anchors_unref(struct anchors **p)
{
	struct anchors *a = *p;

	*p = NULL;
	if (a != NULL && atomic_fetch_sub(&a->refs, 1) == 1)
		free(a);
}

uint64_t
anchors_sequence(const struct anchors *a)
{
	return a == NULL ? 0 : a->sequence;
}

/* --- control ------------------------------------------------------------------ */

/* Follows links, as whoever reads the same files for TLS does. */
static int
read_text(const char *path, struct buf *out, struct err *e)
{
	struct store_parent at;
	char *real = realpath(path, NULL);
	int r = real == NULL ? err_sys(e, "%s", path) :
	    store_open_parent(real, &at, e);

	if (r == 0) {
		r = store_read(&at.store, at.name, STORE_PUBLIC, out, e);
		store_close(&at.store);
	}
	free(real);
	return r;
}

static int
check_own(const struct conf_relay *c, const struct trust *t, struct err *e)
{
	uint8_t der[CERT_MAX];
	struct buf text;
	size_t n;
	int r;

	buf_init(&text);
	r = read_text(c->certificate, &text, e);
	if (r == 0)
		r = pem_read(buf_slice(&text), PEM_CERTIFICATE, der, sizeof(der),
		    &n, e);
	if (r == 0)
		r = MIN(trust_vouches(t, TRUST_RELAYS, slice_of(der, n), e), 0);
	buf_fini(&text);
	return r < 0 ? err_prefix(e, r, "%s", c->certificate) : 0;
}

/* Fails: also AX_E_NOTFOUND: there is none in the file. */
static int
load(const struct conf_relay *c, struct anchors *a, struct err *e)
{
	struct buf text;
	struct trust t;
	int r;

	buf_init(&text);
	r = read_text(c->enrol.relay_ca, &text, e);
	if (r == 0)
		r = trust_read_pem(buf_slice(&text), a->der, &t, e);
	if (r == 0)
		r = check_own(c, &t, e);
	buf_fini(&text);
	if (r < 0)
		return r;
	a->sequence = t.sequence;
	a->n = t.der.n;
	return 0;
}

/* Takes a. */
static void
spread(struct relay *r, struct anchors *a)
{
	for (unsigned i = 0; i < r->n_workers; i++) {
		struct msg m = { .type = MSG_TRUST, .u.anchors = a };

		atomic_fetch_add(&a->refs, 1);
		control_tell(r, i, &m);
	}
	anchors_unref(&r->anchors);
	r->anchors = a;
	log_info(r->log, "agents are told whom to trust",
	    LOG_U64("sequence", a->sequence));
}

void
anchors_read(struct relay *r)
{
	struct anchors *a = calloc(1, sizeof(*a));
	struct err e;
	int rc = a == NULL ? err_set(&e, AX_E_NOMEM, "out of memory") :
			     load(r->conf, a, &e);

	if (rc == 0)
		atomic_init(&a->refs, 1);
	if (rc == 0 && a->sequence < anchors_sequence(r->anchors))
		rc = err_set(&e, AX_E_CONFIG, "it is older than the one in force");
	if (rc == 0 && a->sequence > anchors_sequence(r->anchors)) {
		spread(r, a);
		return;
	}
	/* Without enrolment nobody needs the file. */
	if (rc < 0 && rc != AX_E_NOTFOUND && rc != AX_E_SYS)
		log_error(r->log, "the trust bundle cannot be used; agents are told "
		    "nothing new", LOG_STR("file", r->conf->enrol.relay_ca),
		    LOG_STR("reason", e.text));
	else if (rc < 0)
		log_debug(r->log, "no trust bundle", LOG_STR("reason", e.text));
	free(a);
}

int
anchors_begin(struct relay *r, struct err *e AX_UNUSED)
{
	anchors_read(r);
	return 0;
}

void
anchors_end(struct relay *r)
{
	anchors_unref(&r->anchors);
}

/* --- the worker --------------------------------------------------------------- */

void
anchors_offer(struct tunnel *t)
{
	const struct anchors *a = t->worker->anchors;
	struct session *s = link_session(t->link);

	/* One lane is enough: what comes is the whole agent's. */
	if (a == NULL || t->lane.index != 0 || !session_may_trust(s) ||
	    session_trusted(s) >= a->sequence)
		return;
	if (session_trust(s, slice_of(a->der, a->n)) < 0)
		log_warn(t->worker->log, "no memory to tell an agent whom to trust",
		    LOG_STR("agent", t->lane.agent));
	link_kick(t->link);
}

void
anchors_change(struct worker *w, struct anchors *a)
{
	struct list *e;

	anchors_unref(&w->anchors);
	w->anchors = a;
	list_foreach(e, &w->tunnels) {
		struct tunnel *t = container_of(e, struct tunnel, entry);

		if (t->up)
			anchors_offer(t);
	}
}
