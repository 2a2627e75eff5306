/* renewals.c — between sessions and the signer.
 * Thread: worker for the first part, control for the second; a job belongs to the
 * thread that has it, and in between to the message.
 * Invariant: every job that a worker sends comes back, but at the end of the
 * process; the agent gets a certificate only if this relay would let it in.  */
#include "relay/renewals.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "enrol/message.h"
#include "io/sock.h"
#include "pki/renewal.h"
#include "relay/audit.h"
#include "relay/enrolment.h"

#define ANSWER_MS 5000
#define RETRY_S 5

struct renewal_job {
	struct list link; /* control's queue */
	struct tunnel_ref tunnel;
	uint64_t visit; /* at the enrolment port, instead of tunnel; or 0 */
	uint32_t vouched; /* instead of both: a request there, with a voucher; or 0 */
	struct buf request, certificate; /* DER */
	uint16_t why, retry_s;
	char tenant[64], agent[64]; /* for the log */
};

/* One signer, one request at a time. */
struct renewals {
	struct relay *relay;
	struct list queue;
	unsigned n;
	struct renewal_job *now; /* NULL: no connection */
	int fd;
	struct watch watch;
	struct wheel_timer timer;
	struct buf out, in;
};

void
renewal_drop(struct renewal_job **p)
{
	struct renewal_job *job = *p;

	*p = NULL;
	if (job == NULL)
		return;
	buf_fini(&job->request);
	buf_fini(&job->certificate);
	free(job);
}

/* --- the worker -------------------------------------------------------------- */

static void
certify(struct tunnel *t, const struct session_certificate *c)
{
	/* Without memory there is no answer, and the agent asks in its next session. */
	if (session_certify(link_session(t->link), c) < 0)
		log_warn(t->worker->log, "no memory for an answer",
		    LOG_STR("agent", t->lane.agent));
	link_kick(t->link);
}

static void
refuse(struct tunnel *t, enum ax_renew_refusal why, uint16_t retry_s,
    const char *reason)
{
	struct worker *w = t->worker;

	log_warn(w->log, "renewal refused",
	    LOG_STR("tenant", tenants_conf(w->tenants, t->tenant)->name),
	    LOG_STR("agent", t->lane.agent), LOG_STR("reason", reason),
	    LOG_U64("why", why));
	tenants_renewed(w->tenants, (int)t->tenant, RENEWED_REFUSED);
	certify(t, &(struct session_certificate){ .why = (uint16_t)why,
	    .retry_s = retry_s });
}

/* The request is that of the session's own certificate. */
static bool
is_own(const struct renewal *q, const struct tls_peer *peer)
{
	const struct identity *id = &peer->id;

	return strcmp(q->id.tenant, id->tenant) == 0 &&
	    strcmp(q->id.agent, id->agent) == 0 &&
	    q->id.serial_len == id->serial_len &&
	    memcmp(q->id.serial, id->serial, id->serial_len) == 0;
}

/* id: NULL: nobody is known by the request. */
static struct renewal_job *
new_job(const struct identity *id, struct slice request)
{
	struct renewal_job *job = calloc(1, sizeof(*job));

	if (job == NULL)
		return NULL;
	list_init(&job->link);
	if (id != NULL) {
		str_copy(job->tenant, sizeof(job->tenant), id->tenant);
		str_copy(job->agent, sizeof(job->agent), id->agent);
	}
	if (buf_append(&job->request, request.p, request.n) < 0)
		renewal_drop(&job);
	return job;
}

void
renewal_ask(struct tunnel *t, struct slice request)
{
	struct worker *w = t->worker;
	struct msg m = { .type = MSG_RENEW, .tunnel = t->ref };
	struct renewal q;
	struct err e;
	int r = renewal_read(request, &q, &e);

	if (r < 0) {
		refuse(t, r == AX_E_PEER ? AX_RENEW_FOREIGN : AX_RENEW_MALFORMED,
		    0, e.text);
		return;
	}
	if (!is_own(&q, link_peer(t->link))) {
		refuse(t, AX_RENEW_FOREIGN, 0,
		    "it is for another certificate than the session's");
		return;
	}
	m.u.renewal = new_job(&q.id, request);
	if (m.u.renewal != NULL)
		m.u.renewal->tunnel = t->ref;
	if (m.u.renewal == NULL || mailbox_send(w->box, w->control, &m) < 0) {
		renewal_drop(&m.u.renewal);
		refuse(t, AX_RENEW_BUSY, RETRY_S, "no memory, or control is busy");
	}
}

