/* revoke.c — the list of whom this relay refuses, and its file.
 *
 * Thread: control.
 * Invariant: what is in force is the list that the workers were sent last. It cuts
 * before it is written: a full disk must not keep a thief connected. It ends what
 * it ends after it is written: nobody comes back by a crash.                 */
#include "relay/revoke.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "admin/admin.h"
#include "base/clock.h"
#include "pki/pem.h"
#include "pki/store.h"
#include "relay/audit.h"
#include "relay/operators.h"
#include "relay/status.h"
#include "relay/tunnel.h"
#include "relay/watched.h"

#define NAME "denied"
#define REJECTED "denied.rejected"
#define KEPT "crl-in-force"
#define KEPT_OPERATORS "operator-crl-in-force"
#define LOOK_MS 500

/* One that asked waits for all workers. */
struct revoke_order {
	struct list entry;
	struct admin_request *req;
	struct denied_entry what;
	unsigned missing;
	uint64_t sessions;
	struct err err; /* of writing the file */
};

struct revocation {
	char path[4096]; /* of the state directory */
	char file[4096 + sizeof(NAME) + 1];
	struct relay *relay;
	struct store dir;
	struct denied *list;
	struct list orders;
	struct watched list_file, crl_file;
	struct wheel_timer look;
	struct err wrong[REVOKE_ALARMS];
	const char *alarms[REVOKE_ALARMS + 1];
};

/* --- the state directory ------------------------------------------------------- */

/* relay.state; what the service manager made; or beside the configuration. */
static int
state_path(const struct conf_relay *c, char out[4096], struct err *e)
{
	const char *manager = getenv("STATE_DIRECTORY");
	const char *slash = strrchr(c->file, '/');
	struct str s;

	str_init(&s, out, 4096);
	if (c->state != NULL)
		str_add(&s, c->state);
	else if (manager != NULL && manager[0] == '/')
		str_add_n(&s, manager, strcspn(manager, ":"));
	else if (slash != NULL)
		str_fmt(&s, "%.*s/state", (int)(slash - c->file), c->file);
	else
		str_add(&s, "state");
	return s.cut ? err_set(e, AX_E_RANGE, "relay.state: the path is too long") : 0;
}

static int
open_state(struct revocation *v, struct err *e)
{
	int r;

	if (mkdir(v->path, 0700) < 0 && errno != EEXIST)
		return err_sys(e, "relay.state: cannot make the directory %s", v->path);
	r = store_open(v->path, &v->dir, e);
	if (r == 0)
		store_remove(&v->dir, STORE_TEMP_PREFIX);
	return r;
}

/* The list in the file; none is an empty one if it may be missing. */
static int
read_list(const struct revocation *v, bool may_miss, struct denied **out, struct err *e)
{
	struct buf text;
	int r;

	buf_init(&text);
	r = store_read(&v->dir, NAME, STORE_PUBLIC, &text, e);
	if (r == AX_E_NOTFOUND && may_miss)
		r = 0;
	if (r == 0)
		r = denied_parse(v->file, buf_slice(&text), out, e);
	buf_fini(&text);
	return r;
}

/* A list with a mistake is somebody's work: it does not go when ours is written. */
static void
set_aside(struct relay *r)
{
	struct revocation *v = r->revocation;
	struct buf text;
	struct err e = { 0 };
	int rc;

	if (!revoke_has_alarm(r, REVOKE_DENIED))
		return;
	buf_init(&text);
	rc = store_read(&v->dir, NAME, STORE_PUBLIC, &text, &e);
	if (rc == 0)
		rc = store_replace(
		    &v->dir, REJECTED, STORE_PUBLIC, buf_slice(&text), &e);
	if (rc == 0)
		log_warn(r->log, "the list that could not be used was copied to "
		    REJECTED, LOG_STR("reason", v->wrong[REVOKE_DENIED].text));
	else if (rc != AX_E_NOTFOUND)
		log_error(r->log, "the list that could not be used is lost",
		    LOG_STR("reason", e.text));
	buf_fini(&text);
}

