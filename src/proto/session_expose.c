/* session_expose.c — EXPOSE and EXPOSED.
 *
 * Thread: owner. Pure.
 * Invariant: a list that waits is the last one, because only that one counts. */
#include "proto/session_expose.h"

#include "proto/session_impl.h"

/* --- entries ----------------------------------------------------------------- */

/* False: at the end, or torn. */
static bool
get_expose(struct reader *r, struct session_expose *x)
{
	x->id = reader_u16(r);
	x->kind = reader_u8(r);
	x->port = reader_u16(r);
	return !r->bad && x->kind == 0;
}

static bool
get_exposed(struct reader *r, struct session_exposed *x)
{
	x->id = reader_u16(r);
	x->why = reader_u16(r);
	x->port = reader_u16(r);
	x->text = reader_bytes(r, reader_u8(r));
	for (size_t i = 0; i < x->text.n; i++) {
		if (x->text.p[i] < 0x20 || x->text.p[i] > 0x7e)
			return false;
	}
	return !r->bad && x->text.n >= 1 && x->text.n <= AX_EXPOSED_TEXT_MAX &&
	    (x->why == 0) == (x->port != 0);
}

/* Ids rise, so that none comes twice. */
bool
session_expose_is_list(struct slice entries, size_t n, bool answer)
{
	struct session_exposed a = { .id = 0 };
	struct session_expose x = { .id = 0 };
	struct reader r;
	int last = -1;

	if (n > AX_EXPOSES_MAX)
		return false;
	reader_init(&r, entries);
	for (size_t i = 0; i < n; i++) {
		if (answer ? !get_exposed(&r, &a) : !get_expose(&r, &x))
			return false;
		if ((answer ? a.id : x.id) <= last)
			return false;
		last = answer ? a.id : x.id;
	}
	return reader_done(&r);
}

bool
session_expose_next(struct slice *entries, struct session_expose *out)
{
	struct reader r;

	reader_init(&r, *entries);
	if (!get_expose(&r, out))
		return false;
	*entries = slice_of(r.p, reader_left(&r));
	return true;
}

bool
session_exposed_next(struct slice *entries, struct session_exposed *out)
{
	struct reader r;

	reader_init(&r, *entries);
	if (!get_exposed(&r, out))
		return false;
	*entries = slice_of(r.p, reader_left(&r));
	return true;
}

/* --- sending ----------------------------------------------------------------- */

static int
put(struct session *s, uint8_t type, size_t n, struct slice entries)
{
	struct control c = { .type = type };

	c.expose.count = (uint8_t)n;
	c.expose.entries = entries;
	return session_put(s, AFFAIR_EXPOSE, &c, 1 + entries.n);
}

bool
session_may_expose(const struct session *s)
{
	return s->phase == PHASE_UP && s->affairs[AFFAIR_EXPOSE].agreed;
}

int
session_expose(struct session *s, const struct session_expose *list, size_t n)
{
	uint8_t mem[5 * AX_EXPOSES_MAX];
	struct writer w;

	ax_assert(s->role == SESSION_AGENT);
	if (!session_may_expose(s))
		return AX_E_CLOSED;
	if (n > AX_EXPOSES_MAX)
		return AX_E_LIMIT;
	writer_init(&w, mem, sizeof(mem));
	for (size_t i = 0; i < n; i++) {
		ax_assert(i == 0 || list[i].id > list[i - 1].id);
		writer_u16(&w, list[i].id);
		writer_u8(&w, list[i].kind);
		writer_u16(&w, list[i].port);
	}
	return put(s, AX_CTL_EXPOSE, n, slice_of(mem, writer_len(&w)));
}

int
session_exposed(struct session *s, const struct session_exposed *list, size_t n)
{
	uint8_t mem[AX_EXPOSES_MAX * (7 + AX_EXPOSED_TEXT_MAX)];
	struct writer w;

	ax_assert(s->role == SESSION_RELAY && n <= AX_EXPOSES_MAX);
	if (session_is_over(s) || !s->affairs[AFFAIR_EXPOSE].agreed)
		return 0;
	writer_init(&w, mem, sizeof(mem));
	for (size_t i = 0; i < n; i++) {
		size_t len = MIN(list[i].text.n, (size_t)AX_EXPOSED_TEXT_MAX);

		writer_u16(&w, list[i].id);
		writer_u16(&w, list[i].why);
		writer_u16(&w, list[i].port);
		writer_u8(&w, (uint8_t)len);
		writer_bytes(&w, list[i].text.p, len);
	}
	return put(s, AX_CTL_EXPOSED, n, slice_of(mem, writer_len(&w)));
}

/* --- from the wire ----------------------------------------------------------- */

bool
session_on_expose(struct session *s, struct control *c, struct session_event *ev)
{
	if (!session_agreed(s, AFFAIR_EXPOSE))
		return false;
	if (s->role == SESSION_RELAY)
		session_paced(s, AFFAIR_EXPOSE);
	ev->type = s->role == SESSION_RELAY ? SESSION_EV_EXPOSE : SESSION_EV_EXPOSED;
	ev->data = c->expose.entries;
	return true;
}
