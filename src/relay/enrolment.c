/* enrolment.c — between the enrolment port, the tenants and the admin socket.
 * Thread: control.
 * Invariant: a certificate is handed over only if this relay would let it in. */
#include "relay/enrolment.h"

#include <stdlib.h>

#include "admin/admin.h"
#include "admin/voucher.h"
#include "enrol/pin.h"
#include "enrol/server.h"
#include "base/clock.h"
#include "pki/pem.h"
#include "relay/audit.h"
#include "relay/expected.h"
#include "relay/revoke.h"
#include "relay/heir.h"
#include "relay/renewals.h"

struct enrolment {
	struct enrol_server *server;
	struct expected expected;
	char listen[ADDR_TEXT_MAX], pin[PIN_TEXT];
};

static int
make_tls(const struct conf_relay *c, struct tls_ctx **out, struct err *e)
{
	struct tls_files files = { .certificate = c->certificate, .key = c->key,
		.ca = c->enrol.relay_ca };

	return tls_ctx_new(TLS_ENROL_RELAY, &files, out, e);
}

/* The port of an address as text. */
static uint16_t
port_of(const char *text)
{
	struct addr a;

	return addr_parse(text, &a, NULL) == 0 ? addr_port(&a) : 0;
}

static void
on_asked(void *arg, const struct queue_entry *entry)
{
	audit_stranger((struct relay *)arg, 0, "enrolment.asked", LOG_U64("id", entry->id),
	    LOG_STR("name", entry->name), LOG_STR("words", entry->words),
	    LOG_STR("address", entry->address));
}

static void
on_expired(void *arg, const struct queue_entry *entry)
{
	audit_note((struct relay *)arg, "enrolment.expired", LOG_U64("id", entry->id),
	    LOG_STR("name", entry->name), LOG_STR("words", entry->words));
}

static int
check_denied(struct relay *r, const struct identity *id, struct err *e)
{
	uint8_t key[TLS_KEY_HASH];
	int rc = tls_key_hash(id->spki, key, e);
	const char *why = rc < 0 ? NULL : denied_why(revoke_list(r), id, key);

	return why == NULL ? rc : err_set(e, AX_E_TLS, "%s", why);
}

int
enrolment_judge(
    struct relay *r, struct slice certificate, struct identity *id, struct err *e)
{
	int past = tls_ctx_vouches(r->tls, certificate, e), rc = past;

	if (rc == 0 || rc == AX_E_EXPIRED)
		rc = identity_agent(certificate, id, e);
	if (rc == 0)
		rc = check_denied(r, id, e);
	return rc < 0 ? rc : past;
}

static void
on_renew(void *arg, uint64_t visit, struct slice request)
{
	renewals_visit(arg, visit, request);
}

void
enrolment_renewed(struct relay *r, uint64_t visit, const struct enrol_message *m)
{
	if (r->enrolment != NULL)
		enrol_server_renewed(r->enrolment->server, visit, m);
}

static bool
takes_vouchers(const struct relay *r)
{
	return r->conf->enrol.vouchers != 0 && r->conf->signer != NULL;
}

static void
on_vouched(void *arg, uint32_t id, struct slice request)
{
	struct relay *r = arg;

	if (takes_vouchers(r))
		renewals_vouched(r, id, request);
	else
		enrol_server_turn_away(r->enrolment->server, id, ENROL_NO_VOUCHERS, 0);
}

/* On record before it is handed out. */
static int
take_vouched(struct relay *r, uint32_t id, struct slice der, struct err *e)
{
	struct identity who;
	int rc = enrolment_judge(r, der, &who, e);

	if (rc < 0)
		return rc;
	audit_certificate(r, "voucher.used", der);
	if (tenants_index(r->tenants, who.tenant) < 0)
		log_warn(r->log, "the tenant of a voucher is not in the configuration: "
		    "its agent is refused until it is", LOG_STR("tenant", who.tenant));
	return enrol_server_approve(r->enrolment->server, id, der, e);
}

