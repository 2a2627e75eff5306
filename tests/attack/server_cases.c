/* server_cases.c — a bad relay, before the agent.
 *
 * Thread: the only one.                                                      */
#include <string.h>

#include "attack.h"
#include "base/assert.h"

static uint8_t mem[65536];

#define ONLY_13 "002b 0002 0304"
#define RETRY_RANDOM "cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c"

/* Waits for the agent's hello; false if none came. */
static bool
await_hello(struct attack *a)
{
	return raw_parse_hello(&a->raw, raw_read_message(&a->raw, mem));
}

/* A ServerHello of this kind, and nothing after it. */
static void
server_hello(struct attack *a)
{
	if (!await_hello(a))
		return;
	raw_message(&a->raw, RAW_SERVER_HELLO,
	    raw_server_hello(&a->raw, mem, a->text));
}

/* One that is a HelloRetryRequest. */
static void
hello_retry(struct attack *a)
{
	struct slice body;

	if (!await_hello(a))
		return;
	body = raw_server_hello(&a->raw, mem, a->text);
	(void)raw_unhex(RETRY_RANDOM, mem + 2);
	raw_message(&a->raw, RAW_SERVER_HELLO, body);
}

/* The end of the random that says "I could do better" (RFC 8446 4.1.3). */
static void
downgrade(struct attack *a)
{
	struct slice body;

	if (!await_hello(a))
		return;
	body = raw_server_hello(&a->raw, mem, a->text);
	memcpy(mem + 2 + 24, "DOWNGRD\1", 8);
	raw_message(&a->raw, RAW_SERVER_HELLO, body);
}

static void
other_session_id(struct attack *a)
{
	if (!await_hello(a))
		return;
	memset(a->raw.session_id, 0x77, 32);
	a->raw.session_id_len = 32;
	raw_message(&a->raw, RAW_SERVER_HELLO,
	    raw_server_hello(&a->raw, mem, NULL));
}

static void
bytes(struct attack *a)
{
	if (await_hello(a))
		raw_send(&a->raw, a->text, strlen(a->text));
}

static void
hex_bytes(struct attack *a)
{
	static uint8_t out[4096];

	if (await_hello(a))
		raw_send(&a->raw, out, raw_unhex(a->text, out));
}

/* Everything in the clear in one record: what a TLS 1.2 server may do. */
static void
hello_and_more(struct attack *a)
{
	struct slice m;

	if (!await_hello(a))
		return;
	m = raw_wrap(
	    RAW_SERVER_HELLO, raw_server_hello(&a->raw, mem + 4, NULL), mem);
	memcpy(mem + m.n, "\x08\0\0\2\0\0", 6);
	raw_clear(&a->raw, RAW_HANDSHAKE, slice_of(mem, m.n + 6));
}

static void
hello_in_two_records(struct attack *a)
{
	struct slice m;

	if (!await_hello(a))
		return;
	m = raw_wrap(
	    RAW_SERVER_HELLO, raw_server_hello(&a->raw, mem + 4, NULL), mem);
	raw_clear(&a->raw, RAW_HANDSHAKE, slice_of(mem, 50));
	raw_clear(&a->raw, RAW_HANDSHAKE, slice_skip(m, 50));
}

static void
good(struct attack *a)
{
	attack_show_leaf(a);
	if (raw_meet_client(&a->raw))
		raw_authenticate(&a->raw);
}

static void
show_clone(struct attack *a)
{
	attack_show_clone(a, a->arg);
	if (raw_meet_client(&a->raw))
		raw_authenticate(&a->raw);
}

static void
show_other_ca(struct attack *a)
{
	attack_show_other_ca(a, a->arg);
	if (raw_meet_client(&a->raw))
		raw_authenticate(&a->raw);
}

static void
send_request(struct attack *a)
{
	static const uint8_t request[] = { 0, 0, 8, 0, 13, 0, 4, 0, 2, 8, 7 };

	raw_message(&a->raw, RAW_CERTIFICATE_REQUEST,
	    slice_of(request, sizeof(request)));
}