static int
write_list(struct relay *r, const struct denied *list, struct err *e)
{
	struct revocation *v = r->revocation;
	struct buf text;
	int rc;

	set_aside(r);
	buf_init(&text);
	rc = denied_print(list, &text);
	if (rc < 0)
		(void)err_set(e, rc, "no memory to write %s", v->file);
	else
		rc = store_replace(&v->dir, NAME, STORE_PUBLIC, buf_slice(&text), e);
	buf_fini(&text);
	if (rc < 0)
		return rc;
	watched_mark(&v->list_file, v->file);
	revoke_alarm(r, REVOKE_DENIED, NULL);
	return 0;
}

/* --- the revocation list ------------------------------------------------------- */

static int
print_crls(const struct tls_ctx *tls, struct buf *out)
{
	struct slice der;
	int r = 0;

	for (size_t i = 0; r == 0 && (der = tls_ctx_crl_list(tls, i)).n > 0; i++)
		r = pem_write(out, PEM_CRL, der);
	return r;
}

static const char *
kept_name(enum revoke_what what)
{
	return what == REVOKE_OPERATORS ? KEPT_OPERATORS : KEPT;
}

/* Keeps the list in force, unless it is kept already. */
static int
keep_crl(struct relay *r, enum revoke_what what, const struct tls_ctx *tls,
    struct err *e)
{
	const struct store *dir = &r->revocation->dir;
	const char *name = kept_name(what);
	struct buf is, was;
	int rc;

	buf_init(&is);
	buf_init(&was);
	rc = print_crls(tls, &is);
	if (rc < 0)
		(void)err_set(e, rc, "no memory to write %s", name);
	else if (store_read(dir, name, STORE_PUBLIC, &was, NULL) < 0 ||
	    !slice_eq(buf_slice(&is), buf_slice(&was)))
		rc = store_replace(dir, name, STORE_PUBLIC, buf_slice(&is), e);
	buf_fini(&is);
	buf_fini(&was);
	return rc;
}

/* The configured file is older than the list that was in force: back to that. */
static int
fall_back(struct relay *r, enum revoke_what what, struct tls_ctx **tls,
    const char *kept, struct err *why)
{
	struct tls_ctx *ctx = NULL;
	struct err e;

	if (tls_ctx_new_crl(*tls, kept, &ctx, &e) < 0) {
		*why = e;
		return err_prefix(why, AX_E_CONFIG, "%s is older than the list that was "
		    "in force before, and that cannot be used",
		    what == REVOKE_OPERATORS ? r->conf->operators.crl : r->conf->crl);
	}
	tls_ctx_free(tls);
	*tls = ctx;
	log_error(r->log, "the revocation list is older than the one that was in force "
	    "before, which stays", LOG_STR("reason", why->text));
	revoke_alarm(r, what, why);
	return 0;
}

int
revoke_newest_crl(
    struct relay *r, enum revoke_what what, struct tls_ctx **tls, struct err *e)
{
	const struct store *dir = &r->revocation->dir;
	char kept[4096 + sizeof(KEPT_OPERATORS) + 1];
	struct err why = { 0 };
	bool older = false;
	int rc;

	(void)snprintf(kept, sizeof(kept), "%s/%s", dir->path, kept_name(what));
	if (!store_has(dir, kept_name(what)))
		return keep_crl(r, what, *tls, e);
	rc = tls_ctx_follows_file(kept, *tls, &older, &why);
	if (rc < 0)
		return err_set(e, AX_E_CONFIG, "%.150s (if %s is known to be the "
		    "newest, remove this one)", why.text, what == REVOKE_OPERATORS ?
		    "admin.remote.crl" : "tls.crl");
	if (!older)
		return keep_crl(r, what, *tls, e);
	rc = fall_back(r, what, tls, kept, &why);
	if (rc < 0)
		*e = why;
	return rc;
}

