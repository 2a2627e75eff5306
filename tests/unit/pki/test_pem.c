/* test_pem.c — PEM there and back. */
#include "pki/pem.h"

#include "../check_main.h"

START_TEST(pem_gives_back_what_it_was_given)
{
	uint8_t in[600], out[640];
	struct rng rng;
	struct buf b;
	struct err e;
	size_t n;

	rng_seed(&rng, test_seed());
	for (size_t i = 0; i < sizeof(in); i++)
		in[i] = (uint8_t)rng_u64(&rng);
	for (size_t len = 1; len <= sizeof(in); len++) {
		buf_init(&b);
		ck_assert_int_eq(pem_write(&b, PEM_CRL, slice_of(in, len)), 0);
		ck_assert_int_eq(
		    pem_read(buf_slice(&b), PEM_CRL, out, sizeof(out), &n, &e),
		    0);
		ck_assert_uint_eq(n, len);
		ck_assert_mem_eq(in, out, len);
		buf_fini(&b);
	}
}
END_TEST

START_TEST(pem_writes_the_form_that_everybody_reads)
{
	static const char want[] = "-----BEGIN CERTIFICATE-----\n"
				   "MAMCAQU=\n"
				   "-----END CERTIFICATE-----\n";
	struct buf b;

	buf_init(&b);
	ck_assert_int_eq(
	    pem_write(&b, PEM_CERTIFICATE, slice_of("\x30\3\2\1\5", 5)), 0);
	ck_assert(slice_eq(buf_slice(&b), slice_str(want)));
	buf_fini(&b);
}
END_TEST

START_TEST(pem_ignores_what_stands_around_the_block)
{
	static const char *const texts[] = {
	    "Certificate Request:\n  Data: x\n-----BEGIN X509 CRL-----\nAAAA\n"
	    "-----END X509 CRL-----\n-----BEGIN CERTIFICATE-----\nMAMCAQU=\n"
	    "-----END CERTIFICATE-----\ntail",
	    "-----BEGIN CERTIFICATE-----\r\nMAMC\r\nAQU=\r\n"
	    "-----END CERTIFICATE-----\r\n",
	};
	uint8_t out[16];
	struct err e;
	size_t n;

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		ck_assert_int_eq(pem_read(slice_str(texts[i]), PEM_CERTIFICATE,
				     out, sizeof(out), &n, &e),
		    0);
		ck_assert_uint_eq(n, 5);
		ck_assert_mem_eq(out, "\x30\3\2\1\5", 5);
	}
}
END_TEST

START_TEST(pem_refuses_what_is_none)
{
	static const char *const texts[] = {"", "hello",
	    "-----BEGIN CERTIFICATE-----\n",
	    "-----BEGIN CERTIFICATE-----\n-----END X509 CRL-----\n",
	    "-----END CERTIFICATE-----\n-----BEGIN CERTIFICATE-----\n",
	    "-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n",
	    "-----BEGIN CERTIFICATE----------END CERTIFICATE-----\n",
	    "-----BEGIN PRIVATE KEY-----\nMAMCAQU=\n-----END PRIVATE "
	    "KEY-----\n",
	    /* longer than the array for it */
	    "-----BEGIN CERTIFICATE-----\nAAAAAAAAAAAAAAAA\n"
	    "-----END CERTIFICATE-----\n"};
	uint8_t out[8];
	struct err e;
	size_t n;

	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		ck_assert_msg(pem_read(slice_str(texts[i]), PEM_CERTIFICATE,
				  out, sizeof(out), &n, &e) == AX_E_SYNTAX,
		    "case %zu", i);
}
END_TEST

CHECK_MAIN("pem", pem_gives_back_what_it_was_given,
    pem_writes_the_form_that_everybody_reads,
    pem_ignores_what_stands_around_the_block, pem_refuses_what_is_none)
