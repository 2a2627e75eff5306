/* traffic.c — an established connection: records in, records out.
 *
 * Thread: owner of the context. Invariant: a record is opened where it was lent,
 * straight into the caller's memory; only one that came in parts is copied, and
 * an idle connection owns no buffer. What a peer of ours never sends (a ticket, a
 * change of keys that is not due, a record in the clear) ends the connection. */
#include "base/assert.h"
#include "tls/conn.h"

#define ALERT_CLOSE_NOTIFY 0
#define ALERT_UNEXPECTED_MESSAGE 10
#define ALERT_BAD_RECORD_MAC 20

void
tls_conn_feed(struct tls_conn *c, struct slice in)
{
	ax_assert(c->in.n == 0);
	c->in = in;
}

/* --- sealing --------------------------------------------------------------- */

static int
put_record(struct tls_conn *c, uint8_t type, struct slice text, struct buf *out)
{
	size_t room = text.n + TLS_RECORD_OVERHEAD;
	uint8_t *p = buf_reserve(out, room);
	int r;

	if (p == NULL)
		return AX_E_NOMEM;
	r = record_seal(&c->seal, type, text, p);
	if (r == 0)
		buf_commit(out, room);
	return r;
}

/* KeyUpdate of RFC 8446 section 4.6.3, "update not requested". */
static const uint8_t key_update[] = { 24, 0, 0, 1, 0 };

static int
change_seal_key(struct tls_conn *c, struct buf *out)
{
	int r = put_record(c, RECORD_HANDSHAKE,
	    slice_of(key_update, sizeof(key_update)), out);

	if (r < 0)
		return r;
	/* The peer has changed now; without the new key there is no way on. */
	return record_next_key(&c->seal) < 0 ? AX_E_TLS : 0;
}

/* Our last record. A peer that cannot be told anything any more is no error. */
static void
put_alert(struct tls_conn *c, uint8_t what, struct buf *out)
{
	uint8_t alert[2] = { what == ALERT_CLOSE_NOTIFY ? 1 : 2, what };

	if (!c->closing)
		(void)!put_record(
		    c, RECORD_ALERT, slice_of(alert, sizeof(alert)), out);
	c->closing = true;
}

int
tls_conn_write(struct tls_conn *c, const uint8_t *p, size_t n, struct buf *out,
    struct err *e)
{
	int r;

	ax_assert(c->established && n > 0 && n <= TLS_RECORD_MAX);
	if (c->failed < 0)
		return conn_say_again(c, e);
	r = record_key_is_used_up(&c->seal) ? change_seal_key(c, out) : 0;
	if (r == 0)
		r = put_record(c, RECORD_DATA, slice_of(p, n), out);
	if (r == AX_E_NOMEM)
		return err_set(e, r, "no memory for a record");
	if (r < 0) {
		(void)err_set(&c->verdict.err, AX_E_TLS, "cannot seal a record");
		conn_give_up(c, AX_E_TLS, NULL);
		return conn_say_again(c, e);
	}
	return 0;
}

void
tls_conn_close(struct tls_conn *c, struct buf *out)
{
	if (c->established && c->failed == 0)
		put_alert(c, ALERT_CLOSE_NOTIFY, out);
}

/* --- finding the next record ------------------------------------------------ */

static size_t
record_len(const uint8_t *head)
{
	return RECORD_HEAD + ((size_t)head[3] << 8 | head[4]);
}

/* Moves bytes from the input until torn has n of them, for which it makes room
 * at once: a large record may come in many parts.                            */
static int
fill_torn(struct tls_conn *c, size_t n)
{
	size_t have = buf_len(&c->torn), take = MIN(n - have, c->in.n);

	if (take > 0 && (buf_reserve(&c->torn, n - have) == NULL ||
	    buf_append(&c->torn, c->in.p, take) < 0))
		return AX_E_NOMEM;
	c->in = slice_skip(c->in, take);
	return have + take == n ? 0 : AX_E_AGAIN;
}

/* The guard sees each head once, before the body is waited for. */
static int
check_head(struct tls_conn *c, const uint8_t *head, struct err *e)
{
	if (c->guard.body_left > 0)
		return 0;
	return record_guard_feed(&c->guard, slice_of(head, RECORD_HEAD), e);
}

static int
whole_torn(struct tls_conn *c, struct slice *record, struct err *e)
{
	int r = buf_len(&c->torn) < RECORD_HEAD ? fill_torn(c, RECORD_HEAD) : 0;

	if (r == 0)
		r = check_head(c, buf_slice(&c->torn).p, e);
	if (r == 0)
		r = fill_torn(c, record_len(buf_slice(&c->torn).p));
	if (r == 0)
		*record = buf_slice(&c->torn);
	return r == AX_E_NOMEM ? err_set(e, r, "no memory for a record") : r;
}

