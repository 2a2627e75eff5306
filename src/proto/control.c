/* control.c — control messages: a table of how each one is read and written.
 *
 * Thread: any. Pure.
 * Invariant: every field that a later stage trusts (lengths, ranges, character
 * sets, nothing left over) is checked here; what depends on the state of a
 * session or of a stream is not.                                             */
#include "base/assert.h"
#include "proto/control_hello.h"
#include "proto/wire.h"

bool
control_is_name(struct slice name)
{
	if (name.n == 0 || name.n > AX_SERVICE_NAME_MAX)
		return false;
	for (size_t i = 0; i < name.n; i++) {
		uint8_t c = name.p[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') &&
		    c != '.' && c != '_' && c != '-')
			return false;
	}
	return true;
}

/* --- streams -------------------------------------------------------------- */

/* SNI, HTTP host, trace id: nothing here wants them yet, but their form is
 * fixed, and a relay that sends rubbish should not pass for one that does not. */
static bool
get_open_tlvs(struct reader *r, struct control *c)
{
	static const uint8_t most[] = { [1] = 253, [2] = 253, [3] = 16 };
	size_t n = reader_u8(r);

	if (n != reader_left(r))
		return false;
	while (!r->bad && reader_left(r) > 0) {
		uint8_t type = reader_u8(r), len = reader_u8(r);

		reader_skip(r, len);
		if (type == 0 || type >= ARRAY_LEN(most))
			c->strange++;
		else if (len == 0 || len > most[type] || (type == 3 && len != 16))
			return false;
	}
	return !r->bad;
}

static bool
get_open(struct reader *r, struct control *c)
{
	struct session_open *o = &c->open.what;
	uint8_t name_len, af;

	c->open.id = reader_u32(r);
	o->kind = reader_u8(r);
	o->prio = reader_u8(r);
	name_len = reader_u8(r);
	af = reader_u8(r);
	o->client_port = reader_u16(r);
	o->local_port = reader_u16(r);
	if (af != 0 && af != 4 && af != 6)
		return false;
	o->addr_len = af == 6 ? 16 : af;
	reader_copy(r, o->client, o->addr_len);
	reader_copy(r, o->local, o->addr_len);
	o->service = reader_bytes(r, name_len);
	/* UDP and visitor streams need features that we never agree to. */
	return o->kind == 0 && o->prio <= 3 && control_is_name(o->service) &&
	    get_open_tlvs(r, c);
}

static void
put_open(struct writer *w, const struct control *c)
{
	const struct session_open *o = &c->open.what;

	writer_u32(w, c->open.id);
	writer_u8(w, o->kind);
	writer_u8(w, o->prio);
	writer_u8(w, (uint8_t)o->service.n);
	writer_u8(w, o->addr_len == 16 ? 6 : o->addr_len);
	writer_u16(w, o->client_port);
	writer_u16(w, o->local_port);
	writer_bytes(w, o->client, o->addr_len);
	writer_bytes(w, o->local, o->addr_len);
	writer_bytes(w, o->service.p, o->service.n);
	writer_u8(w, 0);
}

static bool
get_credit(struct reader *r, struct control *c)
{
	c->credit.id = reader_u32(r);
	c->credit.offset = reader_u64(r);
	return true;
}

static void
put_credit(struct writer *w, const struct control *c)
{
	writer_u32(w, c->credit.id);
	writer_u64(w, c->credit.offset);
}

static bool
get_fin(struct reader *r, struct control *c)
{
	c->fin.id = reader_u32(r);
	c->fin.offset = reader_u64(r);
	c->fin.crc = reader_u32(r);
	return c->fin.crc == 0; /* STREAM_CRC32C is never agreed */
}

static void
put_fin(struct writer *w, const struct control *c)
{
	writer_u32(w, c->fin.id);
	writer_u64(w, c->fin.offset);
	writer_u32(w, c->fin.crc);
}

static bool
get_reset(struct reader *r, struct control *c)
{
	c->reset.id = reader_u32(r);
	c->reset.code = reader_u16(r);
	return reader_u16(r) == 0;
}

static void
put_reset(struct writer *w, const struct control *c)
{
	writer_u32(w, c->reset.id);
	writer_u16(w, c->reset.code);
	writer_u16(w, 0);
}

/* --- session -------------------------------------------------------------- */

static bool
get_goaway(struct reader *r, struct control *c)
{
	struct session_goaway *g = &c->goaway.when;

	g->last_id = reader_u32(r);
	c->goaway.code = reader_u16(r);
	if (reader_u16(r) != 0)
		return false;
	g->reconnect_in_ms = reader_u32(r);
	g->try_for_ms = reader_u32(r);
	g->deadline_ms = reader_u32(r);
	return true;
}