void
revoke_crl_looked_at(struct relay *r, const char *crl)
{
	watched_mark(&r->revocation->crl_file, crl);
}

void
revoke_crl_taken(struct relay *r, enum revoke_what what, const struct tls_ctx *tls)
{
	struct err e = { 0 };

	revoke_alarm(r, what, NULL);
	if (keep_crl(r, what, tls, &e) < 0)
		log_error(r->log, "the revocation list in force cannot be kept: after "
		    "a restart an older one would not be noticed",
		    LOG_STR("reason", e.text));
}

/* --- alarms ---------------------------------------------------------------------- */

void
revoke_alarm(struct relay *r, enum revoke_what what, const struct err *e)
{
	r->revocation->wrong[what] = e == NULL ? (struct err){ 0 } : *e;
}

bool
revoke_has_alarm(const struct relay *r, enum revoke_what what)
{
	return r->revocation->wrong[what].code != 0;
}

void
revoke_fill(struct relay *r, struct admin_status *s)
{
	struct revocation *v = r->revocation;

	tls_ctx_validity(r->tls, &s->not_before, &s->not_after);
	(void)tls_ctx_crl(r->tls, &s->crl_number, &s->crl_next_update);
	s->denied = denied_count(v->list);
	s->alarms = v->alarms;
	for (size_t i = 0; i < REVOKE_ALARMS; i++)
		if (v->wrong[i].code != 0)
			v->alarms[s->n_alarms++] = v->wrong[i].text;
	if (s->crl_next_update < clock_wall_s())
		v->alarms[s->n_alarms++] = "the revocation list has expired: no agent "
					   "can connect until there is a new one";
}

/* --- the beginning and the end --------------------------------------------------- */

static void
on_look(struct wheel_timer *t)
{
	struct revocation *v = container_of(t, struct revocation, look);

	if (watched_look(&v->list_file))
		revoke_read_again(v->relay);
	if (strcmp(v->crl_file.path, v->relay->conf->crl) != 0) /* a reload failed */
		revoke_crl_looked_at(v->relay, v->relay->conf->crl);
	if (watched_look(&v->crl_file))
		control_read_crl(v->relay);
	(void)operators_look(v->relay);
	loop_timer_in(v->relay->loop, t, LOOK_MS);
}

static int
locate(const struct conf_relay *c, struct revocation **out, struct err *e)
{
	struct revocation *v = calloc(1, sizeof(*v));
	int r;

	if (v == NULL)
		return err_set(e, AX_E_NOMEM, "no memory for the relay's state");
	v->dir.fd = -1;
	list_init(&v->orders);
	r = state_path(c, v->path, e);
	(void)snprintf(v->file, sizeof(v->file), "%s/" NAME, v->path);
	wheel_timer_init(&v->look, on_look);
	*out = v;
	return r;
}

static void
order_free(struct revoke_order *o)
{
	list_del(&o->entry);
	free(o);
}

static void
leave(struct revocation **p)
{
	struct revocation *v = *p;
	struct list *l;

	*p = NULL;
	if (v == NULL)
		return;
	while ((l = list_first(&v->orders)) != NULL)
		order_free(container_of(l, struct revoke_order, entry));
	denied_unref(&v->list);
	store_close(&v->dir);
	free(v);
}

int
revoke_begin(struct relay *r, struct err *e)
{
	struct revocation *v;
	int rc = locate(r->conf, &r->revocation, e);

	if (rc < 0)
		return rc;
	v = r->revocation;
	v->relay = r;
	rc = open_state(v, e);
	watched_mark(&v->list_file, v->file);
	if (rc == 0)
		rc = read_list(v, true, &v->list, e);
	if (rc < 0)
		return rc;
	revoke_crl_looked_at(r, r->conf->crl);
	loop_timer_in(r->loop, &v->look, LOOK_MS);
	return revoke_newest_crl(r, REVOKE_CRL, &r->tls, e);
}

