/* reload.c — reading the configuration again, and changing over to it.
 * Thread: control.
 * Invariant: everything that can fail is done before anything changes: reading,
 * checking, allocating, binding ports, and last the certificates. A listener that
 * went away and the configuration before are kept until every worker has said
 * that it looks at neither.                                                  */
#include "relay/reload.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admin/admin.h"
#include "base/assert.h"
#include "base/siphash.h"
#include "base/str.h"
#include "conf/change.h"
#include "conf/grant.h"
#include "io/sock.h"
#include "relay/anchors.h"
#include "relay/audit.h"
#include "relay/enrolment.h"
#include "relay/operators.h"
#include "relay/exposures.h"
#include "relay/quotas.h"
#include "relay/status.h"

enum port_fate { PORT_NONE, PORT_KEPT, PORT_HANDED_ON, PORT_OPENED };

struct reload {
	struct conf_relay *next;
	struct conf_diff diff;
	struct admin_change *changes; /* the same, for who asks; borrows */
	char digest[17];
	struct tenants_change *tenants;
	struct public_port *ports; /* the next ones */
	enum port_fate *fates;	   /* of each: where it comes from */
	size_t n_ports;
	enum port_fate *old_fates; /* of those that there are: NONE is closed */
	/* once it is in force */
	struct conf_relay *before; /* NULL: the first one, which is not ours */
	struct admin_request *req; /* NULL: nobody asks */
	int *closing;
	size_t n_closing;
	unsigned missing; /* workers */
	bool again;	  /* another signal came meanwhile */
};

/* --- what it would be --------------------------------------------------------- */

/* A configuration in a word, so that who has seen a plan gets that or nothing. */
int
reload_digest(const struct conf_relay *c, char out[17], struct err *e)
{
	static const uint8_t key[16] = "atlax plan";
	struct str s;
	char *text = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&text, &n);
	bool ok = f != NULL;

	if (ok)
		conf_relay_dump(c, f);
	ok = ok && fclose(f) == 0;
	str_init(&s, out, 17);
	if (ok)
		str_fmt(&s, "%016" PRIx64, siphash24(key, slice_of(text, n)));
	free(text);
	return ok ? 0 : err_set(e, AX_E_NOMEM, "out of memory");
}

static void
fill_change(struct relay *r, const struct conf_change *c, struct admin_change *out)
{
	static const char *const actions[] = { [CONF_ADDED] = "add",
		[CONF_REMOVED] = "remove", [CONF_CHANGED] = "change" };
	int i = c->tenant == NULL ? -1 : tenants_index(r->tenants, c->tenant);

	*out = (struct admin_change){ .action = actions[c->kind], .key = c->path,
		.tenant = c->tenant, .service = c->service, .before = c->before,
		.after = c->after, .restart = c->restart };
	/* With a tenant all that is his ends; with a service, or a port, nothing. */
	if (c->kind == CONF_REMOVED && c->service == NULL && i >= 0) {
		out->agents = tenants_agents(r->tenants, (uint32_t)i);
		out->connections = atomic_load(
		    &tenants_usage(r->tenants, (uint32_t)i)->streams);
	}
}

static int
fill_changes(struct relay *r, struct reload *l, struct err *e)
{
	l->changes = calloc(l->diff.n + 1, sizeof(*l->changes));
	if (l->changes == NULL)
		return err_set(e, AX_E_NOMEM, "out of memory");
	for (size_t i = 0; i < l->diff.n; i++)
		fill_change(r, &l->diff.all[i], &l->changes[i]);
	return 0;
}

/* What only this relay can know: there may be no room for more agents, and a port 0
 * has become a number, which may stand in the file now.                      */
static void
mark_restarts(struct relay *r, struct reload *l)
{
	for (size_t i = 0; i < l->diff.n; i++) {
		struct conf_change *c = &l->diff.all[i];

		if (c->path != NULL && strcmp(c->path, "limits.agents") == 0)
			c->restart = l->next->limits.agents > r->agents_max;
		if (c->path != NULL && strcmp(c->path, "relay.listen") == 0)
			c->restart = strcmp(c->after, r->agents_on) != 0;
	}
}