static void
send_certificate(struct attack *a)
{
	raw_message(&a->raw, RAW_CERTIFICATE, raw_certificate(&a->raw, mem));
}

static void
send_verify(struct attack *a, const struct forge_key *key, const char *context)
{
	raw_message(&a->raw, RAW_CERTIFICATE_VERIFY,
	    raw_certificate_verify(&a->raw, context, key, mem));
}

static void
send_finished(struct attack *a)
{
	raw_message(&a->raw, RAW_FINISHED, raw_finished(&a->raw, mem));
}

/* Finished right after EncryptedExtensions: as with a pre-shared key. */
static void
without_certificate(struct attack *a)
{
	if (!raw_meet_client(&a->raw))
		return;
	if (a->arg)
		send_request(a);
	send_finished(a);
}

static void
empty_certificate(struct attack *a)
{
	if (!raw_meet_client(&a->raw))
		return;
	send_request(a);
	send_certificate(a);
	if (a->arg)
		send_verify(a, &a->raw.key, raw_server_context);
	send_finished(a);
}

static void
without_verify(struct attack *a)
{
	attack_show_leaf(a);
	if (!raw_meet_client(&a->raw))
		return;
	send_request(a);
	send_certificate(a);
	send_finished(a);
}

static void
stolen_certificate(struct attack *a)
{
	struct forge_key key;

	attack_show_leaf(a);
	ax_assert(forge_key_new(&key) == 0);
	if (!raw_meet_client(&a->raw))
		return;
	send_request(a);
	send_certificate(a);
	send_verify(a, &key, raw_server_context);
	send_finished(a);
}

static void
verify_of_the_client(struct attack *a)
{
	attack_show_leaf(a);
	if (!raw_meet_client(&a->raw))
		return;
	send_request(a);
	send_certificate(a);
	send_verify(a, &a->raw.key, raw_client_context);
	send_finished(a);
}

static void
verify_of_algorithm(struct attack *a)
{
	struct slice v;

	attack_show_leaf(a);
	if (!raw_meet_client(&a->raw))
		return;
	send_request(a);
	send_certificate(a);
	v = raw_certificate_verify(
	    &a->raw, raw_server_context, &a->raw.key, mem);
	mem[0] = (uint8_t)(a->arg >> 8);
	mem[1] = (uint8_t)a->arg;
	raw_message(&a->raw, RAW_CERTIFICATE_VERIFY, v);
	send_finished(a);
}

static void
bad_finished(struct attack *a)
{
	attack_show_leaf(a);
	if (!raw_meet_client(&a->raw))
		return;
	send_request(a);
	send_certificate(a);
	send_verify(a, &a->raw.key, raw_server_context);
	(void)raw_finished(&a->raw, mem);
	mem[0] ^= 1;
	raw_message(&a->raw, RAW_FINISHED, slice_of(mem, (size_t)a->arg));
}

static void
data_before_finished(struct attack *a)
{
	attack_show_leaf(a);
	if (!raw_meet_client(&a->raw))
		return;
	raw_record(&a->raw, RAW_DATA, slice_str("am I in?"));
}

static void
certificate_twice(struct attack *a)
{
	attack_show_leaf(a);
	if (!raw_meet_client(&a->raw))
		return;
	send_request(a);
	send_certificate(a);
	send_certificate(a);
	send_verify(a, &a->raw.key, raw_server_context);
	send_finished(a);
}

/* EncryptedExtensions of this kind instead of the empty ones. */
static void
extensions(struct attack *a)
{
	static uint8_t body[256];
	size_t n;

	attack_show_leaf(a);
	if (!raw_parse_hello(&a->raw, raw_read_message(&a->raw, mem)))
		return;
	raw_message(&a->raw, RAW_SERVER_HELLO,
	    raw_server_hello(&a->raw, mem, NULL));
	raw_handshake_keys(&a->raw);
	n = raw_unhex(a->text, body);
	raw_message(
	    &a->raw, RAW_ENCRYPTED_EXTENSIONS, slice_of(body, n));
	raw_authenticate(&a->raw);
}