void
renewal_answer(struct worker *w, struct renewal_job *job)
{
	struct tunnel *t = tunnel_find(w, job->tunnel);

	if (t != NULL)
		certify(t, &(struct session_certificate){ .why = job->why,
		    .retry_s = job->retry_s, .der = buf_slice(&job->certificate) });
	renewal_drop(&job);
}

/* --- control: what came of it -------------------------------------------------- */

static void
tell_visit(struct relay *r, struct renewal_job *job)
{
	struct enrol_message m = { .type = ENROL_REFUSED, .why = (uint8_t)job->why,
		.retry_s = job->retry_s, .der = buf_slice(&job->certificate) };

	if (job->why == 0)
		m.type = ENROL_CERTIFICATE;
	enrolment_renewed(r, job->visit, &m);
	renewal_drop(&job);
}

static void
give_back(struct relay *r, struct renewal_job *job)
{
	struct msg m = { .type = MSG_CERTIFICATE, .tunnel = job->tunnel };

	if (job->visit != 0) {
		tell_visit(r, job);
		return;
	}
	m.u.renewal = job;
	if (mailbox_send(r->box, job->tunnel.worker, &m) < 0)
		renewal_drop(&job); /* the agent asks in its next session */
}

static void
count(struct relay *r, const struct renewal_job *job, bool issued)
{
	enum renewed in_time = issued ? RENEWED_ISSUED : RENEWED_REFUSED;
	enum renewed late = issued ? RENEWED_LATE : RENEWED_LATE_REFUSED;

	tenants_renewed(r->tenants, tenants_index(r->tenants, job->tenant),
	    job->visit == 0 ? in_time : late);
}

/* Takes job. */
static void
tell_vouched(struct relay *r, struct renewal_job *job, const struct enrol_message *m,
    const char *reason)
{
	enrolment_vouched(r, job->vouched, m, reason);
	renewal_drop(&job);
}

static void
refuse_job(struct relay *r, struct renewal_job *job, uint16_t why,
    uint16_t retry_s, const char *reason)
{
	if (job->vouched != 0) {
		tell_vouched(r, job, &(struct enrol_message){ .type = ENROL_REFUSED,
		    .why = ENROL_SIGNER, .retry_s = retry_s }, reason);
		return;
	}
	log_warn(r->log, "renewal refused",
	    LOG_STR("tenant", job->tenant), LOG_STR("agent", job->agent),
	    LOG_STR("reason", reason),
	    LOG_U64("why", why));
	audit_stranger(r, 0, "renewal.refused", LOG_STR("tenant", job->tenant),
	    LOG_STR("agent", job->agent), LOG_STR("reason", reason));
	count(r, job, false);
	job->why = why;
	job->retry_s = retry_s;
	buf_fini(&job->certificate);
	give_back(r, job);
}

static const char *
refusal_text(uint16_t why)
{
	switch (why) {
#define REFUSAL(name, number, text) case number: return text;
	AX_RENEW_REFUSALS(REFUSAL)
#undef REFUSAL
	default: return "the signer does not say in words that we know";
	}
}

/* Would it be let in, and is it what was asked for? */
static int
check(struct relay *r, struct renewal_job *job, struct slice der, struct err *e)
{
	struct renewal q;
	int rc = renewal_read(buf_slice(&job->request), &q, e);

	if (rc == 0)
		rc = renewal_fits(&q, der, e);
	if (rc == 0)
		rc = tls_ctx_vouches(r->tls, der, e);
	if (rc == 0 && der.n > SESSION_CERTIFICATE_MAX)
		rc = err_set(e, AX_E_LIMIT, "the certificate is too long");
	if (rc == 0 && buf_append(&job->certificate, der.p, der.n) < 0)
		rc = err_set(e, AX_E_NOMEM, "no memory for a certificate");
	return rc;
}

