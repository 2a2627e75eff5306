/* fuzz.h — what every harness and the two ways of running it share: one entry
 * point, and an input that is read as choices. Thread: owner.                */
#ifndef ATLAX_TESTS_FUZZ_FUZZ_H
#define ATLAX_TESTS_FUZZ_FUZZ_H

#include "base/slice.h"

/* libFuzzer's name: either its driver or main.c calls it. Returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* An input as a sequence of choices; past its end every choice is zero. */
struct choices {
	const uint8_t *p, *end;
};

static inline bool
choices_left(const struct choices *c)
{
	return c->p < c->end;
}

static inline uint8_t
choose_u8(struct choices *c)
{
	return c->p < c->end ? *c->p++ : 0;
}

static inline uint16_t
choose_u16(struct choices *c)
{
	uint16_t high = choose_u8(c);

	return (uint16_t)(high << 8 | choose_u8(c));
}

/* In 0..n-1; n > 0. */
static inline unsigned
choose_below(struct choices *c, unsigned n)
{
	return n <= 256 ? choose_u8(c) % n : choose_u16(c) % n;
}

/* The next n bytes of the input, or what is left. */
static inline struct slice
choose_bytes(struct choices *c, size_t n)
{
	struct slice s = slice_of(c->p, MIN(n, (size_t)(c->end - c->p)));

	c->p += s.n;
	return s;
}

#endif