/* Before any proof: a certificate of a byte a record. */
static void
many_records(struct attack *a)
{
	int i;

	if (!raw_meet_client(&a->raw))
		return;
	raw_record(&a->raw, RAW_HANDSHAKE, slice_of("\x0b\0\4\0", 4));
	for (i = 0; i < 40; i++)
		raw_record(&a->raw, RAW_HANDSHAKE, slice_of("", 1));
}

static void
many_bytes(struct attack *a)
{
	static const uint8_t zeros[16000];

	if (!raw_meet_client(&a->raw))
		return;
	raw_record(&a->raw, RAW_HANDSHAKE, slice_of("\x0b\0\xff\xff", 4));
	raw_record(&a->raw, RAW_HANDSHAKE, slice_of(zeros, sizeof(zeros)));
	raw_record(&a->raw, RAW_HANDSHAKE, slice_of(zeros, sizeof(zeros)));
}

static void
ccs(struct attack *a)
{
	int i;

	attack_show_leaf(a);
	if (!raw_meet_client(&a->raw))
		return;
	for (i = 0; i < a->arg; i++)
		raw_clear(&a->raw, RAW_CCS, slice_of("\1", 1));
	raw_authenticate(&a->raw);
}

static void
noise(struct attack *a)
{
	if (!await_hello(a))
		return;
	raw_message(&a->raw, RAW_SERVER_HELLO,
	    raw_server_hello(&a->raw, mem, NULL));
	raw_noise(&a->raw, (size_t)a->arg);
}

/* CVE-2024-0901: a record with a tag, a good one, and nothing else. */
static void
tag_only(struct attack *a)
{
	if (!raw_meet_client(&a->raw))
		return;
	raw_sealed_nothing(&a->raw);
}

static void
weak_share(struct attack *a)
{
	memset(a->raw.public_key, 0, 32);
	a->raw.public_key[0] = (uint8_t)a->arg;
	memset(a->raw.private_key, 0, 32);
	good(a);
}

#define NOTHING ATTACK_NOTHING
#define CA ATTACK_CA
#define LEAF ATTACK_LEAF
#define REFUSED ATTACK_REFUSED
#define OPEN ATTACK_OPEN
#define R(name, ...) { name, NOTHING, REFUSED, __VA_ARGS__ }

