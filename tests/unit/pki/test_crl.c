/* test_crl.c — revocation lists, read by the reader that the relay uses. */
#include "pki/crl.h"

#include "../check_main.h"
#include "parse/crl.h"

#define NOW  INT64_C(1790000000)
#define MANY 1000

static const uint8_t name[] = {
    0x30, 13, 0x31, 11, 0x30, 9, 6, 3, 0x55, 4, 3, 0x0c, 2, 'c', 'a'};

/* Writes, signs and walks a list; der is to be ended. */
static void
make(const struct crl_entry *entries, size_t n, uint64_t number,
    struct buf *der, struct crl *out)
{
	size_t cap = crl_tbs_max(n);
	uint8_t *mem = malloc(cap);
	struct der_out o;
	struct key k;
	struct err e = {0};

	ck_assert_ptr_nonnull(mem);
	ck_assert_int_eq(key_generate(IDENTITY_ED25519, &k, &e), 0);
	der_out_init(&o, mem, cap);
	crl_write_tbs(
	    &o, &(struct crl_args){.issuer = slice_of(name, sizeof(name)),
		    .issuer_key = &k.public,
		    .number = number,
		    .this_update = NOW,
		    .next_update = NOW + 7,
		    .entries = entries,
		    .n_entries = n});
	buf_init(der);
	ck_assert_int_eq(key_sign(&k, der_out_slice(&o), der, &e), 0);
	ck_assert_msg(crl_walk(buf_slice(der), out, &e) == 0, "%s", e.text);
	ck_assert_int_eq(
	    pubkey_verify(&k.public, out->tbs, out->signature, &e), 0);
	free(mem);
}

START_TEST(crl_without_entries_is_a_good_list)
{
	struct buf der;
	struct crl c;

	make(NULL, 0, 1, &der, &c);
	ck_assert_int_eq(c.this_update, NOW);
	ck_assert_int_eq(c.next_update, NOW + 7);
	ck_assert_uint_eq(c.number, 1);
	ck_assert_uint_eq(c.entries.n, 0);
	ck_assert(slice_eq(c.issuer, slice_of(name, sizeof(name))));
	buf_fini(&der);
}
END_TEST

START_TEST(crl_keeps_its_entries_in_order)
{
	struct crl_entry *in = calloc(MANY, sizeof(*in));
	struct slice entries, serial;
	struct buf der;
	struct crl c;
	int64_t when;

	ck_assert_ptr_nonnull(in);
	for (size_t i = 0; i < MANY; i++) {
		cert_serial(in[i].serial);
		in[i].revoked = NOW - (int64_t)i;
	}
	make(in, MANY, 2, &der, &c);
	entries = c.entries;
	for (size_t i = 0; i < MANY; i++) {
		ck_assert(crl_next(&entries, &serial, &when));
		ck_assert(
		    slice_eq(serial, slice_of(in[i].serial, CERT_SERIAL_LEN)));
		ck_assert_int_eq(when, in[i].revoked);
	}
	ck_assert(!crl_next(&entries, &serial, &when));
	buf_fini(&der);
	free(in);
}
END_TEST

START_TEST(crl_numbers_have_64_bits)
{
	static const uint64_t numbers[] = {
	    0, 127, 128, UINT32_MAX, UINT64_C(0x8000000000000000), UINT64_MAX};
	struct buf der;
	struct crl c;

	for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
		make(NULL, 0, numbers[i], &der, &c);
		ck_assert_uint_eq(c.number, numbers[i]);
		buf_fini(&der);
	}
}
END_TEST

START_TEST(crl_has_room_for_entries_after_2050)
{
	struct crl_entry in[64];
	struct buf der;
	struct crl c;

	for (size_t i = 0; i < ARRAY_LEN(in); i++) {
		cert_serial(in[i].serial);
		in[i].revoked = INT64_C(2600000000);
	}
	make(in, ARRAY_LEN(in), UINT64_MAX, &der, &c);
	for (size_t i = 0; i < ARRAY_LEN(in); i++)
		ck_assert(crl_has(&c, slice_of(in[i].serial, CERT_SERIAL_LEN)));
	buf_fini(&der);
}
END_TEST

CHECK_MAIN("crl", crl_without_entries_is_a_good_list,
    crl_keeps_its_entries_in_order, crl_numbers_have_64_bits,
    crl_has_room_for_entries_after_2050)