void
revoke_end(struct relay *r)
{
	if (r->revocation != NULL && r->loop != NULL)
		loop_untimer(r->loop, &r->revocation->look);
	leave(&r->revocation);
}

int
revoke_check(const struct conf_relay *c, struct err *e)
{
	struct revocation *v = NULL;
	int r = locate(c, &v, e);

	if (r == 0)
		r = store_open(v->path, &v->dir, e);
	if (r == 0)
		r = read_list(v, true, &v->list, e);
	leave(&v);
	return r == AX_E_NOTFOUND ? 0 : r;
}

const struct store *
revoke_state(const struct relay *r)
{
	return &r->revocation->dir;
}

struct denied *
revoke_list(const struct relay *r)
{
	return r->revocation->list;
}

/* --- into force ------------------------------------------------------------------ */

/* Takes list. order waits for the workers; NULL: nobody does. */
static void
enforce(struct relay *r, struct denied *list, struct revoke_order *order)
{
	unsigned operators;

	denied_unref(&r->revocation->list);
	r->revocation->list = list;
	for (unsigned i = 0; i < r->n_workers; i++) {
		struct msg m = { .type = MSG_DENIED };

		m.u.denied.list = denied_ref(list);
		m.u.denied.order = order;
		if (mailbox_send(r->box, i, &m) == 0) {
			if (order != NULL)
				order->missing++;
			continue;
		}
		denied_unref(&m.u.denied.list);
		log_error(r->log, "a worker cannot be told who is revoked",
		    LOG_U64("worker", i));
	}
	operators = operators_look(r);
	if (order != NULL)
		order->sessions += operators;
}

/* A file that is gone is no wish to let everybody in again, and would be one when the
 * relay starts the next time.                                                */
static bool
put_back(struct relay *r, struct err *e)
{
	const struct denied *list = revoke_list(r);

	if (write_list(r, list, e) < 0)
		return false;
	log_warn(r->log, "the list of who is refused was removed, and is written again; "
	    "empty the file to refuse nobody", LOG_U64("entries", denied_count(list)));
	audit_note(r, "denied.kept", LOG_U64("entries", denied_count(list)));
	return true;
}

void
revoke_read_again(struct relay *r)
{
	struct revocation *v = r->revocation;
	struct denied *list = NULL;
	struct err e = { 0 };
	int rc;

	watched_mark(&v->list_file, v->file);
	rc = read_list(v, denied_count(v->list) == 0, &list, &e);
	if (rc == AX_E_NOTFOUND && put_back(r, &e))
		return;
	if (rc < 0) {
		revoke_alarm(r, REVOKE_DENIED, &e);
		log_error(r->log, "the list of who is refused cannot be used; the one "
		    "from before stays in force", LOG_STR("reason", e.text));
		audit_note(r, "denied.refused", LOG_STR("reason", e.text));
		return;
	}
	revoke_alarm(r, REVOKE_DENIED, NULL);
	audit_note(r, "denied.read", LOG_U64("entries", denied_count(list)));
	enforce(r, list, NULL);
	log_info(r->log, "list of who is refused read again",
	    LOG_U64("entries", denied_count(list)));
}

/* --- what the operator asks -------------------------------------------------------- */

void
revoke_show(struct relay *r, struct admin_request *req)
{
	const struct denied *list = revoke_list(r);
	size_t n = denied_count(list);
	struct admin_revoked *v = calloc(n + 1, sizeof(*v));

	if (v == NULL) {
		admin_fail(req, "out of memory");
		return;
	}
	for (size_t i = 0; i < n; i++) {
		const struct denied_entry *d = denied_at(list, i);

		denied_text(d, v[i].what);
		v[i].is_key = denied_is_key(d);
		v[i].at = d->at;
	}
	admin_reply_revoked(req, &(struct admin_revoked_list){
	    .file = r->revocation->file, .v = v, .n = n });
	free(v);
}