const struct attack_case server_cases[] = {
	{ "good", LEAF, OPEN, good, 0, NULL },
	{ "one-ccs", LEAF, OPEN, ccs, 1, NULL },

	R("http-response", bytes, 0, "HTTP/1.1 400 Bad Request\r\n\r\n"),
	R("ssh-banner", bytes, 0, "SSH-2.0-OpenSSH_9.2\r\n"),
	R("alert", hex_bytes, 0, "15 0303 0002 0228"),
	R("warning", hex_bytes, 0, "15 0303 0002 015a"),
	R("long-alert", hex_bytes, 0, "15 0303 0003 022800"),
	R("empty-record", hex_bytes, 0, "16 0303 0000"),
	R("ccs-first", hex_bytes, 0, "14 0303 0001 01"),
	R("ssl3", hex_bytes, 0, "16 0300 0000"),

	R("hello-retry", hello_retry, 0, "1303 " ONLY_13 "0033 0002 0017"),
	R("hello-retry-same-group", hello_retry, 0,
	    "1303 " ONLY_13 "0033 0002 001d"),
	R("hello-retry-cookie", hello_retry, 0,
	    "1303 " ONLY_13 "002c 0006 0004 61626364"),
	R("hello-retry-with-share", hello_retry, 0, "1303 " ONLY_13 "@"),
	R("tls12", server_hello, 0, "c02f ff01 0001 00"),
	R("tls12-in-versions", server_hello, 0, "1303 002b 0002 0303 @"),
	R("downgrade-random", downgrade, 0, "c02f ff01 0001 00"),
	R("suite-not-offered", server_hello, 0, "1302 " ONLY_13 "@"),
	R("suite-null", server_hello, 0, "0000 " ONLY_13 "@"),
	R("suite-integrity-only", server_hello, 0, "c0b4 " ONLY_13 "@"),
	R("psk", server_hello, 0, "1303 " ONLY_13 "@ 0029 0002 0000"),
	R("psk-without-share", server_hello, 0,
	    "1303 " ONLY_13 "0029 0002 0000"),
	R("share-missing", server_hello, 0, "1303 " ONLY_13),
	R("share-of-p256", server_hello, 0, "1303 " ONLY_13
		"0033 0045 0017 0041 04"
		"6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
		"4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"),
	R("share-short", server_hello, 0,
	    "1303 " ONLY_13 "0033 0005 001d 0001 09"),
	R("share-twice", server_hello, 0, "1303 " ONLY_13 "@ @"),
	R("unknown-extension", server_hello, 0, "1303 " ONLY_13 "@ 4242 0000"),
	R("alpn-in-hello", server_hello, 0,
	    "1303 " ONLY_13 "@ 0010 0005 0003 026832"),
	R("other-session-id", other_session_id, 0, NULL),
	R("hello-and-more", hello_and_more, 0, NULL),
	R("hello-in-two-records", hello_in_two_records, 0, NULL),
	{ "weak-share-0", LEAF, REFUSED, weak_share, 0, NULL },
	{ "weak-share-1", LEAF, REFUSED, weak_share, 1, NULL },

	{ "alpn", LEAF, REFUSED, extensions, 0, "0009 0010 0005 0003 026832" },
	{ "extensions-overrun", LEAF, REFUSED, extensions, 0, "00ff 0000" },

	{ "forged-ca-as-leaf", CA, REFUSED, show_clone, true, NULL },
	{ "forged-ca-above-leaf", CA, REFUSED, show_clone, false, NULL },
	{ "other-ca", CA, REFUSED, show_other_ca, false, NULL },
	{ "other-ca-of-that-name", CA, REFUSED, show_other_ca, true, NULL },
	R("no-certificate", without_certificate, false, NULL),
	R("no-certificate-but-a-request", without_certificate, true, NULL),
	R("empty-certificate", empty_certificate, false, NULL),
	R("empty-certificate-and-verify", empty_certificate, true, NULL),
	{ "no-verify", LEAF, REFUSED, without_verify, 0, NULL },
	{ "stolen-certificate", LEAF, REFUSED, stolen_certificate, 0, NULL },
	{ "verify-of-the-client", LEAF, REFUSED, verify_of_the_client, 0, NULL },
	{ "verify-claims-p256", LEAF, REFUSED, verify_of_algorithm, 0x0403,
	    NULL },
	{ "verify-claims-rsa", LEAF, REFUSED, verify_of_algorithm, 0x0804,
	    NULL },
	{ "bad-finished", LEAF, REFUSED, bad_finished, 32, NULL },
	{ "short-finished", LEAF, REFUSED, bad_finished, 16, NULL },
	{ "data-before-finished", LEAF, REFUSED, data_before_finished, 0, NULL },
	{ "certificate-twice", LEAF, REFUSED, certificate_twice, 0, NULL },
	{ "two-ccs", LEAF, REFUSED, ccs, 2, NULL },
	R("many-records", many_records, 0, NULL),
	R("many-bytes", many_bytes, 0, NULL),

	R("tag-only", tag_only, 0, NULL),
	R("record-0", noise, 0, NULL),
	R("record-1", noise, 1, NULL),
	R("record-8", noise, 8, NULL),
	R("record-15", noise, 15, NULL),
	R("record-16", noise, 16, NULL),
	R("record-17", noise, 17, NULL),
	R("record-16641", noise, 16641, NULL),
	R("record-65535", noise, 65535, NULL),
};
const size_t server_case_count = ARRAY_LEN(server_cases);