static void
put_goaway(struct writer *w, const struct control *c)
{
	const struct session_goaway *g = &c->goaway.when;

	writer_u32(w, g->last_id);
	writer_u16(w, c->goaway.code);
	writer_u16(w, 0);
	writer_u32(w, g->reconnect_in_ms);
	writer_u32(w, g->try_for_ms);
	writer_u32(w, g->deadline_ms);
}

void
control_service_get(struct reader *r, struct session_service *s)
{
	size_t n = reader_u8(r);
	struct slice name = reader_bytes(r, n);

	*s = (struct session_service){ 0 };
	if (name.n > 0 && name.n <= AX_SERVICE_NAME_MAX)
		memcpy(s->name, name.p, name.n);
	s->kind = reader_u8(r);
	s->health = reader_u8(r);
	s->weight = reader_u8(r);
	if (!control_is_name(name) || s->kind != 0 || s->health > 3)
		r->bad = true;
}

void
control_service_put(struct writer *w, const struct session_service *s)
{
	size_t n = strlen(s->name);

	writer_u8(w, (uint8_t)n);
	writer_bytes(w, s->name, n);
	writer_u8(w, s->kind);
	writer_u8(w, s->health);
	writer_u8(w, s->weight);
}

static bool
get_services(struct reader *r, struct control *c)
{
	struct session_service s;

	c->services.version = reader_u32(r);
	c->services.count = reader_u16(r);
	if (r->bad || c->services.count > AX_SERVICES_MAX)
		return false;
	c->services.entries = slice_of(r->p, reader_left(r));
	for (unsigned i = 0; i < c->services.count && !r->bad; i++)
		control_service_get(r, &s);
	return true;
}

static void
put_services(struct writer *w, const struct control *c)
{
	writer_u32(w, c->services.version);
	writer_u16(w, c->services.count);
	writer_bytes(w, c->services.entries.p, c->services.entries.n);
}

static bool
get_renew(struct reader *r, struct control *c)
{
	c->renew.request = reader_bytes(r, reader_left(r));
	return c->renew.request.n > 0;
}

static void
put_renew(struct writer *w, const struct control *c)
{
	writer_bytes(w, c->renew.request.p, c->renew.request.n);
}

static bool
get_certificate(struct reader *r, struct control *c)
{
	struct session_certificate *x = &c->certificate;

	x->why = reader_u16(r);
	x->retry_s = reader_u16(r);
	x->der = reader_bytes(r, reader_left(r));
	return x->why == 0 ? x->der.n > 0 && x->retry_s == 0 : x->der.n == 0;
}

static void
put_certificate(struct writer *w, const struct control *c)
{
	const struct session_certificate *x = &c->certificate;

	writer_u16(w, x->why);
	writer_u16(w, x->retry_s);
	writer_bytes(w, x->der.p, x->der.n);
}

static bool
get_trust(struct reader *r, struct control *c)
{
	c->trust.bundle = reader_bytes(r, reader_left(r));
	return c->trust.bundle.n > 0;
}

static void
put_trust(struct writer *w, const struct control *c)
{
	writer_bytes(w, c->trust.bundle.p, c->trust.bundle.n);
}

static bool
get_trusted(struct reader *r, struct control *c)
{
	c->trusted.sequence = reader_u64(r);
	return true;
}

static void
put_trusted(struct writer *w, const struct control *c)
{
	writer_u64(w, c->trusted.sequence);
}

static bool
get_expose(struct reader *r, struct control *c)
{
	c->expose.count = reader_u8(r);
	c->expose.entries = reader_bytes(r, reader_left(r));
	return session_expose_is_list(c->expose.entries, c->expose.count,
	    c->type == AX_CTL_EXPOSED);
}

static void
put_expose(struct writer *w, const struct control *c)
{
	writer_u8(w, c->expose.count);
	writer_bytes(w, c->expose.entries.p, c->expose.entries.n);
}

static bool
get_ack(struct reader *r, struct control *c)
{
	c->ping.seq = reader_u64(r);
	return true;
}

static void
put_ack(struct writer *w, const struct control *c)
{
	writer_u64(w, c->ping.seq);
}

static bool
get_ping(struct reader *r, struct control *c)
{
	c->ping.opaque = reader_u64(r);
	return true;
}

static void
put_ping(struct writer *w, const struct control *c)
{
	writer_u64(w, c->ping.opaque);
}

static bool
get_pong(struct reader *r, struct control *c)
{
	c->ping.opaque = reader_u64(r);
	c->ping.seq = reader_u64(r);
	c->ping.hold_us = reader_u32(r);
	return true;
}

