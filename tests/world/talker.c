/* talker.c — sends, reads, judges. Thread: main.
 * Invariant: what it has received are the first bytes that peer.key gives.    */
#include "talker.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "plan.h"
#include "world.h"

_Static_assert(sizeof(struct introduction) == INTRODUCTION, "goes as it is");

/* The bytes behind the introduction: eight at a time from their place. */
static void
pattern(uint64_t key, uint64_t offset, uint8_t *out, size_t n)
{
	size_t skip = offset % 8, part;

	for (offset /= 8; n > 0; n -= part, out += part, skip = 0) {
		uint64_t word = key + ++offset * UINT64_C(0x9e3779b97f4a7c15);

		word = (word ^ word >> 29) * UINT64_C(0xbf58476d1ce4e5b9);
		word ^= word >> 32;
		part = MIN(n, 8 - skip);
		if (part == 8)
			memcpy(out, &word, 8);
		else
			memcpy(out, (uint8_t *)&word + skip, part);
	}
}

static void
fill(const struct talker *t, uint64_t offset, uint8_t *out, size_t n)
{
	const uint8_t *head = (const uint8_t *)&t->self;

	for (; n > 0 && offset < INTRODUCTION; n--)
		*out++ = head[offset++];
	pattern(t->self.key, offset, out, n);
}

/* --- the oracle ------------------------------------------------------------------ */

static void
saw(struct talker *t, const uint8_t *p, size_t n)
{
	uint8_t expected[4096];

	while (n > 0 && t->received < INTRODUCTION) {
		((uint8_t *)&t->peer)[t->received++] = *p++;
		n--;
		if (t->received == INTRODUCTION)
			t->introduced(t);
	}
	while (n > 0) {
		size_t part = MIN(n, sizeof(expected));

		pattern(t->peer.key, t->received, expected, part);
		world_check(memcmp(expected, p, part) == 0,
		    "%s: wrong bytes at or after %llu", t->text,
		    (unsigned long long)t->received);
		t->received += part;
		p += part;
		n -= part;
	}
	world_check(t->other == NULL || t->received <= t->other->sent,
	    "%s: bytes that nobody sent", t->text);
}

/* A clean end is what the other side has sent, behind all that it sent. */
static void
saw_fin(struct talker *t)
{
	t->fin_seen = true;
	if (t->excused)
		return;
	/* Turned away, or given up while it was dialled for: nothing was said. */
	if (t->other == NULL) {
		world_check(!plan_is_strict(), "%s is turned away", t->text);
		world_check(t->received == 0,
		    "%s: an end after %llu bytes, and nobody has sent one", t->text,
		    (unsigned long long)t->received);
		return;
	}
	world_check(t->other->fin_sent && t->received == t->other->sent,
	    "%s: FIN after %llu of %llu bytes, %s", t->text,
	    (unsigned long long)t->received, (unsigned long long)t->other->sent,
	    t->other->fin_sent ? "sent before" : "which nobody sent");
}

bool
talker_is_content(const struct talker *t)
{
	return t->fin_sent && t->fin_seen && t->other != NULL &&
	    t->received == t->other->total;
}

/* --- its life ----------------------------------------------------------------------- */

static uint64_t
draw_total(void)
{
	unsigned d = (unsigned)dice(100);

	return INTRODUCTION + dice(d < 70 ? 2 << 10 : d < 95 ? 32 << 10 : 256 << 10);
}

void
talker_init(struct talker *t, const struct introduction *self, uint64_t lasts_ns)
{
	*t = (struct talker){ .fd = -1, .self = *self };
	snprintf(t->text, sizeof(t->text), "%s %u of tenant %u",
	    self->is_visitor ? "visitor" : "service", self->index, self->tenant);
	t->total = draw_total();
	t->chunk = chance(60) ? t->total : 1 + t->total / 50 + dice(t->total);
	t->gap_ns = dice(lasts_ns / (t->total / t->chunk + 1) + 1);
	t->gulp = chance(60) ? UINT64_MAX : 1 + t->total / 50 + dice(8192);
	t->pause_ns = chance(60) ? 1 : dice(300 * AX_NS_PER_MS) + 1;
	t->deaf = chance(4);
	t->ending = plan.gentle || chance(85) ? END_FIN : chance(50) ? END_CLOSE : END_ABORT;
	t->end_at = INTRODUCTION + dice(t->total - INTRODUCTION + 1);
}

