/* enrolment.c — between the enrolment port, the tenants and the admin socket.
 * Thread: control.
 * Invariant: a certificate is handed over only if this relay would let it in. */
#include "relay/enrolment.h"

#include <stdlib.h>

#include "admin/admin.h"
#include "enrol/pin.h"
#include "enrol/server.h"
#include "pki/pem.h"
#include "relay/revoke.h"
#include "relay/heir.h"

struct enrolment {
	struct enrol_server *server;
	char listen[ADDR_TEXT_MAX], pin[PIN_TEXT];
};

static int
make_tls(const struct conf_relay *c, struct tls_ctx **out, struct err *e)
{
	struct tls_files files = { c->certificate, c->key, c->enrol.relay_ca, NULL };

	return tls_ctx_new(TLS_ENROL_RELAY, &files, out, e);
}

/* The port of an address as text. */
static uint16_t
port_of(const char *text)
{
	struct addr a;

	return addr_parse(text, &a, NULL) == 0 ? addr_port(&a) : 0;
}

static int
open_port(struct relay *r, struct enrolment *n, struct err *e)
{
	struct enrol_server_args args = { .loop = r->loop, .log = r->log,
		.ttl_ms = r->conf->enrol.ttl_ms,
		.agents_port = port_of(r->agents_on) };
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

void
enrolment_pending(struct relay *r, struct admin_request *req)
{
	struct admin_pending pending[QUEUE_MAX];
	struct buf csr[QUEUE_MAX] = { 0 };
	struct admin_enrolment e = { .pending = pending };
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
check_denied(struct relay *r, const struct identity *id, struct err *e)
{
	uint8_t key[TLS_KEY_HASH];
	int rc = tls_key_hash(id->spki, key, e);
	const char *why = rc < 0 ? NULL : denied_why(revoke_list(r), id, key);

	return why == NULL ? rc : err_set(e, AX_E_TLS, "%s", why);
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
	rc = tls_ctx_vouches(r->tls, *out, e);
	if (rc == 0)
		rc = identity_agent(*out, id, e);
	return rc < 0 ? rc : check_denied(r, id, e);
}

void
enrolment_approve(
    struct relay *r, struct admin_request *req, uint32_t id, struct slice pem)
{
	uint8_t der[ENROL_MESSAGE_MAX - 64];
	struct admin_decided d = { .id = id };
	struct identity who;
	struct slice cert;
	struct err e;

	if (is_off(r, req))
		return;
	if (decode(r, pem, der, sizeof(der), &cert, &who, &e) < 0 ||
	    enrol_server_approve(r->enrolment->server, id, cert, &e) < 0) {
		admin_refuse(req, e.text);
		return;
	}
	d.tenant_known = tenants_index(r->tenants, who.tenant) >= 0;
	admin_reply_decided(req, &d);
}

void
enrolment_reject(struct relay *r, struct admin_request *req, uint32_t id)
{
	struct err e;

	if (is_off(r, req))
		return;
	if (enrol_server_reject(r->enrolment->server, id, &e) < 0)
		admin_refuse(req, e.text);
	else
		admin_reply_decided(req, &(struct admin_decided){ .id = id });
}