static void
reload_free(struct reload **lp)
{
	struct reload *l = *lp;

	if (l == NULL)
		return;
	for (size_t i = 0; i < l->n_ports; i++) {
		if (l->ports != NULL && l->fates != NULL && l->fates[i] == PORT_OPENED)
			sock_close(&l->ports[i].fd);
	}
	for (size_t i = 0; i < l->n_closing; i++)
		sock_close(&l->closing[i]);
	if (l->tenants != NULL)
		tenants_abandon(&l->tenants);
	conf_diff_free(&l->diff);
	conf_relay_free(&l->next);
	conf_relay_free(&l->before);
	free(l->changes);
	free(l->ports);
	free(l->fates);
	free(l->old_fates);
	free(l->closing);
	free(l);
	*lp = NULL;
}

/* Reads the file of the wish, or the relay's own, and compares. */
static int
read_next(struct relay *r, const struct admin_wish *wish, struct reload **out,
    struct err *e)
{
	const char *file = wish->file[0] != '\0' ? wish->file : r->conf->file;
	struct reload *l = calloc(1, sizeof(*l));
	int rc;

	if (l == NULL)
		return err_set(e, AX_E_NOMEM, "out of memory");
	rc = conf_relay_load(file, &l->next, e);
	if (rc == 0)
		rc = conf_relay_diff(r->conf, l->next, &l->diff, e);
	if (rc == 0)
		rc = reload_digest(l->next, l->digest, e);
	if (rc == 0) {
		mark_restarts(r, l);
		rc = fill_changes(r, l, e);
	}
	if (rc < 0)
		reload_free(&l);
	*out = l;
	return rc;
}

/* --- what is made ready -------------------------------------------------------- */

static int
check_restart(const struct reload *l, struct err *e)
{
	char text[160];
	struct str s;

	str_init(&s, text, sizeof(text));
	for (size_t i = 0; i < l->diff.n; i++) {
		if (l->diff.all[i].restart)
			str_fmt(&s, "%s%s", s.len > 0 ? ", " : "", l->diff.all[i].path);
	}
	return s.len == 0 ? 0 : err_set(e, AX_E_CONFIG, "%s: a change that needs a "
	    "restart; nothing was changed", text);
}

static int
alloc_ports(struct relay *r, struct reload *l, struct err *e)
{
	for (size_t i = 0; i < l->next->n_tenants; i++)
		l->n_ports += l->next->tenants[i].n_services;
	if (l->n_ports > r->ports_max)
		return err_set(e, AX_E_LIMIT, "more than %zu ports since the relay was "
		    "started; start it again", r->ports_max);
	l->ports = calloc(l->n_ports + 1, sizeof(*l->ports));
	l->fates = calloc(l->n_ports + 1, sizeof(*l->fates));
	l->old_fates = calloc(r->n_ports + 1, sizeof(*l->old_fates));
	l->closing = calloc(r->n_ports + 1, sizeof(*l->closing));
	if (l->ports == NULL || l->fates == NULL || l->old_fates == NULL ||
	    l->closing == NULL)
		return err_set(e, AX_E_NOMEM, "out of memory");
	return 0;
}

/* NULL: the service is gone. */
static const char *
listen_of(const struct conf_relay *c, struct service_ref at)
{
	return c->tenants[at.tenant].services[at.service].listen;
}

static bool
is_granted(const struct conf_relay *c, struct service_ref at)
{
	return c->tenants[at.tenant].services[at.service].grant != NULL;
}

/* The port is open where the text says; as it did before, or by the number that
 * port 0 has become. */
static bool
is_open_at(const struct relay *r, const struct public_port *p, const char *listen)
{
	const char *was = listen_of(r->conf, p->at);

	return p->fd >= 0 && listen != NULL &&
	    (strcmp(was, listen) == 0 || strcmp(p->listen, listen) == 0);
}

/* The ports that stay: of the same service, at the same address. */
static void
keep_ports(struct relay *r, struct reload *l)
{
	size_t n = 0, old = 0;

	for (uint32_t i = 0; i < l->next->n_tenants; i++) {
		for (uint32_t k = 0; k < l->next->tenants[i].n_services; k++) {
			struct public_port *p = &l->ports[n];

			p->fd = -1;
			p->at = (struct service_ref){ i, k };
			if (i < r->conf->n_tenants &&
			    k < r->conf->tenants[i].n_services &&
			    is_open_at(r, &r->ports[old + k],
				listen_of(l->next, p->at)) &&
			    exposures_may_stay(&r->ports[old + k], l->next)) {
				*p = r->ports[old + k];
				l->fates[n] = l->old_fates[old + k] = PORT_KEPT;
			}
			n++;
		}
		if (i < r->conf->n_tenants)
			old += r->conf->tenants[i].n_services;
	}
}