void
revoke_forget(struct relay *r)
{
	struct list *l;

	list_foreach(l, &r->revocation->orders)
		container_of(l, struct revoke_order, entry)->req = NULL;
}

static void
answer(struct relay *r, struct revoke_order *o)
{
	struct admin_revocation a = { .at = o->what.at, .sessions = o->sessions,
		.crl = r->conf->crl };
	char sentence[sizeof(o->err.text) + 128];

	denied_text(&o->what, a.what);
	if (denied_is_operator(&o->what))
		a.crl = r->conf->operators.listen == NULL ? "" : r->conf->operators.crl;
	a.tenant_known = o->what.tenant[0] == '\0' ||
	    tenants_index(r->tenants, o->what.tenant) >= 0;
	if (o->req == NULL) {
		/* Nobody waits any more. */
	} else if (o->err.code == 0) {
		admin_reply_revocation(o->req, &a);
	} else {
		(void)snprintf(sentence, sizeof(sentence), "it is refused from now on, "
		    "but only until the relay ends: %s", o->err.text);
		admin_fail(o->req, sentence);
	}
	order_free(o);
}

void
revoke_done(struct relay *r, const struct msg *m)
{
	struct revoke_order *o = m->u.denied.order;

	if (o == NULL)
		return;
	o->sessions += m->u.denied.sessions;
	if (--o->missing > 0)
		return;
	answer(r, o);
	if (r->status != NULL)
		status_answered(r);
}

static void
revoke(struct relay *r, struct revoke_order *o)
{
	struct denied *next = NULL;
	char text[DENIED_TEXT];

	o->what.at = clock_wall_s();
	if (denied_with(revoke_list(r), &o->what, &next, &o->err) < 0) {
		admin_refuse(o->req, o->err.text);
		order_free(o);
		return;
	}
	denied_text(&o->what, text);
	log_warn(r->log, "revoked: refused from now on", LOG_STR("who", text));
	enforce(r, next, o);
	if (write_list(r, next, &o->err) < 0)
		log_error(r->log, "a revocation lasts only until the relay ends",
		    LOG_STR("who", text), LOG_STR("reason", o->err.text));
	if (o->missing == 0)
		answer(r, o);
}

static void
undo(struct relay *r, struct revoke_order *o)
{
	struct denied *next = NULL;
	char text[DENIED_TEXT];
	int rc = denied_without(revoke_list(r), &o->what, &next, &o->err);

	if (rc == 0)
		rc = write_list(r, next, &o->err);
	if (rc < 0) {
		denied_unref(&next);
		admin_refuse(o->req, o->err.text);
		order_free(o);
		return;
	}
	denied_text(&o->what, text);
	log_warn(r->log, "no longer refused", LOG_STR("who", text));
	enforce(r, next, o);
	if (o->missing == 0)
		answer(r, o);
}

/* NULL: it was answered. */
static struct revoke_order *
take_order(struct relay *r, struct admin_request *req, const struct admin_revoke *what)
{
	struct revoke_order *o = calloc(1, sizeof(*o));
	struct err e;
	int rc;

	if (o == NULL) {
		admin_fail(req, "out of memory");
		return NULL;
	}
	rc = what->name != NULL ? denied_name(what->name, &o->what, &e) :
				  denied_key(what->key, &o->what, &e);
	if (rc < 0) {
		admin_refuse(req, e.text);
		free(o);
		return NULL;
	}
	if (watched_is_other(&r->revocation->list_file))
		revoke_read_again(r);
	o->req = req;
	list_init(&o->entry);
	list_add(&r->revocation->orders, &o->entry);
	return o;
}

void
revoke_do(
    struct relay *r, struct admin_request *req, const struct admin_revoke *what)
{
	struct revoke_order *o = take_order(r, req, what);

	if (o != NULL)
		revoke(r, o);
}

void
revoke_undo(
    struct relay *r, struct admin_request *req, const struct admin_revoke *what)
{
	struct revoke_order *o = take_order(r, req, what);

	if (o != NULL)
		undo(r, o);
}