void
enrolment_vouched(struct relay *r, uint32_t id, const struct enrol_message *m,
    const char *reason)
{
	struct enrol_message no = { .why = m->why, .retry_s = m->retry_s };
	struct err e;

	if (r->enrolment == NULL)
		return;
	if (m->type == ENROL_CERTIFICATE) {
		if (take_vouched(r, id, m->der, &e) == 0)
			return;
		reason = e.text;
	}
	if (m->type != ENROL_REFUSED)
		no.why = ENROL_SIGNER;
	log_warn(r->log, "voucher refused", LOG_U64("id", id), LOG_STR("reason", reason));
	audit_stranger(r, 0, "voucher.refused", LOG_U64("id", id),
	    LOG_STR("reason", reason));
	enrol_server_turn_away(r->enrolment->server, id, no.why, no.retry_s);
}

static bool
is_expected(void *arg, const uint8_t spki[SPKI_HASH_LEN])
{
	struct expected *x = &((struct relay *)arg)->enrolment->expected;

	expected_forget_old(x, clock_wall_s());
	return expected_find(x, spki) != NULL;
}

/* What has changed since the operator approved it counts. */
static bool
on_expected(void *arg, const uint8_t spki[SPKI_HASH_LEN], struct buf *out)
{
	struct relay *r = arg;
	struct expected *x = &r->enrolment->expected;
	struct expected_entry *it;
	struct identity id;
	struct slice der;
	struct err e;
	bool ok;

	expected_forget_old(x, clock_wall_s());
	it = expected_find(x, spki);
	if (it == NULL)
		return false;
	der = buf_slice(&it->certificate);
	ok = enrolment_judge(r, der, &id, &e) == 0 && buf_append(out, der.p, der.n) == 0;
	log_info(r->log, ok ? "enrolment: a key was approved before it asked" :
	    "enrolment: what was approved before is not good any more",
	    LOG_STR("as", it->name), LOG_STR("reason", ok ? "" : e.text));
	if (ok)
		audit_certificate(r, "enrolment.expected", der);
	if (expected_remove(x, it, &e) < 0)
		log_error(r->log, "enrolment: the file of expected agents is old",
		    LOG_STR("reason", e.text));
	return ok;
}

/* Without the file one can be approved as ever. */
static void
read_expected(struct relay *r, struct enrolment *n)
{
	struct expected *x = &n->expected;
	struct list *l;
	struct err e;

	if (expected_begin(x, revoke_state(r), clock_wall_s(), &e) < 0)
		log_error(r->log, "enrolment: nobody is expected",
		    LOG_STR("reason", e.text));
	list_foreach(l, &x->entries)
		container_of(l, struct expected_entry, link)->id =
		    queue_number(enrol_server_queue(n->server));
}

static int
open_port(struct relay *r, struct enrolment *n, struct err *e)
{
	struct enrol_server_args args = { .loop = r->loop, .log = r->log,
		.ttl_ms = r->conf->enrol.ttl_ms,
		.agents_port = port_of(r->agents_on),
		.asked = on_asked, .expired = on_expired, .expected = on_expected,
		.is_expected = is_expected,
		.renew = on_renew, .vouched = on_vouched, .arg = r };
	struct tls_pin pin;
	struct addr listen;
	int rc = addr_parse(r->conf->enrol.listen, &listen, e);

	if (rc == 0)
		rc = make_tls(r->conf, &args.tls, e);
	if (rc < 0)
		return rc;
	tls_ctx_pin(args.tls, &pin);
	pin_text(&pin, n->pin);
	args.listen = &listen;
	addr_format(&listen, n->listen);
	args.listener = heir_listener(r, n->listen);
	rc = enrol_server_new(&args, &n->server, e);
	if (rc < 0)
		return err_prefix(e, rc, "enrol.listen %s", r->conf->enrol.listen);
	read_expected(r, n);
	addr_format(enrol_server_address(n->server), n->listen);
	log_info(r->log, "enrolment port: agents join with this pin",
	    LOG_STR("listen", n->listen), LOG_STR("pin", n->pin));
	return 0;
}

