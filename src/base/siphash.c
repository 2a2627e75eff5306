/* siphash.c — SipHash-2-4.
 *
 * Thread: any. Pure.
 * Invariant: the same result on every machine, whatever its byte order: words
 * are put together from bytes, and compilers turn that into one load.        */
#include "base/siphash.h"

struct sip {
	uint64_t a, b, c, d;
};

static uint64_t
rotl(uint64_t x, int k)
{
	return x << k | x >> (64 - k);
}

static uint64_t
load(const uint8_t *p, size_t n)
{
	uint64_t v = 0;

	for (size_t i = 0; i < n; i++)
		v |= (uint64_t)p[i] << 8 * i;
	return v;
}

static void
rounds(struct sip *s, int n)
{
	while (n-- > 0) {
		s->a += s->b;
		s->b = rotl(s->b, 13) ^ s->a;
		s->a = rotl(s->a, 32);
		s->c += s->d;
		s->d = rotl(s->d, 16) ^ s->c;
		s->a += s->d;
		s->d = rotl(s->d, 21) ^ s->a;
		s->c += s->b;
		s->b = rotl(s->b, 17) ^ s->c;
		s->c = rotl(s->c, 32);
	}
}

static void
word(struct sip *s, uint64_t m)
{
	s->d ^= m;
	rounds(s, 2);
	s->a ^= m;
}

uint64_t
siphash24(const uint8_t key[16], struct slice in)
{
	uint64_t k0 = load(key, 8), k1 = load(key + 8, 8);
	struct sip s = {
		k0 ^ UINT64_C(0x736f6d6570736575),
		k1 ^ UINT64_C(0x646f72616e646f6d),
		k0 ^ UINT64_C(0x6c7967656e657261),
		k1 ^ UINT64_C(0x7465646279746573),
	};
	uint64_t len = in.n;

	for (; in.n >= 8; in = slice_skip(in, 8))
		word(&s, load(in.p, 8));
	word(&s, load(in.p, in.n) | len << 56);
	s.c ^= 0xff;
	rounds(&s, 4);
	return s.a ^ s.b ^ s.c ^ s.d;
}
