/* fuzz_record_guard.c — the watch over record headers. Fed in pieces it must
 * judge as it does at once, and as a plain reading of the headers does for the
 * sizes that the library must never see. Thread: owner.                      */
#include "base/assert.h"
#include "fuzz.h"
#include "parse/record_guard.h"

static int
feed(struct record_guard *g, struct slice in, size_t piece)
{
	struct err e = { 0 };
	int r = 0;

	while (r == 0 && in.n > 0) {
		struct slice part = slice_of(in.p, MIN(piece, in.n));

		r = record_guard_feed(g, part, &e);
		in = slice_skip(in, part.n);
	}
	ax_assert(r == 0 || (r == AX_E_PEER && e.text[0] != '\0'));
	return r;
}

/* True if a record that is there with its whole header has a size or a type
 * that must be refused whatever the state.                                   */
static bool
has_forbidden(struct slice in)
{
	while (in.n >= 5) {
		size_t len = (size_t)in.p[3] << 8 | in.p[4];

		if (in.p[0] < 20 || in.p[0] > 23)
			return true;
		if (in.p[0] == 23 && (len < 17 || len > 16640))
			return true;
		in = slice_skip(in, MIN(in.n, 5 + len));
	}
	return false;
}

/* Records that carry nothing: 64 in a second pass, the next does not. */
static void
check_idle(unsigned at_once, unsigned times)
{
	struct record_guard g;
	struct err e = { 0 };
	uint64_t now = 5 * AX_NS_PER_S;

	record_guard_init(&g);
	record_guard_established(&g);
	for (unsigned i = 1; i <= times; i++) {
		int r = record_guard_productive(&g, at_once + 1, 1, now, &e);

		ax_assert((r == 0) == (i * at_once <= 64));
		if (r < 0)
			return;
		now += AX_NS_PER_S / 256;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct choices c = { data, data + size };
	size_t piece = choose_u8(&c) + 1u;
	bool established = choose_u8(&c) & 1;
	unsigned at_once = choose_u8(&c), times = choose_u8(&c);
	struct slice in = choose_bytes(&c, size);
	struct record_guard whole, pieces;
	int r;

	check_idle(at_once, times);

	record_guard_init(&whole);
	record_guard_init(&pieces);
	if (established) {
		record_guard_established(&whole);
		record_guard_established(&pieces);
	}
	r = feed(&whole, in, SIZE_MAX);
	ax_assert(feed(&pieces, in, piece) == r);
	if (r == 0) {
		ax_assert(!has_forbidden(in));
		ax_assert(whole.body_left == pieces.body_left &&
		    whole.head_len == pieces.head_len &&
		    whole.records == pieces.records);
	}
	return 0;
}