/* Another service had the address until now: it can only be handed on, because
 * nobody else could bind it before that one has let go. */
static bool
take_over(struct relay *r, struct reload *l, struct public_port *p)
{
	const char *listen = listen_of(l->next, p->at);

	for (size_t i = 0; i < r->n_ports; i++) {
		struct public_port *old = &r->ports[i];

		if (l->old_fates[i] != PORT_NONE || !is_open_at(r, old, listen))
			continue;
		p->fd = old->fd;
		memcpy(p->listen, old->listen, sizeof(p->listen));
		l->old_fates[i] = PORT_HANDED_ON;
		return true;
	}
	return false;
}

static int
open_ports(struct relay *r, struct reload *l, struct err *e)
{
	int rc = alloc_ports(r, l, e);

	if (rc < 0)
		return rc;
	keep_ports(r, l);
	for (size_t i = 0; i < l->n_ports; i++) {
		struct public_port *p = &l->ports[i];

		if (l->fates[i] == PORT_KEPT || listen_of(l->next, p->at) == NULL ||
		    is_granted(l->next, p->at))
			continue; /* a granted one is its agent's to open */
		if (take_over(r, l, p)) {
			l->fates[i] = PORT_HANDED_ON;
			continue;
		}
		rc = control_open_port(l->next, p, e);
		if (rc < 0)
			return rc;
		l->fates[i] = PORT_OPENED;
	}
	return 0;
}

/* Everything that can fail. After it nothing may. */
static int
prepare(struct relay *r, struct reload *l, struct err *e)
{
	int rc = check_restart(l, e);

	if (rc == 0)
		rc = grant_open(l->next, e);
	if (rc == 0)
		rc = conf_relay_follow(r->conf, l->next, e);
	if (rc == 0 && (rc = tenants_prepare(r->tenants, l->next, &l->tenants)) < 0)
		err_set(e, rc, "out of memory");
	if (rc == 0)
		rc = open_ports(r, l, e);
	if (rc == 0)
		rc = enrolment_check(l->next, e);
	if (rc == 0)
		rc = operators_check(l->next, e);
	return rc < 0 ? rc : control_renew(r, l->next, e);
}

/* --- what changes ------------------------------------------------------------- */

static void
log_change(struct relay *r, const struct conf_change *c)
{
	static const char *const done[] = { "configuration: added",
		"configuration: removed", "configuration: changed" };
	const char *what = done[c->kind];

	log_info(r->log, what, LOG_STR("tenant", c->tenant == NULL ? "" : c->tenant),
	    LOG_STR("service", c->service == NULL ? "" : c->service),
	    LOG_STR("key", c->path == NULL ? "" : c->path),
	    LOG_STR("before", c->before == NULL ? "" : c->before),
	    LOG_STR("after", c->after == NULL ? "" : c->after));
}

/* Detaching comes first: a descriptor that is handed on is attached again. */
static void
change_ports(struct relay *r, struct reload *l)
{
	for (size_t i = 0; i < r->n_ports; i++) {
		struct public_port *p = &r->ports[i];

		if (p->fd < 0 || l->old_fates[i] == PORT_KEPT)
			continue;
		exposures_lose(r, p);
		control_attach_port(r, p, 0);
		if (l->old_fates[i] == PORT_NONE)
			l->closing[l->n_closing++] = p->fd;
	}
	free(r->ports);
	r->ports = l->ports;
	r->n_ports = l->n_ports;
	for (size_t i = 0; i < r->n_ports; i++) {
		if (l->fates[i] == PORT_HANDED_ON || l->fates[i] == PORT_OPENED)
			control_attach_new(r, &r->ports[i]);
	}
	l->ports = NULL;
	l->n_ports = 0;
}

static void
commit(struct relay *r, struct reload *l)
{
	struct msg m = { .type = MSG_RELOAD, .u.conf = l->next };

	tenants_commit(r->tenants, &l->tenants);
	l->before = r->reloaded;
	r->conf = r->reloaded = l->next;
	l->next = NULL;
	change_ports(r, l);
	audit_reopen(r);
	quotas_look(r);
	exposures_tell_lost(r);
	log_set_level(r->sink, (enum log_level)r->conf->log.level);
	enrolment_renew(r);
	operators_renew(r);
	anchors_read(r);
	for (size_t i = 0; i < l->diff.n; i++)
		log_change(r, &l->diff.all[i]);
	l->missing = r->n_workers;
	r->reload = l;
	control_tell_all(r, &m);
}

