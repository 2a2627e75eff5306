/* test_key.c — keys, against vectors of RFC 8032, RFC 8410 and RFC 6979. */
#include "pki/key.h"

#include "pki/pem.h"

#include "../check_main.h"

static const enum identity_key types[] = {IDENTITY_ED25519, IDENTITY_P256};

static void
make(enum identity_key type, struct key *k)
{
	struct err e;

	ck_assert_int_eq(key_generate(type, k, &e), 0);
}

START_TEST(key_survives_being_written_and_read)
{
	struct key a, b;
	struct err e;
	struct buf pem;

	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		make(types[i], &a);
		buf_init(&pem);
		ck_assert_int_eq(key_write_pem(&a, &pem), 0);
		ck_assert_int_eq(key_read_pem(buf_slice(&pem), &b, &e), 0);
		ck_assert_mem_eq(a.secret, b.secret, KEY_SECRET_LEN);
		ck_assert(pubkey_eq(&a.public, &b.public));
		key_wipe(&pem);
	}
}
END_TEST

START_TEST(key_generates_another_key_each_time)
{
	struct key a, b;

	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		make(types[i], &a);
		make(types[i], &b);
		ck_assert(!pubkey_eq(&a.public, &b.public));
	}
}
END_TEST

START_TEST(key_reads_the_example_of_rfc8410)
{
	static const char pem[] =
	    "-----BEGIN PRIVATE KEY-----\n"
	    "MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n"
	    "-----END PRIVATE KEY-----\n";
	static const uint8_t public[] = {0x19, 0xbf, 0x44, 0x09, 0x69, 0x84,
	    0xcd, 0xfe, 0x85, 0x41, 0xba, 0xc1, 0x67, 0xdc, 0x3b, 0x96, 0xc8,
	    0x50, 0x86, 0xaa, 0x30, 0xb6, 0xb6, 0xcb, 0x0c, 0x5c, 0x38, 0xad,
	    0x70, 0x31, 0x66, 0xe1};
	struct key k;
	struct err e;

	ck_assert_int_eq(key_read_pem(slice_str(pem), &k, &e), 0);
	ck_assert_int_eq(k.public.type, IDENTITY_ED25519);
	ck_assert_uint_eq(k.public.len, sizeof(public));
	ck_assert_mem_eq(k.public.bytes, public, sizeof(public));
}
END_TEST

/* PKCS#8 of a P-256 key with this secret and no public half. */
static int
read_p256(const uint8_t secret[32], struct key *k)
{
	static const uint8_t alg[] = {0x30, 19, 6, 7, 0x2a, 0x86, 0x48, 0xce,
	    0x3d, 2, 1, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7};
	uint8_t mem[128];
	struct der_out o;
	struct buf pem;
	struct err e;
	int r;

	der_out_init(&o, mem, sizeof(mem));
	der_out_tlv(&o, DER_OCTET_STRING, slice_of(secret, 32));
	der_out_u64(&o, 1);
	der_out_wrap(&o, DER_SEQUENCE, 0);
	der_out_wrap(&o, DER_OCTET_STRING, 0);
	der_out_bytes(&o, slice_of(alg, sizeof(alg)));
	der_out_u64(&o, 0);
	der_out_wrap(&o, DER_SEQUENCE, 0);
	buf_init(&pem);
	ck_assert_int_eq(pem_write(&pem, PEM_KEY, der_out_slice(&o)), 0);
	r = key_read_pem(buf_slice(&pem), k, &e);
	buf_fini(&pem);
	return r;
}