/* The next whole record, where it lies. Fails: AX_E_AGAIN: what there is of it
 * is kept; AX_E_PEER, AX_E_NOMEM.                                            */
static int
next_record(struct tls_conn *c, struct slice *record, struct err *e)
{
	int r;

	if (buf_len(&c->torn) > 0 || c->in.n < RECORD_HEAD)
		return c->in.n == 0 ? AX_E_AGAIN : whole_torn(c, record, e);
	r = check_head(c, c->in.p, e);
	if (r < 0)
		return r;
	if (c->in.n < record_len(c->in.p))
		return whole_torn(c, record, e);
	*record = slice_of(c->in.p, record_len(c->in.p));
	return 0;
}

static void
done_with(struct tls_conn *c, struct slice record)
{
	ax_assert(c->guard.body_left == record.n - RECORD_HEAD);
	c->guard.body_left = 0;
	if (buf_len(&c->torn) > 0)
		buf_consume(&c->torn, record.n);
	else
		c->in = slice_skip(c->in, record.n);
}

/* --- opening ------------------------------------------------------------------ */

/* Not data: an alert, or something that nobody of ours sends. */
static int
other_content(struct tls_conn *c, uint8_t type, struct slice text, struct buf *out,
    struct err *e)
{
	if (type == RECORD_ALERT && text.n == 2 && text.p[1] == ALERT_CLOSE_NOTIFY) {
		c->closed = true;
		return AX_E_CLOSED;
	}
	if (type == RECORD_ALERT && text.n == 2)
		return verdict_explain_alert(text.p[1], e);
	if (type == RECORD_HANDSHAKE && record_key_may_change(&c->open) &&
	    slice_eq(text, slice_of(key_update, sizeof(key_update))))
		return record_next_key(&c->open);
	put_alert(c, ALERT_UNEXPECTED_MESSAGE, out);
	return err_set(e, AX_E_PEER, type == RECORD_HANDSHAKE ?
	    "the peer wants to change keys for no reason, or shake hands again" :
	    "the peer sent a record of an unknown content");
}

/* Opens record into p; *n: how much of it is data. */
static int
open_one(struct tls_conn *c, struct slice record, uint8_t *p, size_t *n,
    struct buf *out, struct err *e)
{
	uint8_t type;
	int r;

	*n = 0;
	if (record.p[0] != RECORD_DATA)
		return err_set(e, AX_E_PEER, "the peer sent a record in the clear");
	r = record_open(&c->open, record, p, &type, n);
	if (r < 0) {
		put_alert(c, ALERT_BAD_RECORD_MAC, out);
		return err_set(e, AX_E_TLS, "TLS failed: "
		    "a record is not authentic or not well formed");
	}
	if (type == RECORD_DATA)
		return 0;
	r = other_content(c, type, slice_of(p, *n), out, e);
	*n = 0;
	return r;
}

int
tls_conn_read(struct tls_conn *c, uint8_t *p, size_t cap, size_t *n,
    struct buf *out, uint64_t now_ns, struct err *e)
{
	bool in_pieces = buf_len(&c->torn) > 0;
	struct slice record;
	struct err own;
	size_t got;
	int r = 0;

	ax_assert(c->established && cap >= TLS_READ_MIN);
	if (e == NULL)
		e = &own;
	*n = 0;
	if (c->failed < 0)
		return conn_say_again(c, e);
	while (r == 0 && !c->closed && cap - *n >= TLS_READ_MIN) {
		r = next_record(c, &record, e);
		if (r < 0)
			break;
		r = open_one(c, record, p + *n, &got, out, e);
		done_with(c, record);
		*n += got;
		if (r == 0)
			r = record_guard_productive(&c->guard, 1, got > 0, now_ns, e);
	}
	if (r < 0 && r != AX_E_AGAIN && r != AX_E_CLOSED)
		conn_give_up(c, r, e);
	/* Bulk data end inside a record nearly every time: the buffer stays
	 * until two reads in a row do not. */
	if (r < 0 && buf_len(&c->torn) == 0 && !in_pieces)
		buf_fini(&c->torn);
	/* What was opened is genuine, also when something bad came after it: the
	 * next call says what.                                               */
	if (*n > 0)
		return 0;
	return c->closed ? AX_E_CLOSED : r;
}