static void
take_answer(struct relay *r, struct renewal_job *job, const struct enrol_message *m)
{
	struct err e;

	if (job->vouched != 0)
		tell_vouched(r, job, m, enrol_refusal_text(m->why));
	else if (m->type == ENROL_REFUSED)
		refuse_job(r, job, m->why, m->retry_s, refusal_text(m->why));
	else if (m->type != ENROL_CERTIFICATE)
		refuse_job(r, job, AX_RENEW_FAILED, RETRY_S,
		    "the signer says something else");
	else if (check(r, job, m->der, &e) < 0)
		refuse_job(r, job, AX_RENEW_FAILED, RETRY_S, e.text);
	else {
		log_info(r->log, "certificate renewed",
		    LOG_STR("tenant", job->tenant), LOG_STR("agent", job->agent));
		audit_certificate(r, job->visit != 0 ? "renewal.late" :
		    "renewal.issued", m->der);
		count(r, job, true);
		give_back(r, job);
	}
}

/* --- control: the socket --------------------------------------------------------- */

static struct renewal_job *
hang_up(struct renewals *n)
{
	struct renewal_job *job = n->now;

	loop_unwatch(n->relay->loop, &n->watch);
	loop_untimer(n->relay->loop, &n->timer);
	sock_close(&n->fd);
	buf_fini(&n->out);
	buf_fini(&n->in);
	n->now = NULL;
	return job;
}

static void begin_next(struct renewals *n);

static void
fail(struct renewals *n, const char *reason)
{
	refuse_job(n->relay, hang_up(n), AX_RENEW_AWAY, RETRY_S, reason);
	begin_next(n);
}

/* Returns false when it is over. */
static bool
flush(struct renewals *n)
{
	struct slice s;
	ssize_t k;

	while ((s = buf_slice(&n->out)).n > 0) {
		k = send(n->fd, s.p, s.n, MSG_NOSIGNAL);
		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0 && errno == EAGAIN)
			return true;
		if (k < 0) {
			fail(n, "the signer does not listen");
			return false;
		}
		buf_consume(&n->out, (size_t)k);
	}
	return true;
}

static void
receive(struct renewals *n)
{
	uint8_t p[ENROL_MESSAGE_MAX];
	struct enrol_message m;
	struct renewal_job *job;
	struct buf in;
	size_t used;
	ssize_t k;
	int r;

	while ((k = recv(n->fd, p, sizeof(p), 0)) > 0 ||
	    (k < 0 && errno == EINTR)) {
		if (k < 0)
			continue;
		r = buf_append(&n->in, p, (size_t)k) < 0 ? AX_E_NOMEM :
		    enrol_parse(buf_slice(&n->in), &m, &used, NULL);
		if (r == AX_E_AGAIN)
			continue;
		if (r < 0) {
			fail(n, "the signer does not answer in our language");
			return;
		}
		in = n->in; /* m points into it */
		buf_init(&n->in);
		job = hang_up(n);
		take_answer(n->relay, job, &m);
		buf_fini(&in);
		begin_next(n);
		return;
	}
	if (k == 0 || errno != EAGAIN)
		fail(n, "the signer hung up");
}

static void
on_ready(struct watch *w, uint32_t events)
{
	struct renewals *n = container_of(w, struct renewals, watch);

	if ((events & (LOOP_OUT | LOOP_ERR)) && !flush(n))
		return;
	if (events & (LOOP_IN | LOOP_HUP | LOOP_ERR))
		receive(n);
}

static void
on_timer(struct wheel_timer *t)
{
	fail(container_of(t, struct renewals, timer), "the signer takes too long");
}

/* Of the configuration that is in force now. */
static int
address(const struct relay *r, struct addr *out, struct err *e)
{
	char text[ADDR_TEXT_MAX];
	struct str s;

	if (r->conf->signer == NULL)
		return err_set(e, AX_E_CONFIG, "no signer is configured any more");
	str_init(&s, text, sizeof(text));
	str_add(&s, "unix:");
	str_add(&s, r->conf->signer);
	return addr_parse(text, out, e) == 0 ? 0 : err_set(e, AX_E_CONFIG,
	    "tls.signer: %s is not usable as a socket", r->conf->signer);
}

/* What has no room in the signer's queue (EAGAIN, of a Unix socket) is refused as
 * if there were no signer: somebody else fills it.                           */
