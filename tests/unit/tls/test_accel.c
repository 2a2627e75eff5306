/* test_accel.c — AES-GCM by the processor: known answers, wolfCrypt's own code as
 * the second opinion, and what must be refused. Without acceleration there is
 * nothing here to test, and record's tests cover what is used instead.        */
#include <stdlib.h>
#include <string.h>

#include "tls/accel.h"
#include "tls/wolf.h"

#include "../check_main.h"

#define MAX_LEN 20000

/* The byte that accel_seal puts behind the text is just the text's last. */
static void
seal(const struct accel_key *k, const uint8_t iv[12], struct slice aad,
    const uint8_t *in, size_t n, uint8_t *out)
{
	accel_seal(k, iv, aad, slice_of(in, n - 1), in[n - 1], out);
}

static struct accel *
accelerated(void)
{
	struct accel *a;

	ck_assert_int_eq(accel_new(&a), 0);
	if (a == NULL)
		printf("# no acceleration here\n");
	return a;
}

static size_t
unhex(const char *hex, uint8_t *out)
{
	size_t n = 0;
	unsigned v;

	for (; hex[0] != '\0'; hex += 2) {
		ck_assert_int_eq(sscanf(hex, "%2x", &v), 1);
		out[n++] = (uint8_t)v;
	}
	return n;
}

/* From the revised specification submitted to NIST (McGrew, Viega), test cases
 * 2, 3, 4, 14, 15 and 16: those with a nonce of 96 bits.                     */
#define PLAIN "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72" \
	"1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"
static const struct vector {
	const char *key, *iv, *plain, *aad, *sealed, *tag;
} vectors[] = {
	{ "00000000000000000000000000000000", "000000000000000000000000",
	    "00000000000000000000000000000000", "",
	    "0388dace60b6a392f328c2b971b2fe78",
	    "ab6e47d42cec13bdf53a67b21257bddf" },
	{ "feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888",
	    PLAIN "1aafd255", "",
	    "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e"
	    "21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091473f5985",
	    "4d5c2af327cd64a62cf35abd2ba6fab4" },
	{ "feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888", PLAIN,
	    "feedfacedeadbeeffeedfacedeadbeefabaddad2",
	    "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e"
	    "21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091",
	    "5bc94fbc3221a5db94fae95ae7121a47" },
};

START_TEST(accel_gives_the_known_answers)
{
	struct accel *a = accelerated();
	struct accel_key *k;

	for (size_t i = 0; a != NULL && i < ARRAY_LEN(vectors); i++) {
		uint8_t key[32], iv[12], plain[64], aad[20], want[80], out[80],
		    back[64];
		const struct vector *v = &vectors[i];
		struct slice head = { aad, unhex(v->aad, aad) };
		size_t n = unhex(v->plain, plain);

		unhex(v->key, key);
		unhex(v->iv, iv);
		unhex(v->sealed, want);
		unhex(v->tag, want + n);
		ck_assert_int_eq(accel_key_new(a, key, &k), 0);
		seal(k, iv, head, plain, n, out);
		ck_assert_mem_eq(out, want, n + 16);
		ck_assert(accel_open(k, iv, head, slice_of(out, n + 16), back));
		ck_assert_mem_eq(back, plain, n);
		accel_key_free(&k);
	}
	accel_free(&a);
}
END_TEST

static size_t
random_length(struct rng *rng, int i)
{
	if (i < 600) /* every short one */
		return (size_t)i + 1;
	return i % 2 == 0 ? 16380 + rng_below(rng, 10) :
			    1 + rng_below(rng, MAX_LEN - 1);
}

static void
fill(struct rng *rng, uint8_t *p, size_t n)
{
	while (n-- > 0)
		*p++ = (uint8_t)rng_u64(rng);
}

START_TEST(accel_agrees_with_the_library_at_every_length)
{
	static uint8_t in[MAX_LEN], ours[MAX_LEN + 16], theirs[MAX_LEN + 16];
	struct accel *a = accelerated();
	struct accel_key *k;
	struct rng rng;

	rng_seed(&rng, test_seed());
	for (int i = 0; a != NULL && i < 700; i++) {
		uint8_t key[16], iv[12], aad[64];
		size_t n = random_length(&rng, i);
		struct slice head = { aad, rng_below(&rng, sizeof(aad)) };
		Aes aes;

		fill(&rng, key, sizeof(key));
		fill(&rng, iv, sizeof(iv));
		fill(&rng, aad, sizeof(aad));
		fill(&rng, in, n);
		ck_assert_int_eq(accel_key_new(a, key, &k), 0);
		seal(k, iv, head, in, n, ours);
		ck_assert_int_eq(wc_AesInit(&aes, NULL, INVALID_DEVID), 0);
		ck_assert_int_eq(wc_AesGcmSetKey(&aes, key, 16), 0);
		ck_assert_int_eq(wc_AesGcmEncrypt(&aes, theirs, in, (word32)n, iv,
		    12, theirs + n, 16, head.p, (word32)head.n), 0);
		wc_AesFree(&aes);
		ck_assert_int_eq(memcmp(ours, theirs, n + 16), 0);
		ck_assert(accel_open(k, iv, head, slice_of(ours, n + 16), ours));
		ck_assert_int_eq(memcmp(ours, in, n), 0);
		accel_key_free(&k);
	}
	accel_free(&a);
}
END_TEST

START_TEST(accel_refuses_any_flipped_bit_and_shows_nothing)
{
	static const uint8_t key[16] = "0123456789abcdef", iv[12] = "nonce nonce ";
	uint8_t in[32] = "in the clear", out[48], back[32], zero[32] = { 0 };
	struct slice head = slice_str("head");
	struct accel *a = accelerated();
	struct accel_key *k = NULL;

	if (a != NULL) {
		ck_assert_int_eq(accel_key_new(a, key, &k), 0);
		seal(k, iv, head, in, 32, out);
	}
	for (int bit = 0; a != NULL && bit < 48 * 8; bit++) {
		out[bit / 8] ^= (uint8_t)(1 << bit % 8);
		memset(back, 1, sizeof(back));
		ck_assert(!accel_open(k, iv, head, slice_of(out, 48), back));
		ck_assert_mem_eq(back, zero, 32);
		out[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	accel_key_free(&k);
	accel_free(&a);
}
END_TEST

CHECK_MAIN("tls/accel", accel_gives_the_known_answers,
    accel_agrees_with_the_library_at_every_length,
    accel_refuses_any_flipped_bit_and_shows_nothing)
