/* pattern.c — the repeated table of random bytes. Any thread once initialised.
 * Invariant: bytes[i] == bytes[i + PATTERN_PERIOD] wherever both exist, so a
 * run may start at any position below the period without wrapping.           */
#include "load/pattern.h"

#include <string.h>

#include "base/rng.h"

/* Any seed does; it is fixed because client and service must agree. */
#define PATTERN_SEED 0x61746c61786c6f61u

void
pattern_init(struct pattern *p)
{
	struct rng rng;
	size_t i;

	rng_seed(&rng, PATTERN_SEED);
	for (i = 0; i < PATTERN_PERIOD; i++)
		p->bytes[i] = (uint8_t)rng_below(&rng, PATTERN_END);
	for (; i < sizeof(p->bytes); i++)
		p->bytes[i] = p->bytes[i - PATTERN_PERIOD];
}

const uint8_t *
pattern_at(const struct pattern *p, uint64_t at)
{
	return p->bytes + at % PATTERN_PERIOD;
}

bool
pattern_matches(
    const struct pattern *p, uint64_t at, const uint8_t *in, size_t n)
{
	while (n > 0) {
		size_t piece = MIN(n, (size_t)PATTERN_RUN);

		if (memcmp(pattern_at(p, at), in, piece) != 0)
			return false;
		at += piece;
		in += piece;
		n -= piece;
	}
	return true;
}