static bool
dial(struct renewals *n, struct err *e)
{
	struct enrol_message m = {
		.type = n->now->vouched != 0 ? ENROL_VOUCHED : ENROL_RENEW,
		.der = buf_slice(&n->now->request) };
	struct addr signer;

	if (address(n->relay, &signer, e) < 0)
		return false;
	if (enrol_write(&m, &n->out) < 0) {
		(void)err_set(e, AX_E_NOMEM, "no memory for a request");
		return false;
	}
	if (sock_connect(&signer, &n->fd, e) < 0)
		return false;
	if (loop_watch(n->relay->loop, &n->watch, n->fd, LOOP_EDGE) < 0) {
		(void)err_sys(e, "cannot watch the signer's socket");
		return false;
	}
	loop_timer_in(n->relay->loop, &n->timer, ANSWER_MS);
	return true;
}

static void
begin_next(struct renewals *n)
{
	struct list *l;
	struct err e;

	while (n->now == NULL && (l = list_first(&n->queue)) != NULL) {
		n->now = container_of(l, struct renewal_job, link);
		list_del(l);
		n->n--;
		if (!dial(n, &e))
			refuse_job(n->relay, hang_up(n), AX_RENEW_AWAY, RETRY_S,
			    e.text);
	}
}

void
renewals_queue(struct relay *r, struct renewal_job *job)
{
	struct renewals *n = r->renewals;

	if (n == NULL) {
		renewal_drop(&job); /* it stops */
		return;
	}
	if (n->n >= RENEWALS_MAX) {
		refuse_job(r, job, AX_RENEW_BUSY, RETRY_S,
		    "too many wait for the signer");
		return;
	}
	list_add(&n->queue, &job->link);
	n->n++;
	begin_next(n);
}

void
renewals_visit(struct relay *r, uint64_t visit, struct slice request)
{
	struct enrol_message no = { .type = ENROL_REFUSED };
	struct renewal_job *job = NULL;
	struct identity id;
	struct renewal q;
	struct err e;
	int rc = renewal_read(request, &q, &e);

	/* Strangers do not get as far as the signer. */
	no.why = rc == AX_E_PEER ? AX_RENEW_FOREIGN : AX_RENEW_MALFORMED;
	if (rc == 0) {
		no.why = AX_RENEW_UNKNOWN;
		rc = enrolment_judge(r, q.certificate, &id, &e);
	}
	if (rc == 0 || rc == AX_E_EXPIRED) {
		no.why = AX_RENEW_BUSY;
		no.retry_s = RETRY_S;
		job = new_job(&q.id, request);
	}
	if (job == NULL) {
		log_info(r->log, "renewal at the enrolment port refused",
		    LOG_STR("reason", no.why == AX_RENEW_BUSY ? "out of memory" : e.text));
		tenants_renewed(r->tenants, -1, RENEWED_LATE_REFUSED);
		enrolment_renewed(r, visit, &no);
		return;
	}
	job->visit = visit;
	renewals_queue(r, job);
}

void
renewals_vouched(struct relay *r, uint32_t id, struct slice request)
{
	struct renewal_job *job = new_job(NULL, request);

	if (job == NULL) {
		enrolment_vouched(r, id, &(struct enrol_message){ .type = ENROL_REFUSED,
		    .why = ENROL_SIGNER, .retry_s = RETRY_S }, "out of memory");
		return;
	}
	job->vouched = id;
	renewals_queue(r, job);
}

int
renewals_begin(struct relay *r, struct err *e)
{
	struct renewals *n;
	struct addr signer;

	if (r->conf->signer != NULL && address(r, &signer, e) < 0)
		return AX_E_CONFIG;
	/* Also without a signer: the next configuration may have one. */
	n = calloc(1, sizeof(*n));
	if (n == NULL)
		return err_set(e, AX_E_NOMEM, "no memory for renewals");
	r->renewals = n;
	n->relay = r;
	n->fd = -1;
	list_init(&n->queue);
	watch_init(&n->watch, on_ready);
	wheel_timer_init(&n->timer, on_timer);
	return 0;
}

void
renewals_end(struct relay *r)
{
	struct renewals *n = r->renewals;
	struct renewal_job *job;
	struct list *l;

	if (n == NULL)
		return;
	r->renewals = NULL;
	job = hang_up(n);
	renewal_drop(&job);
	while ((l = list_first(&n->queue)) != NULL) {
		list_del(l);
		job = container_of(l, struct renewal_job, link);
		renewal_drop(&job);
	}
	free(n);
}