int
enrolment_begin(struct relay *r, struct err *e)
{
	if (r->conf->enrol.listen == NULL)
		return 0;
	r->enrolment = calloc(1, sizeof(*r->enrolment));
	if (r->enrolment == NULL)
		return err_set(e, AX_E_NOMEM, "no memory for enrolment");
	return open_port(r, r->enrolment, e);
}

int
enrolment_check(const struct conf_relay *c, struct err *e)
{
	struct tls_ctx *tls = NULL;
	int rc = c->enrol.listen == NULL ? 0 : make_tls(c, &tls, e);

	tls_ctx_free(&tls);
	return rc;
}

int
enrolment_listener(const struct relay *r)
{
	return r->enrolment == NULL ? -1 : enrol_server_listener(r->enrolment->server);
}

void
enrolment_end(struct relay *r)
{
	if (r->enrolment == NULL)
		return;
	if (r->enrolment->server != NULL)
		expected_end(&r->enrolment->expected);
	enrol_server_free(&r->enrolment->server);
	free(r->enrolment);
	r->enrolment = NULL;
}

void
enrolment_renew(struct relay *r)
{
	struct tls_ctx *tls = NULL;
	struct tls_pin pin;
	struct err e;

	if (r->enrolment == NULL)
		return;
	if (make_tls(r->conf, &tls, &e) < 0) {
		log_error(r->log, "enrolment: the old certificate stays in force",
		    LOG_STR("reason", e.text));
		return;
	}
	tls_ctx_pin(tls, &pin);
	pin_text(&pin, r->enrolment->pin);
	enrol_server_renew(r->enrolment->server, tls);
}

/* --- from one process to the next -------------------------------------------------- */

/* Both processes have read the file; a number means the same one in both. */
static void
number(struct expected *x, struct expected_entry *it, struct frost *f)
{
	struct expected_entry before = { .id = 0 };

	if (it == NULL)
		it = &before;
	frost_copy(f, it->spki, sizeof(it->spki));
	frost_u32(f, &it->id);
	if (!frost_reads(f))
		return;
	it = expected_find(x, before.spki);
	if (it != NULL)
		it->id = before.id;
}

static void
numbers(struct enrolment *n, struct frost *f)
{
	struct expected none, *x = n == NULL ? &none : &n->expected;
	struct list *l;
	uint64_t k;

	none = (struct expected){ .n = 0 };
	list_init(&none.entries);
	k = x->n;
	if (frost_reads(f) && n != NULL)
		list_foreach(l, &x->entries) /* one that the other has not */
			container_of(l, struct expected_entry, link)->id =
			    queue_number(enrol_server_queue(n->server));
	frost_u64(f, &k);
	frost_require(f, k <= EXPECTED_MAX);
	for (; frost_reads(f) && k > 0 && !f->bad; k--)
		number(x, NULL, f);
	if (frost_reads(f))
		return;
	list_foreach(l, &x->entries)
		number(x, container_of(l, struct expected_entry, link), f);
}

void
enrolment_frost(struct relay *r, struct frost *f)
{
	enrol_server_frost(r->enrolment == NULL ? NULL : r->enrolment->server, f);
	numbers(r->enrolment, f);
}

/* --- what the operator asks ---------------------------------------------------- */

static bool
is_off(struct relay *r, struct admin_request *req)
{
	if (r->enrolment == NULL)
		admin_refuse(req, "enrolment is off: set enrol.listen in the "
		    "relay's configuration and start it again");
	return r->enrolment == NULL;
}