void
talker_begin(struct talker *t, int fd)
{
	t->fd = fd;
	t->send_ns = t->read_ns = world_now();
	file_watch(fd, &t->entry);
}

void
talker_end(struct talker *t)
{
	int fd = t->fd;

	if (fd < 0)
		return;
	list_del(&t->entry.of_file);
	t->fd = -1;
	net_close(fd);
}

static void
abort_it(struct talker *t)
{
	int fd = t->fd;

	list_del(&t->entry.of_file);
	t->fd = -1;
	net_abort(fd);
}

static void
broken(struct talker *t)
{
	t->reset_seen = true;
	world_check(!plan_is_strict(), "%s: reset, and nobody has meant it", t->text);
	talker_end(t);
}

/* True: not now; there is no room, or the connection has broken. */
static bool
send_some(struct talker *t, uint64_t most)
{
	uint64_t part = MIN(most - t->sent, t->chunk);
	uint8_t bytes[4096];

	while (part > 0) {
		size_t n = (size_t)MIN(part, sizeof(bytes));
		ssize_t r;

		fill(t, t->sent, bytes, n);
		r = net_send(t->fd, bytes, n);
		if (r < 0 && errno != EAGAIN)
			broken(t);
		if (r < 0)
			return true;
		t->sent += (uint64_t)r;
		part -= (uint64_t)r;
	}
	return false;
}

static void
end_sending(struct talker *t)
{
	switch (t->ending) {
	case END_FIN:
		net_shutdown(t->fd);
		t->fin_sent = true;
		break;
	case END_CLOSE: /* the kernel sends FIN if nothing was unread */
		t->fin_sent = t->broke_off = true;
		talker_end(t);
		break;
	case END_ABORT:
		t->broke_off = true;
		abort_it(t);
		break;
	}
}

static void
write_side(struct talker *t)
{
	uint64_t most = t->ending == END_FIN ? t->total : t->end_at;

	if (t->fin_sent || t->send_ns > world_now())
		return;
	t->send_ns = AX_NEVER; /* until something happens */
	if (!net_is_connected(t->fd) || send_some(t, most))
		return;
	if (t->sent == most)
		end_sending(t);
	else
		t->send_ns = world_now() + 1 + dice(t->gap_ns + 1);
}

static void
read_side(struct talker *t)
{
	uint8_t bytes[8192];
	uint64_t left = t->gulp;
	ssize_t r = 1;

	if (t->deaf || t->fin_seen || t->read_ns > world_now())
		return;
	while (left > 0 &&
	    (r = net_recv(t->fd, bytes, (size_t)MIN(left, sizeof(bytes)))) > 0) {
		saw(t, bytes, (size_t)r);
		left -= MIN(left, (uint64_t)r);
	}
	t->read_ns = left == 0 ? world_now() + t->pause_ns : AX_NEVER;
	if (r == 0)
		saw_fin(t);
	if (r < 0 && errno != EAGAIN)
		broken(t);
}

bool
talker_turn(struct talker *t)
{
	if (t->fd < 0)
		return false;
	if (t->entry.pending) {
		t->entry.pending = false;
		if (t->read_ns == AX_NEVER)
			t->read_ns = world_now();
		if (t->send_ns == AX_NEVER)
			t->send_ns = world_now();
	} else if (MIN(t->send_ns, t->read_ns) > world_now()) {
		return false;
	}
	read_side(t);
	if (t->fd >= 0)
		write_side(t);
	if (t->fd >= 0 && t->fin_sent && t->fin_seen)
		talker_end(t);
	if (t->fin_sent)
		t->send_ns = AX_NEVER;
	if (t->deaf || t->fin_seen)
		t->read_ns = AX_NEVER;
	return true;
}

void
talker_hurry(struct talker *t)
{
	t->deaf = false;
	t->gulp = UINT64_MAX;
	t->pause_ns = 1;
	t->read_ns = world_now();
}

uint64_t
talker_next_ns(const struct talker *t)
{
	return t->fd < 0 ? AX_NEVER : MIN(t->send_ns, t->read_ns);
}
