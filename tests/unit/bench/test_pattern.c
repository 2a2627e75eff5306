/* Tests of bench/load/pattern.c. */
#include "load/pattern.h"

#include <string.h>

#include "../check_main.h"

#define LEN (3 * PATTERN_PERIOD)

/* A stream written in pieces as large as a sender may choose. */
static uint8_t *
stream(const struct pattern *p, uint64_t at)
{
	uint8_t *out = malloc(LEN);
	size_t done = 0;

	ck_assert_ptr_nonnull(out);
	while (done < LEN) {
		size_t n = MIN((size_t)PATTERN_RUN, LEN - done);

		memcpy(out + done, pattern_at(p, at + done), n);
		done += n;
	}
	return out;
}

START_TEST(pattern_knows_its_own_stream_in_pieces_of_any_size)
{
	static struct pattern p;
	uint8_t *s;
	struct rng rng;
	size_t done = 0, n;

	pattern_init(&p);
	s = stream(&p, 7919);
	ck_assert(pattern_matches(&p, 7919, s, LEN));
	rng_seed(&rng, test_seed());
	for (; done < LEN; done += n) {
		n = (size_t)rng_below(&rng, 9000); /* MIN would draw twice */
		n = MIN(n, LEN - done);
		ck_assert(pattern_matches(&p, 7919 + done, s + done, n));
	}
	free(s);
}
END_TEST

START_TEST(pattern_never_holds_the_end_mark)
{
	static struct pattern p;

	pattern_init(&p);
	ck_assert_ptr_null(memchr(p.bytes, PATTERN_END, sizeof(p.bytes)));
}
END_TEST

START_TEST(pattern_sees_one_flipped_bit_anywhere)
{
	static struct pattern p;
	const size_t where[] = { 0, 1, PATTERN_PERIOD - 1, PATTERN_PERIOD,
		PATTERN_RUN - 1, PATTERN_RUN, LEN - 1 };
	uint8_t *s;
	size_t i;

	pattern_init(&p);
	s = stream(&p, 0);
	for (i = 0; i < ARRAY_LEN(where); i++) {
		s[where[i]] ^= 1;
		ck_assert(!pattern_matches(&p, 0, s, LEN));
		s[where[i]] ^= 1;
	}
	free(s);
}
END_TEST

/* Loss and doubling shift what follows: by sizes of buffers, records, frames. */
START_TEST(pattern_sees_a_shift_by_any_usual_size)
{
	static struct pattern p;
	const size_t by[] = { 1, 8, 1460, 4096, 16376, 16384, 65535, 65536,
		1u << 17, 1u << 20, 16u << 20 };
	uint8_t *s;
	size_t i;

	pattern_init(&p);
	s = stream(&p, 0);
	for (i = 0; i < ARRAY_LEN(by); i++)
		ck_assert(!pattern_matches(&p, by[i], s, 64));
	free(s);
}
END_TEST

CHECK_MAIN("pattern", pattern_knows_its_own_stream_in_pieces_of_any_size,
    pattern_never_holds_the_end_mark, pattern_sees_one_flipped_bit_anywhere,
    pattern_sees_a_shift_by_any_usual_size)