static void
fill_pending(struct relay *r, struct queue_entry *entry, struct admin_pending *p,
    struct buf *csr)
{
	static const char *const states[] = { [QUEUE_PENDING] = "pending",
		[QUEUE_APPROVED] = "approved", [QUEUE_REJECTED] = "rejected" };
	uint64_t now = loop_now(r->loop);
	bool ok = pem_write(csr, PEM_REQUEST, buf_slice(&entry->csr)) == 0 &&
	    buf_append(csr, "", 1) == 0;

	*p = (struct admin_pending){ .id = entry->id, .name = entry->name,
		.from = entry->address, .words = entry->words,
		.state = states[entry->state],
		.csr = ok ? (const char *)buf_slice(csr).p : "",
		.age_s = (now - entry->asked_ns) / AX_NS_PER_S,
		.left_s = queue_left_s(
		    enrol_server_queue(r->enrolment->server), entry, now),
		.connected = entry->visit != NULL };
}

static size_t
fill_expected(struct expected *x, struct admin_expected out[EXPECTED_MAX])
{
	int64_t now = clock_wall_s();
	struct list *l;
	size_t n = 0;

	expected_forget_old(x, now);
	list_foreach(l, &x->entries) {
		const struct expected_entry *it = container_of(
		    l, struct expected_entry, link);

		out[n++] = (struct admin_expected){ .id = it->id, .name = it->name,
			.words = it->words, .left_s = (uint64_t)(it->until - now) };
	}
	return n;
}

void
enrolment_pending(struct relay *r, struct admin_request *req)
{
	struct admin_pending pending[QUEUE_MAX + QUEUE_AWAITED];
	struct buf csr[QUEUE_MAX + QUEUE_AWAITED] = { 0 };
	struct admin_expected expected[EXPECTED_MAX];
	struct admin_enrolment e = { .pending = pending, .expected = expected };
	struct queue *q;
	struct list *l;

	if (is_off(r, req))
		return;
	q = enrol_server_queue(r->enrolment->server);
	list_foreach(l, &q->entries) {
		fill_pending(r, container_of(l, struct queue_entry, link),
		    &pending[e.n_pending], &csr[e.n_pending]);
		e.n_pending++;
	}
	e.n_expected = fill_expected(&r->enrolment->expected, expected);
	e.listen = r->enrolment->listen;
	e.pin = r->enrolment->pin;
	e.asked = q->counts.asked;
	e.approved = q->counts.approved;
	e.rejected = q->counts.rejected;
	e.expired = q->counts.expired;
	e.refused = q->counts.full + q->counts.source + q->counts.rate;
	e.turned_away = enrol_server_turned_away(r->enrolment->server);
	admin_reply_pending(req, &e);
	for (size_t i = 0; i < e.n_pending; i++)
		buf_fini(&csr[i]);
}

static int
decode(struct relay *r, struct slice pem, uint8_t *der, size_t cap,
    struct slice *out, struct identity *id, struct err *e)
{
	size_t n;
	int rc = pem_read(pem, PEM_CERTIFICATE, der, cap, &n, e);

	if (rc < 0)
		return rc;
	*out = slice_of(der, n);
	return enrolment_judge(r, *out, id, e);
}

/* A copy, of which only the texts are good; it may be gone when it is decided. */
static struct queue_entry
look(struct relay *r, uint32_t id)
{
	const struct queue_entry *entry = queue_find(
	    enrol_server_queue(r->enrolment->server), id);

	return entry == NULL ? (struct queue_entry){ 0 } : *entry;
}

void
enrolment_approve(
    struct relay *r, struct admin_request *req, uint32_t id, struct slice pem)
{
	uint8_t der[ENROL_MESSAGE_MAX - 64];
	struct queue_entry entry;
	struct identity who;
	struct slice cert;
	struct err e;

