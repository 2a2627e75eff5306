/* message.c — enrolment's messages as bytes.
 *
 * Thread: any. Pure. Invariant: what enrol_parse takes, enrol_write makes again
 * byte for byte.                                                             */
#include "enrol/message.h"

#include "base/cursor.h"
#include "parse/identity.h"

static bool
parse_request(struct reader *r, struct enrol_message *m)
{
	uint8_t version = reader_u8(r);

	m->name = reader_bytes(r, reader_u8(r));
	m->der = reader_bytes(r, reader_left(r));
	return !r->bad && version == ENROL_VERSION && m->der.n > 0 &&
	    (m->name.n == 0 || identity_is_label(m->name));
}

static bool
parse_body(struct reader *r, struct enrol_message *m)
{
	switch (m->type) {
	case ENROL_REQUEST:
		return parse_request(r, m);
	case ENROL_WAIT:
		m->wait_s = reader_u32(r);
		return reader_done(r);
	case ENROL_CERTIFICATE:
		m->port = reader_u16(r);
		m->der = reader_bytes(r, reader_left(r));
		return reader_done(r) && m->der.n > 0;
	case ENROL_REFUSED:
		m->why = reader_u8(r);
		m->retry_s = reader_u16(r);
		return reader_done(r) && m->why != 0;
	case ENROL_RENEW:
	case ENROL_VOUCHED:
		m->der = reader_bytes(r, reader_left(r));
		return m->der.n > 0;
	}
	return false;
}

int
enrol_parse(struct slice in, struct enrol_message *out, size_t *used, struct err *e)
{
	struct enrol_message m = { 0 };
	struct reader r;
	size_t n;

	if (in.n < ENROL_HEAD)
		return AX_E_AGAIN;
	m.type = (enum enrol_type)in.p[0];
	n = ENROL_HEAD + ((size_t)in.p[1] << 8 | in.p[2]);
	if (m.type < ENROL_REQUEST || m.type > ENROL_VOUCHED)
		return err_set(e, AX_E_PEER, "there is no message of type %u",
		    (unsigned)in.p[0]);
	if (n > ENROL_MESSAGE_MAX)
		return err_set(e, AX_E_PEER, "a message is too long");
	if (in.n < n)
		return AX_E_AGAIN;
	reader_init(&r, slice_of(in.p + ENROL_HEAD, n - ENROL_HEAD));
	if (!parse_body(&r, &m))
		return err_set(e, AX_E_PEER, "a message of type %u is malformed",
		    (unsigned)in.p[0]);
	*out = m;
	*used = n;
	return 0;
}

static void
write_body(struct writer *w, const struct enrol_message *m)
{
	switch (m->type) {
	case ENROL_REQUEST:
		writer_u8(w, ENROL_VERSION);
		writer_u8(w, (uint8_t)m->name.n);
		writer_bytes(w, m->name.p, m->name.n);
		writer_bytes(w, m->der.p, m->der.n);
		break;
	case ENROL_WAIT:
		writer_u32(w, m->wait_s);
		break;
	case ENROL_CERTIFICATE:
		writer_u16(w, m->port);
		writer_bytes(w, m->der.p, m->der.n);
		break;
	case ENROL_REFUSED:
		writer_u8(w, m->why);
		writer_u16(w, m->retry_s);
		break;
	case ENROL_RENEW:
	case ENROL_VOUCHED:
		writer_bytes(w, m->der.p, m->der.n);
		break;
	}
}

int
enrol_write(const struct enrol_message *m, struct buf *out)
{
	uint8_t body[ENROL_MESSAGE_MAX - ENROL_HEAD], head[ENROL_HEAD];
	struct writer w;
	size_t n;

	writer_init(&w, body, sizeof(body));
	write_body(&w, m);
	if (w.bad)
		return AX_E_LIMIT;
	n = writer_len(&w);
	head[0] = (uint8_t)m->type;
	head[1] = (uint8_t)(n >> 8);
	head[2] = (uint8_t)n;
	if (buf_reserve(out, ENROL_HEAD + n) == NULL ||
	    buf_append(out, head, ENROL_HEAD) < 0)
		return AX_E_NOMEM;
	return buf_append(out, body, n);
}

const char *
enrol_refusal_text(uint8_t why)
{
	switch (why) {
#define REFUSAL(name, number, text) case number: return text;
	ENROL_REFUSALS(REFUSAL)
#undef REFUSAL
	default: return "it does not say in words that we know";
	}
}
