/* audit.c — what goes into the audit trail, and in which words.
 *
 * Thread: control; what happens in workers comes by message (turned.h).
 * Invariant: a line is written when the thing is decided, before whoever asked is
 * told; nothing waits for the file but a line of an operator for its disk.   */
#include "relay/audit.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "admin/admin.h"
#include "atlax/version.h"
#include "audit/trail.h"
#include "base/clock.h"
#include "log/format.h"
#include "parse/identity.h"
#include "relay/heir.h"
#include "relay/reload.h"
#include "relay/revoke.h"

#define NAME "audit.log"
#define MEMBERS_MAX 4096
#define REASON_MAX 256

struct audit {
	struct trail *trail;
	bool started;
	unsigned tokens; /* lines that strangers may still cause in this second */
	uint64_t second_ns, left_out;
};

/* --- lines --------------------------------------------------------------------- */

static void
complain(struct relay *r, const struct err *e)
{
	if (!revoke_has_alarm(r, REVOKE_AUDIT))
		log_error(r->log, "the audit trail cannot be written; what is missing is "
		    "counted", LOG_STR("reason", e->text));
	revoke_alarm(r, REVOKE_AUDIT, e);
}

/* members: of the object, without braces. An operator's line is on the disk when
 * this returns: he is told only what is on record.                           */
static void
add(struct relay *r, const char *event, struct slice members, bool now)
{
	struct trail_event ev = { .wall_ms = clock_wall_ms(), .name = event,
		.members = members };
	struct err e = { 0 };

	if (r->audit == NULL || r->audit->trail == NULL)
		return;
	if (trail_add(r->audit->trail, &ev, &e) < 0 ||
	    (now && trail_sync(r->audit->trail, &e) < 0))
		complain(r, &e);
	else
		revoke_alarm(r, REVOKE_AUDIT, NULL);
}

static void
put_fields(struct str *s, const struct log_field *fields, size_t n)
{
	struct json_out j;

	json_begin(&j, s);
	for (size_t i = 0; i < n; i++) {
		/* Of what was left out, nothing is nothing to tell. */
		if (fields[i].kind != LOG_K_U64 || fields[i].v.u64 != 0 ||
		    strcmp(fields[i].key, "left_out") != 0)
			log_json_field(&j, &fields[i]);
	}
}

void
audit_write(
    struct relay *r, const char *event, const struct log_field *fields, size_t n)
{
	char text[MEMBERS_MAX];
	struct str s;

	str_init(&s, text, sizeof(text));
	put_fields(&s, fields, n);
	if (s.cut) /* our fields are few and short */
		(void)str_copy(text, sizeof(text), "{\"cut\":true");
	add(r, event, slice_skip(slice_str(text), 1), false);
}

bool
audit_may(struct relay *r, uint64_t more, uint64_t *left_out)
{
	struct audit *a = r->audit;
	uint64_t now = clock_mono_ns();

	if (a == NULL)
		return false;
	a->left_out += more;
	if (now - a->second_ns >= AX_NS_PER_S) {
		a->second_ns = now;
		a->tokens = AUDIT_RATE;
	}
	if (a->tokens == 0) {
		a->left_out++;
		return false;
	}
	a->tokens--;
	*left_out = a->left_out;
	a->left_out = 0;
	return true;
}

/* --- who ------------------------------------------------------------------------- */

static void
put_who(struct str *s, const struct admin_who *who)
{
	struct json_out j;

	str_add(s, "\"by\":");
	json_begin(&j, s);
	if (who->operator[0] != '\0')
		json_text(&j, "operator", slice_str(who->operator), REASON_MAX);
	if (who->from[0] != '\0')
		json_text(&j, "from", slice_str(who->from), REASON_MAX);
	if (who->is_dashboard)
		json_bool(&j, "dashboard", true);
	if (who->uid != (uid_t)-1) {
		json_u64(&j, "uid", who->uid);
		json_u64(&j, "pid", (uint64_t)who->pid);
	}
	json_end(&j);
}

/* "/v1/pending/%u/approve" is pending.approve. */
static void
event_of(const char *page, char out[64])
{
	struct str s;

	str_init(&s, out, 64);
	if (strncmp(page, "/v1/", 4) == 0)
		page += 4;
	while (*page != '\0') {
		size_t n = strcspn(page, "/");

		if (*page != '%') {
			if (s.len > 0)
				str_char(&s, '.');
			str_add_n(&s, page, n);
		}
		page += n + (page[n] == '/');
	}
}

static bool
put(struct buf *b, const char *before, const char *text)
{
	return buf_append(b, before, strlen(before)) == 0 &&
	    buf_append(b, text, strlen(text)) == 0;
}

void
audit_decided(struct relay *r, const struct admin_decision *d)
{
	char head[512], number[64], event[64];
	struct buf b;
	struct str s;
	bool ok;

	str_init(&s, head, sizeof(head));
	put_who(&s, &d->who);
	if (d->id != 0)
		str_fmt(&s, ",\"id\":%u", (unsigned)d->id);
	(void)snprintf(number, sizeof(number), "%u", d->code);
	event_of(d->page, event);
	buf_init(&b);
	ok = put(&b, head, "");
	if (ok && d->request != NULL)
		ok = put(&b, ",\"request\":", d->request);
	ok = ok && put(&b, ",\"status\":", number);
	if (ok && d->answer != NULL)
		ok = put(&b, ",\"answer\":", d->answer);
	add(r, event, ok ? buf_slice(&b) : slice_str(head), true);
	buf_fini(&b);
}