	if (is_off(r, req))
		return;
	entry = look(r, id);
	if (decode(r, pem, der, sizeof(der), &cert, &who, &e) < 0 ||
	    enrol_server_approve(r->enrolment->server, id, cert, &e) < 0) {
		admin_refuse(req, e.text);
		return;
	}
	admin_reply_decided(req, &(struct admin_decided){ .id = id, .name = entry.name,
	    .words = entry.words, .tenant = who.tenant, .agent = who.agent,
	    .tenant_known = tenants_index(r->tenants, who.tenant) >= 0 });
}

/* Whoever asks already is approved now, the others when they come. */
static int
expect(struct relay *r, struct slice cert, int64_t for_s, struct admin_decided *d,
    struct err *e)
{
	struct queue *q = enrol_server_queue(r->enrolment->server);
	struct expected *x = &r->enrolment->expected;
	uint8_t spki[SPKI_HASH_LEN];
	struct expected_entry *it;
	struct queue_entry *asks;
	int rc = expected_key(cert, spki, e);

	if (rc < 0)
		return rc;
	asks = queue_find_key(q, spki);
	if (asks != NULL) {
		d->id = asks->id;
		return enrol_server_approve(r->enrolment->server, asks->id, cert, e);
	}
	expected_forget_old(x, clock_wall_s());
	rc = expected_add(x, cert, clock_wall_s() + for_s, &it, e);
	if (rc < 0)
		return rc;
	d->id = it->id = queue_number(q);
	d->expected = true;
	log_info(r->log, "enrolment: a key is approved before it asks",
	    LOG_U64("id", it->id), LOG_STR("as", it->name),
	    LOG_STR("words", it->words));
	return 0;
}

void
enrolment_expect(
    struct relay *r, struct admin_request *req, const struct admin_expect *what)
{
	uint8_t der[ENROL_MESSAGE_MAX - 64];
	struct admin_decided d = { .id = 0 };
	struct identity who;
	struct slice cert;
	struct err e;

	if (is_off(r, req))
		return;
	if (decode(r, slice_str(what->certificate), der, sizeof(der), &cert, &who, &e) <
	    0 || expect(r, cert, what->for_s, &d, &e) < 0) {
		admin_refuse(req, e.text);
		return;
	}
	d.tenant = who.tenant;
	d.agent = who.agent;
	d.tenant_known = tenants_index(r->tenants, who.tenant) >= 0;
	admin_reply_decided(req, &d);
}

static int
reject(struct relay *r, uint32_t id, struct err *e)
{
	struct expected *x = &r->enrolment->expected;
	struct expected_entry *it = expected_number(x, id);

	if (it == NULL)
		return enrol_server_reject(r->enrolment->server, id, e);
	log_info(r->log, "enrolment: a key is not approved any more",
	    LOG_U64("id", id), LOG_STR("as", it->name), LOG_STR("words", it->words));
	return expected_remove(x, it, e);
}

void
enrolment_reject(struct relay *r, struct admin_request *req, uint32_t id)
{
	struct queue_entry entry;
	struct err e;

	if (is_off(r, req))
		return;
	entry = look(r, id);
	if (reject(r, id, &e) < 0)
		admin_refuse(req, e.text);
	else
		admin_reply_decided(req, &(struct admin_decided){ .id = id,
		    .name = entry.name, .words = entry.words });
}

void
enrolment_voucher(
    struct relay *r, struct admin_request *req, const struct admin_voucher *what)
{
	struct agent_name name;
	struct err e;

	if (is_off(r, req))
		return;
	if (!takes_vouchers(r)) {
		admin_refuse(req, r->conf->signer == NULL ?
		    "a voucher takes a signer: set tls.signer, and run atlax signer" :
		    "vouchers are off: set enrol.vouchers to on, and atlax reload");
		return;
	}
	if (agent_name_parse(what->as, &name, &e) < 0) {
		admin_refuse(req, e.text);
		return;
	}
	admin_reply_voucher(req, &(struct admin_vouchers){
		.listen = r->enrolment->listen, .pin = r->enrolment->pin,
		.tenant_known = tenants_index(r->tenants, name.tenant) >= 0 });
}
