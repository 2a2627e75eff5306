/* rng.c — randomness from the kernel, and from a seed.
 *
 * Thread: rng_secret any; a struct rng belongs to its owner.
 * Invariant: rng_secret returns only when all n bytes are the kernel's; the
 * state of a struct rng is never all zero (splitmix64 cannot give four
 * zeros in a row), which is the one state xoshiro cannot leave.              */
#include "base/rng.h"

#include <errno.h>
#include <sys/random.h>

#include "base/assert.h"

void
rng_secret(void *out, size_t n)
{
	uint8_t *p = out;

	while (n > 0) {
		ssize_t got = getrandom(p, n, 0);

		if (got < 0 && errno == EINTR)
			continue;
		ax_assert(got > 0);
		p += got;
		n -= (size_t)got;
	}
}

static uint64_t
splitmix64(uint64_t *x)
{
	uint64_t z = (*x += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

void
rng_seed(struct rng *r, uint64_t seed)
{
	for (size_t i = 0; i < ARRAY_LEN(r->s); i++)
		r->s[i] = splitmix64(&seed);
}

static uint64_t
rotl(uint64_t x, int k)
{
	return x << k | x >> (64 - k);
}

uint64_t
rng_u64(struct rng *r)
{
	uint64_t *s = r->s, out = rotl(s[1] * 5, 7) * 9, t = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rotl(s[3], 45);
	return out;
}

uint64_t
rng_below(struct rng *r, uint64_t n)
{
	uint64_t x, skip;

	ax_assert(n > 0);
	skip = -n % n; /* 2^64 mod n: the part that would favour small ones */
	do
		x = rng_u64(r);
	while (x < skip);
	return x % n;
}