void
audit_entered(struct relay *r, const struct admin_who *who, const char *why)
{
	char text[512];
	struct json_out j;
	struct str s;
	uint64_t left_out = 0;

	if (why != NULL && !audit_may(r, 0, &left_out))
		return;
	str_init(&s, text, sizeof(text));
	put_who(&s, who);
	j = (struct json_out){ .s = &s, .any = true };
	if (why != NULL)
		json_text(&j, "reason", slice_str(why), REASON_MAX);
	if (left_out > 0)
		json_u64(&j, "left_out", left_out);
	add(r, why == NULL ? "dashboard.entered" : "admin.refused", slice_str(text),
	    why == NULL);
}

void
audit_signal(struct relay *r, int signo)
{
	struct admin_who who = { .uid = r->signals.uid, .pid = (pid_t)r->signals.pid };
	char text[256];
	struct json_out j;
	struct str s;

	str_init(&s, text, sizeof(text));
	put_who(&s, &who);
	j = (struct json_out){ .s = &s, .any = true };
	json_text(&j, "signal", slice_str(signo == SIGHUP ? "SIGHUP" :
	    signo == SIGTERM ? "SIGTERM" : signo == SIGINT ? "SIGINT" : "SIGUSR1"), 16);
	add(r, "signal", slice_str(text), true);
}

/* --- what ------------------------------------------------------------------------- */

void
audit_document(struct relay *r, const char *event, const char *doc)
{
	size_t n = strcspn(doc, "\n");
	struct buf b;

	buf_init(&b);
	if (n == 0 || !put(&b, "\"answer\":", "") || buf_append(&b, doc, n) < 0)
		buf_fini(&b);
	add(r, event, buf_slice(&b), true);
	buf_fini(&b);
}

void
audit_certificate(struct relay *r, const char *event, struct slice cert)
{
	char serial[2 * sizeof((struct identity){ 0 }.serial) + 1];
	struct identity id;
	struct str s;

	if (identity_agent(cert, &id, NULL) < 0)
		return; /* it was looked at before */
	str_init(&s, serial, sizeof(serial));
	str_hex(&s, slice_of(id.serial, id.serial_len));
	audit_note(r, event, LOG_STR("tenant", id.tenant), LOG_STR("agent", id.agent),
	    LOG_STR("serial", serial), LOG_I64("not_after", id.not_after));
}

void
audit_crl(struct relay *r, const struct err *e)
{
	uint64_t number = 0;
	int64_t until = 0;

	(void)tls_ctx_crl(r->tls, &number, &until);
	if (e == NULL)
		audit_note(r, "crl.read", LOG_U64("number", number),
		    LOG_I64("next_update", until));
	else
		audit_note(r, "crl.refused", LOG_STR("reason", e->text),
		    LOG_U64("number_in_force", number));
}

void
audit_certificates(struct relay *r, const struct conf_relay *c, const struct err *e)
{
	int64_t from = 0, until = 0;

	tls_ctx_validity(r->tls, &from, &until);
	if (e == NULL)
		audit_note(r, "certificates.read", LOG_STR("certificate", c->certificate),
		    LOG_STR("agent_ca", c->agent_ca), LOG_I64("not_after", until));
	else
		audit_note(r, "certificates.refused", LOG_STR("reason", e->text));
	if (e == NULL)
		audit_crl(r, NULL);
}

void
audit_show(struct relay *r, struct admin_request *req)
{
	struct trail_state s;

	trail_look(r->audit->trail, &s);
	admin_reply_audit(req, &(struct admin_audit){ .file = s.path, .last = s.last,
	    .missed = s.missed });
}

/* --- the beginning and the end ------------------------------------------------------ */

int
audit_begin(struct relay *r, struct err *e)
{
	char path[4096 + sizeof(NAME) + 1];
	int rc;

	r->audit = calloc(1, sizeof(*r->audit));
	if (r->audit == NULL)
		return err_set(e, AX_E_NOMEM, "no memory for the audit trail");
	(void)snprintf(path, sizeof(path), "%s/" NAME, revoke_state(r)->path);
	rc = trail_open(r->conf->audit_file != NULL ? r->conf->audit_file : path,
	    &r->audit->trail, e);
	return rc < 0 ? err_prefix(e, rc, "audit.file") : 0;
}

void
audit_started(struct relay *r)
{
	char digest[17] = "";
	struct trail_state s;
	struct err e;

	if (reload_digest(r->conf, digest, &e) < 0)
		log_warn(r->log, "no memory for the digest of the configuration");
	audit_note(r, "start", LOG_STR("version", AX_VERSION),
	    LOG_I64("pid", getpid()), LOG_STR("configuration", r->conf->file),
	    LOG_STR("digest", digest));
	r->audit->started = true;
	trail_look(r->audit->trail, &s);
	/* An anchor elsewhere: who rewrites the file cannot rewrite the journal. */
	log_info(r->log, "audit trail", LOG_STR("file", s.path),
	    LOG_STR("last", s.last));
}

void
audit_reopen(struct relay *r)
{
	struct err e = { 0 };

	if (trail_reopen(r->audit->trail, &e) < 0)
		complain(r, &e);
}

void
audit_end(struct relay *r)
{
	if (r->audit == NULL)
		return;
	if (r->audit->started) {
		audit_note(r, "stop", LOG_U64("left_out", r->audit->left_out));
		log_info(r->log, "audit trail ends");
	}
	trail_close(&r->audit->trail);
	free(r->audit);
	r->audit = NULL;
}
