/* test_record.c — records: the example of RFC 8448, both ways of AES against each
 * other, ChaCha20, and what must be refused.                                 */
#include <stdlib.h>
#include <string.h>

#include "tls/record.h"

#include "../check_main.h"

static const uint8_t key[32] = "0123456789abcdef0123456789abcdef";
static const uint8_t iv[12] = "twelve bytes";

static void
init(struct record_side *s, enum record_cipher cipher, struct accel *a)
{
	ck_assert_int_eq(record_init(
	    s, a, &(struct record_keys){ cipher, key, iv, key }), 0);
}

/* RFC 8448 section 3: the client's first application record. */
START_TEST(record_is_the_one_of_the_rfc)
{
	static const uint8_t rfc_key[16] = { 0x17, 0x42, 0x2d, 0xda, 0x59, 0x6e,
		0xd5, 0xd9, 0xac, 0xd8, 0x90, 0xe3, 0xc6, 0x3f, 0x50, 0x51 };
	static const uint8_t rfc_iv[12] = { 0x5b, 0x78, 0x92, 0x3d, 0xee, 0x08,
		0x57, 0x90, 0x33, 0xe5, 0x23, 0xd9 };
	static const uint8_t want[] = { 0x17, 0x03, 0x03, 0x00, 0x43, 0xa2, 0x3f,
		0x70, 0x54, 0xb6, 0x2c, 0x94, 0xd0, 0xaf, 0xfa, 0xfe, 0x82, 0x28,
		0xba, 0x55, 0xcb, 0xef, 0xac, 0xea, 0x42, 0xf9, 0x14, 0xaa, 0x66,
		0xbc, 0xab, 0x3f, 0x2b, 0x98, 0x19, 0xa8, 0xa5, 0xb4, 0x6b, 0x39,
		0x5b, 0xd5, 0x4a, 0x9a, 0x20, 0x44, 0x1e, 0x2b, 0x62, 0x97, 0x4e,
		0x1f, 0x5a, 0x62, 0x92, 0xa2, 0x97, 0x70, 0x14, 0xbd, 0x1e, 0x3d,
		0xea, 0xe6, 0x3a, 0xee, 0xbb, 0x21, 0x69, 0x49, 0x15, 0xe4 };
	uint8_t text[50], out[50 + 22];
	struct record_side s;

	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (uint8_t)i;
	ck_assert_int_eq(record_init(&s, NULL, &(struct record_keys){
	    RECORD_AES128_GCM, rfc_key, rfc_iv, key }), 0);
	ck_assert_int_eq(
	    record_seal(&s, RECORD_DATA, slice_of(text, sizeof(text)), out), 0);
	ck_assert_mem_eq(out, want, sizeof(want));
	record_fini(&s);
}
END_TEST

static void
both_ways(enum record_cipher cipher, struct accel *seal_by, struct accel *open_by)
{
	static uint8_t text[16384], out[16384 + 22], back[16384 + 1];
	struct record_side a, b;
	uint8_t type;
	size_t n;

	init(&a, cipher, seal_by);
	init(&b, cipher, open_by);
	for (size_t len = 1; len <= sizeof(text); len = len * 3 + 1) {
		memset(text, (int)len, len);
		ck_assert_int_eq(
		    record_seal(&a, RECORD_DATA, slice_of(text, len), out), 0);
		ck_assert_int_eq(record_open(
		    &b, slice_of(out, len + 22), back, &type, &n), 0);
		ck_assert_uint_eq(type, RECORD_DATA);
		ck_assert_uint_eq(n, len);
		ck_assert_mem_eq(back, text, len);
	}
	ck_assert_uint_eq(a.seq, b.seq);
	record_fini(&a);
	record_fini(&b);
}

START_TEST(records_open_whoever_sealed_them)
{
	struct accel *a;

	ck_assert_int_eq(accel_new(&a), 0);
	both_ways(RECORD_AES128_GCM, NULL, NULL);
	both_ways(RECORD_AES128_GCM, a, NULL);
	both_ways(RECORD_AES128_GCM, NULL, a);
	both_ways(RECORD_AES128_GCM, a, a);
	both_ways(RECORD_CHACHA20_POLY1305, a, NULL);
	accel_free(&a);
}
END_TEST