static void
put_pong(struct writer *w, const struct control *c)
{
	writer_u64(w, c->ping.opaque);
	writer_u64(w, c->ping.seq);
	writer_u32(w, c->ping.hold_us);
}

static bool
get_close(struct reader *r, struct control *c)
{
	c->close.code = reader_u16(r);
	c->close.reason = reader_bytes(r, reader_left(r));
	return c->close.reason.n <= AX_REASON_MAX;
}

static void
put_close(struct writer *w, const struct control *c)
{
	writer_u16(w, c->close.code);
	writer_bytes(w, c->close.reason.p, c->close.reason.n);
}

/* --- the table ------------------------------------------------------------ */

struct codec {
	uint8_t flags; /* allowed besides CRITICAL */
	bool (*get)(struct reader *r, struct control *c);
	void (*put)(struct writer *w, const struct control *c);
};

#define UNSEQ(type) (16 + ((type)&0x7f)) /* behind the sequenced ones */

static const struct codec codecs[] = {
	[AX_CTL_OPEN] = { 0, get_open, put_open },
	[AX_CTL_OPENED] = { 0, get_credit, put_credit },
	[AX_CTL_FIN] = { 0, get_fin, put_fin },
	[AX_CTL_RESET] = { 0, get_reset, put_reset },
	[AX_CTL_CREDIT] = { 0, get_credit, put_credit },
	[AX_CTL_GOAWAY] = { 0, get_goaway, put_goaway },
	[AX_CTL_SERVICES] = { 0, get_services, put_services },
	[AX_CTL_RENEW] = { 0, get_renew, put_renew },
	[AX_CTL_CERTIFICATE] = { 0, get_certificate, put_certificate },
	[AX_CTL_TRUST] = { 0, get_trust, put_trust },
	[AX_CTL_TRUSTED] = { 0, get_trusted, put_trusted },
	[AX_CTL_EXPOSE] = { 0, get_expose, put_expose },
	[AX_CTL_EXPOSED] = { 0, get_expose, put_expose },
	[UNSEQ(AX_CTL_HELLO)] = { CONTROL_HELLO_RESUME | CONTROL_HELLO_MBB,
	    control_get_hello, control_put_hello },
	[UNSEQ(AX_CTL_HELLO_OK)] = { CONTROL_HELLO_RESUME,
	    control_get_hello_ok, control_put_hello_ok },
	[UNSEQ(AX_CTL_HELLO_ERR)] = { 0, control_get_hello_err,
	    control_put_hello_err },
	[UNSEQ(AX_CTL_ACK)] = { 0, get_ack, put_ack },
	[UNSEQ(AX_CTL_PING)] = { 0, get_ping, put_ping },
	[UNSEQ(AX_CTL_PONG)] = { 0, get_pong, put_pong },
	[UNSEQ(AX_CTL_CLOSE)] = { 0, get_close, put_close },
};

/* NULL: not a type we know. */
static const struct codec *
codec_of(uint8_t type)
{
	size_t i = type;

	if (type & AX_CTL_UNSEQUENCED)
		i = UNSEQ(type);
	else if (type >= UNSEQ(0))
		return NULL;
	if (i >= ARRAY_LEN(codecs) || codecs[i].get == NULL)
		return NULL;
	return &codecs[i];
}

uint16_t
control_get(struct control *c, struct slice body)
{
	const struct codec *k;
	struct reader r;
	uint16_t reserved;

	*c = (struct control){ 0 };
	reader_init(&r, body);
	c->type = reader_u8(&r);
	c->flags = reader_u8(&r);
	reserved = reader_u16(&r);
	if (r.bad)
		return AX_WIRE_PROTOCOL;
	k = codec_of(c->type);
	c->known = k != NULL;
	if (k == NULL)
		return c->flags & AX_CTL_CRITICAL ? AX_WIRE_PROTOCOL :
						    AX_WIRE_NO_ERROR;
	if (reserved != 0 || (c->flags & ~(AX_CTL_CRITICAL | k->flags)) != 0)
		return AX_WIRE_PROTOCOL;
	if (!k->get(&r, c) || !reader_done(&r))
		return AX_WIRE_PROTOCOL;
	return AX_WIRE_NO_ERROR;
}

void
control_put(struct writer *w, const struct control *c)
{
	const struct codec *k = codec_of(c->type);
	uint8_t *head = w->p;

	ax_assert(k != NULL);
	writer_zero(w, AX_HEADER_LEN);
	writer_u8(w, c->type);
	writer_u8(w, c->flags);
	writer_u16(w, 0);
	k->put(w, c);
	if (!w->bad)
		wire_head_put(head, AX_STREAM_CONTROL,
		    (uint32_t)(w->p - head) - AX_HEADER_LEN);
}
