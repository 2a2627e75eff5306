/* test_accel.c — AES-GCM through the callback: known answers, the library's own
 * code as the second opinion, and what must be refused. Without a device both
 * sides of each comparison are the library's, and all of it still holds.     */
#include <stdlib.h>
#include <string.h>

#include "tls/accel.h"
#include "tls/tls.h"
#include "tls/wolf.h"

#include "../check_main.h"

#define MAX_LEN 20000

struct gcm {
	Aes aes;
	struct accel_keys *keys;
};

static void
gcm_init(struct gcm *g, int device, const uint8_t *key, size_t len)
{
	ck_assert_int_eq(accel_keys_new(&g->keys), 0);
	ck_assert_int_eq(wc_AesInit(&g->aes, NULL, device), 0);
	ck_assert_int_eq(wc_AesGcmSetKey(&g->aes, key, (word32)len), 0);
}

static void
gcm_fini(struct gcm *g)
{
	wc_AesFree(&g->aes);
	accel_keys_free(&g->keys);
}

static int
seal(struct gcm *g, uint8_t *out, const uint8_t *in, size_t n,
    const uint8_t iv[12], struct slice aad, uint8_t tag[16])
{
	accel_enter(g->keys);
	return wc_AesGcmEncrypt(&g->aes, out, in, (word32)n, iv, 12, tag, 16,
	    aad.p, (word32)aad.n);
}

static int
open_sealed(struct gcm *g, uint8_t *out, const uint8_t *in, size_t n,
    const uint8_t iv[12], struct slice aad, const uint8_t tag[16])
{
	accel_enter(g->keys);
	return wc_AesGcmDecrypt(&g->aes, out, in, (word32)n, iv, 12, tag, 16,
	    aad.p, (word32)aad.n);
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
	{ "0000000000000000000000000000000000000000000000000000000000000000",
	    "000000000000000000000000", "00000000000000000000000000000000", "",
	    "cea7403d4d606b6e074ec5d3baf39d18",
	    "d0d1c8a799996bf0265b98b5d48ab919" },
	{ "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
	    "cafebabefacedbaddecaf888", PLAIN "1aafd255", "",
	    "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
	    "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662898015ad",
	    "b094dac5d93471bdec1a502270e3cc6c" },
	{ "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
	    "cafebabefacedbaddecaf888", PLAIN,
	    "feedfacedeadbeeffeedfacedeadbeefabaddad2",
	    "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
	    "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662",
	    "76fc6ece0f4e1768cddf8853bb2d551b" },
};

START_TEST(accel_gives_the_known_answers)
{
	struct err e;
	size_t i;

	ck_assert_int_eq(tls_boot(&e), 0);
	for (i = 0; i < ARRAY_LEN(vectors); i++) {
		uint8_t key[32], iv[12], plain[64], aad[20], want[64], tag[16],
		    out[64], got[16], back[64];
		const struct vector *v = &vectors[i];
		struct slice a = { aad, unhex(v->aad, aad) };
		size_t n = unhex(v->plain, plain);
		struct gcm g;

		gcm_init(&g, accel_device(), key, unhex(v->key, key));
		unhex(v->iv, iv);
		ck_assert_uint_eq(unhex(v->sealed, want), n);
		unhex(v->tag, tag);
		ck_assert_int_eq(seal(&g, out, plain, n, iv, a, got), 0);
		ck_assert_mem_eq(out, want, n);
		ck_assert_mem_eq(got, tag, 16);
		ck_assert_int_eq(open_sealed(&g, back, out, n, iv, a, tag), 0);
		ck_assert_mem_eq(back, plain, n);
		gcm_fini(&g);
	}
	tls_shutdown();
}
END_TEST

static size_t
random_length(struct rng *rng, int i)
{
	if (i < 600) /* every short one */
		return (size_t)i;
	return i % 2 == 0 ? 16380 + rng_below(rng, 10) :
			    rng_below(rng, MAX_LEN);
}

static void
fill(struct rng *rng, uint8_t *p, size_t n)
{
	while (n-- > 0)
		*p++ = (uint8_t)rng_u64(rng);
}

START_TEST(accel_agrees_with_the_library_at_every_length)
{
	static uint8_t in[MAX_LEN], ours[MAX_LEN], theirs[MAX_LEN];
	struct rng rng;
	struct err e;
	int i;

	rng_seed(&rng, test_seed());
	ck_assert_int_eq(tls_boot(&e), 0);
	for (i = 0; i < 700; i++) {
		uint8_t key[32], iv[12], aad[64], tag[16], tag2[16];
		size_t n = random_length(&rng, i), len = i % 3 == 0 ? 32 : 16;
		struct slice a = { aad, rng_below(&rng, sizeof(aad)) };
		struct gcm fast, slow;

		fill(&rng, key, sizeof(key));
		fill(&rng, iv, sizeof(iv));
		fill(&rng, aad, sizeof(aad));
		fill(&rng, in, n);
		gcm_init(&fast, accel_device(), key, len);
		gcm_init(&slow, INVALID_DEVID, key, len);
		ck_assert_int_eq(seal(&fast, ours, in, n, iv, a, tag), 0);
		ck_assert_int_eq(seal(&slow, theirs, in, n, iv, a, tag2), 0);
		ck_assert_mem_eq(tag, tag2, 16);
		ck_assert_int_eq(memcmp(ours, theirs, n), 0);
		/* In place, as the library opens records. */
		ck_assert_int_eq(
		    open_sealed(&fast, ours, ours, n, iv, a, tag), 0);
		ck_assert_int_eq(memcmp(ours, in, n), 0);
		gcm_fini(&fast);
		gcm_fini(&slow);
	}
	tls_shutdown();
}
END_TEST