START_TEST(key_computes_the_public_half_of_rfc6979_a25)
{
	static const uint8_t secret[] = {0xc9, 0xaf, 0xa9, 0xd8, 0x45, 0xba,
	    0x75, 0x16, 0x6b, 0x5c, 0x21, 0x57, 0x67, 0xb1, 0xd6, 0x93, 0x4e,
	    0x50, 0xc3, 0xdb, 0x36, 0xe8, 0x9b, 0x12, 0x7b, 0x8a, 0x62, 0x2b,
	    0x12, 0x0f, 0x67, 0x21};
	static const uint8_t x[] = {0x60, 0xfe, 0xd4, 0xba, 0x25, 0x5a, 0x9d,
	    0x31, 0xc9, 0x61, 0xeb, 0x74, 0xc6, 0x35, 0x6d, 0x68, 0xc0, 0x49,
	    0xb8, 0x92, 0x3b, 0x61, 0xfa, 0x6c, 0xe6, 0x69, 0x62, 0x2e, 0x60,
	    0xf2, 0x9f, 0xb6};
	struct key k;

	ck_assert_int_eq(read_p256(secret, &k), 0);
	ck_assert_uint_eq(k.public.len, 65);
	ck_assert_uint_eq(k.public.bytes[0], 4);
	ck_assert_mem_eq(k.public.bytes + 1, x, sizeof(x));
}
END_TEST

START_TEST(key_refuses_a_scalar_outside_of_the_group)
{
	static const uint8_t zero[32],
	    order[] = {0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff,
		0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa, 0xad, 0xa7,
		0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25,
		0x51};
	struct key k;

	ck_assert_int_lt(read_p256(zero, &k), 0);
	ck_assert_int_lt(read_p256(order, &k), 0);
}
END_TEST

START_TEST(key_refuses_what_it_cannot_use)
{
	static const char *const pems[] = {
	    /* encrypted; X25519; Ed25519 of 31 bytes; not DER */
	    "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n"
	    "-----END ENCRYPTED PRIVATE KEY-----\n",
	    "-----BEGIN PRIVATE KEY-----\n"
	    "MC4CAQAwBQYDK2VuBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n"
	    "-----END PRIVATE KEY-----\n",
	    "-----BEGIN PRIVATE KEY-----\n"
	    "MC0CAQAwBQYDK2VwBCEEH9Ty5y2/"
	    "kTWErVtjx92n4rTr+fCjL8dT74Jeoj0R1WEI=\n"
	    "-----END PRIVATE KEY-----\n",
	    "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
	};
	static const uint8_t nothing[KEY_SECRET_LEN];
	struct key k;
	struct err e;

	for (size_t i = 0; i < ARRAY_LEN(pems); i++) {
		ck_assert_int_lt(key_read_pem(slice_str(pems[i]), &k, &e), 0);
		ck_assert_mem_eq(k.secret, nothing, sizeof(nothing));
	}
}
END_TEST

START_TEST(key_leaves_nothing_of_a_secret_that_it_forgot)
{
	static const struct key nothing;
	struct key k;

	make(IDENTITY_ED25519, &k);
	key_forget(&k);
	ck_assert_mem_eq(&k, &nothing, sizeof(k));
}
END_TEST

/* The three parts of what key_sign made. */
static void
parts(const struct buf *b, struct slice *tbs, struct slice *sig,
    enum identity_key t)
{
	struct der d, outer;

	der_init(&d, buf_slice(b));
	outer = der_enter(&d, DER_SEQUENCE);
	*tbs = der_take_whole(&outer, DER_SEQUENCE);
	ck_assert(slice_eq(
	    der_take_whole(&outer, DER_SEQUENCE), key_signature_algorithm(t)));
	*sig = der_bits(&outer);
	ck_assert(der_done(&outer) && der_done(&d));
}

START_TEST(key_signs_what_only_its_own_public_half_verifies)
{
	static const uint8_t text[] = {0x30, 3, 2, 1, 5};
	struct slice tbs, sig;
	struct key k, other;
	struct buf b;
	struct err e;

	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		make(types[i], &k);
		make(types[i], &other);
		buf_init(&b);
		ck_assert_int_eq(
		    key_sign(&k, slice_of(text, sizeof(text)), &b, &e), 0);
		parts(&b, &tbs, &sig, types[i]);
		ck_assert(slice_eq(tbs, slice_of(text, sizeof(text))));
		ck_assert_int_eq(pubkey_verify(&k.public, tbs, sig, &e), 0);
		ck_assert_int_eq(
		    pubkey_verify(&other.public, tbs, sig, &e), AX_E_CRYPTO);
		buf_fini(&b);
	}
}
END_TEST

