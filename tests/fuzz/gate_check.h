/* gate_check.h — drives a gate for one hello: in pieces and at once it must say
 * the same, and never take a byte that is not the record's.                  */
#ifndef ATLAX_TESTS_FUZZ_GATE_CHECK_H
#define ATLAX_TESTS_FUZZ_GATE_CHECK_H

#include "base/assert.h"
#include "fuzz.h"
#include "parse/hello_gate.h"

typedef int gate_fn(struct hello_gate *, struct slice, size_t *, struct err *);

static inline int
gate_feed(gate_fn *gate, struct hello_gate *g, struct slice in, size_t piece)
{
	struct err e = { 0 };
	int r = AX_E_AGAIN;

	for (size_t used = 0; r == AX_E_AGAIN && in.n > 0; ) {
		struct slice part = slice_of(in.p, MIN(piece, in.n));

		r = gate(g, part, &used, &e);
		ax_assert(used <= part.n && g->len <= GATE_MAX);
		ax_assert(r != AX_E_AGAIN || used == part.n);
		in = slice_skip(in, used);
	}
	ax_assert(r == 0 || r == AX_E_AGAIN || (r == AX_E_PEER && e.text[0] != 0));
	return r;
}

/* The first byte of the input is the size of the pieces. */
static inline void
gate_check(gate_fn *gate, const uint8_t *data, size_t size)
{
	struct choices c = { data, data + size };
	size_t piece = choose_u8(&c) + 1u;
	struct slice in = choose_bytes(&c, size);
	struct hello_gate whole = { 0 }, pieces = { 0 };
	int r = gate_feed(gate, &whole, in, SIZE_MAX);

	ax_assert(gate_feed(gate, &pieces, in, piece) == r);
	if (r != 0)
		return;
	ax_assert(whole.len == pieces.len &&
	    memcmp(whole.bytes, pieces.bytes, whole.len) == 0);
	ax_assert(whole.len >= 5 && memcmp(whole.bytes, in.p, whole.len) == 0);
	ax_assert(whole.len == 5u + (whole.bytes[3] << 8 | whole.bytes[4]));
}

#endif