START_TEST(accel_refuses_any_flipped_bit_and_shows_nothing)
{
	static const uint8_t key[16] = "0123456789abcdef", iv[12] = "nonce nonce ";
	uint8_t in[32] = "in the clear", out[32], back[32], tag[16], zero[32] = { 0 };
	struct slice aad = slice_str("head");
	struct gcm g;
	struct err e;
	int bit;

	ck_assert_int_eq(tls_boot(&e), 0);
	gcm_init(&g, accel_device(), key, sizeof(key));
	ck_assert_int_eq(seal(&g, out, in, 32, iv, aad, tag), 0);
	for (bit = 0; bit < 48 * 8; bit++) {
		uint8_t *p = bit < 32 * 8 ? &out[bit / 8] : &tag[bit / 8 - 32];

		*p ^= (uint8_t)(1 << bit % 8);
		memset(back, 0, sizeof(back));
		ck_assert_int_eq(open_sealed(&g, back, out, 32, iv, aad, tag),
		    AES_GCM_AUTH_E);
		if (accel_device() != ACCEL_NO_DEVICE)
			ck_assert_mem_eq(back, zero, 32);
		*p ^= (uint8_t)(1 << bit % 8);
	}
	ck_assert_int_eq(open_sealed(&g, back, out, 32, iv, aad, tag), 0);
	gcm_fini(&g);
	tls_shutdown();
}
END_TEST

START_TEST(accel_notices_that_the_key_was_changed)
{
	uint8_t key[16] = "first", in[64] = "text", a[64], b[64], tag[16], tag2[16];
	static const uint8_t iv[12];
	struct gcm g, fresh;
	struct err e;

	ck_assert_int_eq(tls_boot(&e), 0);
	gcm_init(&g, accel_device(), key, sizeof(key));
	ck_assert_int_eq(seal(&g, a, in, 64, iv, slice_str(""), tag), 0);
	memcpy(key, "other", 5);
	ck_assert_int_eq(wc_AesGcmSetKey(&g.aes, key, sizeof(key)), 0);
	ck_assert_int_eq(seal(&g, a, in, 64, iv, slice_str(""), tag), 0);
	gcm_init(&fresh, INVALID_DEVID, key, sizeof(key));
	ck_assert_int_eq(seal(&fresh, b, in, 64, iv, slice_str(""), tag2), 0);
	ck_assert_mem_eq(a, b, 64);
	ck_assert_mem_eq(tag, tag2, 16);
	gcm_fini(&g);
	gcm_fini(&fresh);
	tls_shutdown();
}
END_TEST

START_TEST(accel_leaves_other_sizes_to_the_library)
{
	static const uint8_t key[24] = "0123456789abcdef01234567", iv[16] = "nonce";
	uint8_t in[40] = "text", a[40], b[40], tag[16], tag2[16];
	struct gcm fast, slow;
	struct err e;

	ck_assert_int_eq(tls_boot(&e), 0);
	gcm_init(&fast, accel_device(), key, 24); /* AES-192 */
	gcm_init(&slow, INVALID_DEVID, key, 24);
	ck_assert_int_eq(seal(&fast, a, in, 40, iv, slice_str("x"), tag), 0);
	ck_assert_int_eq(seal(&slow, b, in, 40, iv, slice_str("x"), tag2), 0);
	ck_assert_mem_eq(a, b, 40);
	ck_assert_mem_eq(tag, tag2, 16);
	gcm_fini(&fast);
	gcm_init(&fast, accel_device(), key, 16);
	accel_enter(fast.keys);
	/* a nonce of 16 bytes, a tag of 12 */
	ck_assert_int_eq(wc_AesGcmEncrypt(&fast.aes, a, in, 40, iv, 16, tag, 12,
			     NULL, 0), 0);
	gcm_fini(&slow);
	gcm_init(&slow, INVALID_DEVID, key, 16);
	ck_assert_int_eq(wc_AesGcmEncrypt(&slow.aes, b, in, 40, iv, 16, tag2,
			     12, NULL, 0), 0);
	ck_assert_mem_eq(a, b, 40);
	ck_assert_mem_eq(tag, tag2, 12);
	gcm_fini(&fast);
	gcm_fini(&slow);
	tls_shutdown();
}
END_TEST

START_TEST(accel_works_without_a_connection)
{
	static const uint8_t key[16] = "k", iv[12] = "n";
	uint8_t in[40] = "text", out[40], tag[16];
	struct gcm g;
	struct err e;

	ck_assert_int_eq(tls_boot(&e), 0);
	gcm_init(&g, accel_device(), key, 16);
	accel_enter(NULL);
	ck_assert_int_eq(wc_AesGcmEncrypt(&g.aes, out, in, 40, iv, 12, tag, 16,
			     NULL, 0), 0);
	gcm_fini(&g);
	ck_assert_ptr_nonnull(strstr(tls_describe(), "wolfSSL"));
	tls_shutdown();
}
END_TEST

CHECK_MAIN("accel", accel_gives_the_known_answers,
    accel_agrees_with_the_library_at_every_length,
    accel_refuses_any_flipped_bit_and_shows_nothing,
    accel_notices_that_the_key_was_changed,
    accel_leaves_other_sizes_to_the_library,
    accel_works_without_a_connection)