START_TEST(key_verification_fails_for_every_changed_bit)
{
	static const uint8_t text[] = {0x30, 3, 2, 1, 5};
	struct slice tbs, sig;
	uint8_t bad[128];
	struct key k;
	struct buf b;
	struct err e;

	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		make(types[i], &k);
		buf_init(&b);
		ck_assert_int_eq(
		    key_sign(&k, slice_of(text, sizeof(text)), &b, &e), 0);
		parts(&b, &tbs, &sig, types[i]);
		for (size_t bit = 0; bit < sig.n * 8; bit += 5) {
			memcpy(bad, sig.p, sig.n);
			bad[bit / 8] ^= (uint8_t)(1u << bit % 8);
			ck_assert_int_lt(pubkey_verify(&k.public, tbs,
					     slice_of(bad, sig.n), &e),
			    0);
		}
		buf_fini(&b);
	}
}
END_TEST

START_TEST(key_does_not_sign_nothing)
{
	struct key k;
	struct buf b;
	struct err e;

	make(IDENTITY_ED25519, &k);
	buf_init(&b);
	ck_assert_int_eq(key_sign(&k, slice_of(NULL, 0), &b, &e), AX_E_CRYPTO);
	ck_assert_uint_eq(buf_len(&b), 0);
	buf_fini(&b);
}
END_TEST

START_TEST(pubkey_survives_being_written_and_read)
{
	uint8_t mem[128];
	struct der_out o;
	struct pubkey out;
	struct key k;
	struct err e;
	struct der d;

	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		make(types[i], &k);
		der_out_init(&o, mem, sizeof(mem));
		pubkey_write(&o, &k.public);
		der_init(&d, der_out_slice(&o));
		ck_assert_int_eq(pubkey_read(&d, &out, &e), 0);
		ck_assert(der_done(&d));
		ck_assert(pubkey_eq(&k.public, &out));
	}
}
END_TEST

START_TEST(pubkey_refuses_compressed_points_and_other_lengths)
{
	static const uint8_t lengths[] = {0, 31, 33, 64};
	uint8_t mem[128];
	struct pubkey k = {.type = IDENTITY_P256, .len = 65}, out;
	struct der_out o;
	struct err e;
	struct der d;

	for (uint8_t first = 0; first < 8; first++) {
		k.bytes[0] = first;
		der_out_init(&o, mem, sizeof(mem));
		pubkey_write(&o, &k);
		der_init(&d, der_out_slice(&o));
		ck_assert_int_eq(pubkey_read(&d, &out, &e),
		    first == 4 ? 0 : AX_E_UNSUPPORTED);
	}
	for (size_t i = 0; i < 2 * ARRAY_LEN(lengths); i++) {
		k.type = i % 2 ? IDENTITY_P256 : IDENTITY_ED25519;
		k.len = lengths[i / 2];
		k.bytes[0] = 4;
		der_out_init(&o, mem, sizeof(mem));
		pubkey_write(&o, &k);
		der_init(&d, der_out_slice(&o));
		ck_assert_int_eq(pubkey_read(&d, &out, &e), AX_E_UNSUPPORTED);
	}
}
END_TEST

CHECK_MAIN("key", key_survives_being_written_and_read,
    key_generates_another_key_each_time, key_reads_the_example_of_rfc8410,
    key_computes_the_public_half_of_rfc6979_a25,
    key_refuses_a_scalar_outside_of_the_group, key_refuses_what_it_cannot_use,
    key_leaves_nothing_of_a_secret_that_it_forgot,
    key_signs_what_only_its_own_public_half_verifies,
    key_verification_fails_for_every_changed_bit, key_does_not_sign_nothing,
    pubkey_survives_being_written_and_read,
    pubkey_refuses_compressed_points_and_other_lengths)