static int
start(struct relay *r, const struct admin_wish *wish, struct admin_request *req,
    struct err *e)
{
	struct reload *l = NULL;
	int rc;

	if (r->draining)
		return err_set(e, AX_E_CLOSED, "the relay is going away");
	if (r->reload != NULL)
		return err_set(e, AX_E_EXIST, "another reload is under way");
	if (r->upgrade != NULL)
		return err_set(e, AX_E_EXIST, "another process is about to take over; "
		    "it reads the configuration, too");
	if (wish->file[0] != '\0')
		return err_set(e, AX_E_CONFIG, "only its own file can be reloaded, %.160s",
		    r->conf->file);
	rc = read_next(r, wish, &l, e);
	if (rc == 0 && wish->digest[0] != '\0' && strcmp(wish->digest, l->digest) != 0)
		rc = err_set(e, AX_E_CONFIG, "the file has changed since the plan was "
		    "made; look at a new one");
	if (rc == 0)
		rc = prepare(r, l, e);
	if (rc < 0) {
		log_error(r->log, "reload failed; nothing has changed",
		    LOG_STR("reason", e->text));
		reload_free(&l);
		return rc;
	}
	l->req = req;
	commit(r, l);
	return 0;
}

/* --- who asks -------------------------------------------------------------------- */

static void
reply(const struct relay *r, const struct reload *l, struct admin_request *req,
    bool applied)
{
	const struct conf_relay *c = applied ? r->conf : l->next;
	struct admin_plan p = { .file = c->file, .digest = l->digest,
		.applied = applied, .changes = l->changes, .n = l->diff.n };

	admin_reply_plan(req, &p);
}

/* The audit trail has this of whoever asked, else from here. */
static void
note(struct relay *r, const struct reload *l)
{
	struct admin_plan p = { .file = r->conf->file, .digest = l->digest,
		.applied = true, .changes = l->changes, .n = l->diff.n };
	char *doc = admin_plan_text(&p);

	audit_document(r, "reload", doc == NULL ? "" : doc);
	free(doc);
}

void
reload_plan(struct relay *r, struct admin_request *req, const struct admin_wish *wish)
{
	struct reload *l;
	struct err e;

	if (read_next(r, wish, &l, &e) < 0) {
		admin_refuse(req, e.text);
		return;
	}
	reply(r, l, req, false);
	reload_free(&l);
}

void
reload_ask(struct relay *r, struct admin_request *req, const struct admin_wish *wish)
{
	struct err e;

	if (start(r, wish, req, &e) < 0)
		admin_refuse(req, e.text);
}

void
reload_signal(struct relay *r)
{
	static const struct admin_wish any;
	struct err e;

	if (r->reload != NULL) {
		r->reload->again = true;
		return;
	}
	if (start(r, &any, NULL, &e) == 0)
		return;
	audit_reopen(r);
	audit_note(r, "reload.refused", LOG_STR("reason", e.text));
	/* A revocation must not wait for somebody to mend a file. */
	if (control_renew(r, r->conf, &e) < 0)
		log_error(r->log, "reload failed; the old certificates and CRL "
		    "stay in force",
		    LOG_STR("reason", e.text));
	else {
		enrolment_renew(r);
		operators_renew(r);
		anchors_read(r);
	}
}

void
reload_done(struct relay *r)
{
	struct reload *l = r->reload;
	bool again = l->again;

	ax_assert(l->missing > 0);
	if (--l->missing > 0)
		return;
	tenants_reclaim(r->tenants);
	log_info(r->log, "configuration read again", LOG_U64("changes", l->diff.n),
	    LOG_U64("ports_closed", l->n_closing));
	if (l->req != NULL) {
		reply(r, l, l->req, true);
		status_answered(r);
	} else {
		note(r, l);
	}
	r->reload = NULL;
	reload_free(&l);
	if (again)
		reload_signal(r);
}

void
reload_forget(struct relay *r)
{
	if (r->reload != NULL)
		r->reload->req = NULL;
}

void
reload_end(struct relay *r)
{
	reload_free(&r->reload);
}