static void
refuses(enum record_cipher cipher)
{
	uint8_t out[64], back[64], type;
	struct slice text = slice_str("a text");
	size_t len = text.n + 22, n;

	for (size_t bit = 0; bit < len * 8; bit++) {
		struct record_side a, b;

		init(&a, cipher, NULL);
		init(&b, cipher, NULL);
		ck_assert_int_eq(record_seal(&a, RECORD_DATA, text, out), 0);
		out[bit / 8] ^= (uint8_t)(1 << bit % 8);
		ck_assert_int_eq(record_open(&b, slice_of(out, len), back, &type,
		    &n), AX_E_PEER);
		record_fini(&a);
		record_fini(&b);
	}
}

START_TEST(record_refuses_any_flipped_bit)
{
	refuses(RECORD_AES128_GCM);
	refuses(RECORD_CHACHA20_POLY1305);
}
END_TEST

START_TEST(record_refuses_repetition_and_reordering)
{
	uint8_t one[64], two[64], back[64], type;
	struct slice text = slice_str("a text");
	struct record_side a, b;
	size_t len = text.n + 22, n;

	init(&a, RECORD_AES128_GCM, NULL);
	init(&b, RECORD_AES128_GCM, NULL);
	ck_assert_int_eq(record_seal(&a, RECORD_DATA, text, one), 0);
	ck_assert_int_eq(record_seal(&a, RECORD_DATA, text, two), 0);
	ck_assert(memcmp(one, two, len) != 0);
	ck_assert_int_eq(record_open(&b, slice_of(one, len), back, &type, &n), 0);
	ck_assert_int_eq(
	    record_open(&b, slice_of(one, len), back, &type, &n), AX_E_PEER);
	record_fini(&b);
	init(&b, RECORD_AES128_GCM, NULL);
	ck_assert_int_eq(
	    record_open(&b, slice_of(two, len), back, &type, &n), AX_E_PEER);
	record_fini(&a);
	record_fini(&b);
}
END_TEST

START_TEST(record_removes_padding_and_refuses_nothing_else)
{
	static const uint8_t padded[] = { 'x', RECORD_DATA, 0, 0, 0 };
	uint8_t out[64], back[64], type;
	struct record_side a, b;
	size_t n;

	/* The type that is given ends the padding: seal it as zero. */
	init(&a, RECORD_AES128_GCM, NULL);
	init(&b, RECORD_AES128_GCM, NULL);
	ck_assert_int_eq(
	    record_seal(&a, 0, slice_of(padded, sizeof(padded)), out), 0);
	ck_assert_int_eq(record_open(
	    &b, slice_of(out, sizeof(padded) + 22), back, &type, &n), 0);
	ck_assert_uint_eq(type, RECORD_DATA);
	ck_assert_uint_eq(n, 1);
	ck_assert_uint_eq(back[0], 'x');
	ck_assert_int_eq(record_seal(&a, 0, slice_of(padded + 2, 3), out), 0);
	ck_assert_int_eq(
	    record_open(&b, slice_of(out, 3 + 22), back, &type, &n), AX_E_PEER);
	record_fini(&a);
	record_fini(&b);
}
END_TEST

START_TEST(record_keys_change_when_they_are_used_up_and_not_sooner)
{
	uint8_t out[64], back[64], type;
	struct slice text = slice_str("a text");
	struct record_side a, b;
	size_t n;

	init(&a, RECORD_AES128_GCM, NULL);
	init(&b, RECORD_AES128_GCM, NULL);
	ck_assert(!record_key_is_used_up(&a));
	ck_assert(!record_key_may_change(&b));
	a.seq = b.seq = RECORD_PER_KEY;
	ck_assert(record_key_is_used_up(&a));
	ck_assert(record_key_may_change(&b));
	ck_assert_int_eq(record_next_key(&a), 0);
	ck_assert_uint_eq(a.seq, 0);
	ck_assert_int_eq(record_seal(&a, RECORD_DATA, text, out), 0);
	ck_assert_int_eq(record_next_key(&b), 0);
	ck_assert_int_eq(
	    record_open(&b, slice_of(out, text.n + 22), back, &type, &n), 0);
	ck_assert_mem_eq(back, text.p, text.n);
	record_fini(&b);
	init(&b, RECORD_AES128_GCM, NULL);
	ck_assert_int_eq(record_open(
	    &b, slice_of(out, text.n + 22), back, &type, &n), AX_E_PEER);
	record_fini(&a);
	record_fini(&b);
}
END_TEST

CHECK_MAIN("tls/record", record_is_the_one_of_the_rfc,
    records_open_whoever_sealed_them, record_refuses_any_flipped_bit,
    record_refuses_repetition_and_reordering,
    record_removes_padding_and_refuses_nothing_else,
    record_keys_change_when_they_are_used_up_and_not_sooner)
