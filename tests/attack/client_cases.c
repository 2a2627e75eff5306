/* client_cases.c — a bad agent, before the relay.
 *
 * Thread: the only one.                                                      */
#include <string.h>

#include "base/str.h"
#include "attack.h"
#include "base/assert.h"
#include "tls/file.h"

static uint8_t mem[65536];

/* --- hellos ---------------------------------------------------------------- */

#define VERSIONS "002b 0003 020304"
#define SIGALGS "000d 0006 0004 08070403"
#define GROUPS "000a 0004 0002001d"
#define USUAL VERSIONS SIGALGS "@" GROUPS

static void
hello(struct attack *a)
{
	raw_message(&a->raw, RAW_CLIENT_HELLO,
	    raw_client_hello(&a->raw, mem, a->text));
}

/* The whole hello as a message. */
static struct slice
hello_message(struct attack *a)
{
	struct slice body = raw_client_hello(&a->raw, mem + 4, NULL);

	return raw_wrap(RAW_CLIENT_HELLO, body, mem);
}

static void
hello_in_two_records(struct attack *a)
{
	struct slice m = hello_message(a);

	raw_clear(&a->raw, RAW_HANDSHAKE, slice_of(m.p, 100));
	raw_clear(&a->raw, RAW_HANDSHAKE, slice_skip(m, 100));
}

static void
hello_and_more(struct attack *a)
{
	struct slice m = hello_message(a);

	memcpy(mem + m.n, "\x18\0\0\1\0", 5);
	raw_clear(&a->raw, RAW_HANDSHAKE, slice_of(mem, m.n + 5));
}

static void
hello_twice(struct attack *a)
{
	struct slice m = hello_message(a);

	raw_clear(&a->raw, RAW_HANDSHAKE, m);
	raw_clear(&a->raw, RAW_HANDSHAKE, m);
}

/* arg bytes of padding that is an extension of its own. */
static void
hello_of_size(struct attack *a)
{
	static char text[16384];
	size_t n = (size_t)a->arg;
	struct str s;

	str_init(&s, text, sizeof(text));
	str_fmt(&s, USUAL "0015 %04zx", n);
	while (n-- > 0)
		str_add(&s, "00");
	a->text = text;
	hello(a);
}

/* Suites (hexadecimal with their length) instead of ours. */
static void
hello_of_suites(struct attack *a)
{
	struct slice body = raw_client_hello(&a->raw, mem + 4, NULL);
	static uint8_t out[8192];
	size_t head = 2 + 32 + 33, n;

	memcpy(out, body.p, head);
	n = head + raw_unhex(a->text, out + head);
	memcpy(out + n, body.p + head + 4, body.n - head - 4);
	raw_message(&a->raw, RAW_CLIENT_HELLO,
	    slice_of(out, n + body.n - head - 4));
}

static void
tls12_version(struct attack *a)
{
	struct slice body = raw_client_hello(&a->raw, mem + 4, NULL);

	mem[5] = (uint8_t)a->arg;
	raw_message(&a->raw, RAW_CLIENT_HELLO, body);
}

static void
bytes(struct attack *a)
{
	raw_send(&a->raw, a->text, strlen(a->text));
}

static void
hex_bytes(struct attack *a)
{
	raw_send(&a->raw, mem, raw_unhex(a->text, mem));
}

static void
garbage(struct attack *a)
{
	memset(mem, a->arg, 4096);
	raw_send(&a->raw, mem, 4096);
}

/* A key share that makes every shared secret the same. */
static void
weak_share(struct attack *a)
{
	memset(a->raw.public_key, 0, 32);
	a->raw.public_key[0] = (uint8_t)a->arg;
	memset(a->raw.private_key, 0, 32);
	attack_show_leaf(a);
	if (!raw_meet_server(&a->raw))
		return;
	raw_authenticate(&a->raw);
}

/* --- a handshake without what it needs ------------------------------------- */

static void
send_certificate(struct attack *a)
{
	raw_message(
	    &a->raw, RAW_CERTIFICATE, raw_certificate(&a->raw, mem));
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
	raw_application_tx(&a->raw);
	raw_record(&a->raw, RAW_DATA, slice_str("am I in?"));
}

/* What we show, then all of it as it should be. */
static void
show_clone(struct attack *a)
{
	attack_show_clone(a, a->arg);
	if (raw_meet_server(&a->raw))
		raw_authenticate(&a->raw);
}

static void
show_other_ca(struct attack *a)
{
	attack_show_other_ca(a, a->arg);
	if (raw_meet_server(&a->raw))
		raw_authenticate(&a->raw);
}

static void
good(struct attack *a)
{
	attack_show_leaf(a);
	if (raw_meet_server(&a->raw))
		raw_authenticate(&a->raw);
}

static void
without_certificate(struct attack *a)
{
	if (raw_meet_server(&a->raw))
		send_finished(a);
}

static void
empty_certificate(struct attack *a)
{
	if (!raw_meet_server(&a->raw))
		return;
	send_certificate(a);
	if (a->arg) /* and a proof of a key for it */
		send_verify(a, &a->raw.key, raw_client_context);
	send_finished(a);
}

static void
no_verify(struct attack *a)
{
	attack_show_leaf(a);
	if (!raw_meet_server(&a->raw))
		return;
	send_certificate(a);
	send_finished(a);
}

static void
verify_without_certificate(struct attack *a)
{
	attack_show_leaf(a);
	if (!raw_meet_server(&a->raw))
		return;
	send_verify(a, &a->raw.key, raw_client_context);
	send_finished(a);
}

static void
stolen_certificate(struct attack *a)
{
	struct forge_key key;

	attack_show_leaf(a);
	ax_assert(forge_key_new(&key) == 0);
	if (!raw_meet_server(&a->raw))
		return;
	send_certificate(a);
	send_verify(a, &key, raw_client_context);
	send_finished(a);
}

static void
verify_of_the_server(struct attack *a)
{
	attack_show_leaf(a);
	if (!raw_meet_server(&a->raw))
		return;
	send_certificate(a);
	send_verify(a, &a->raw.key, raw_server_context);
	send_finished(a);
}

/* A proof of other messages than these: as if recorded elsewhere. */
static void
verify_replayed(struct attack *a)
{
	struct slice v;
	static uint8_t kept[256];

	attack_show_leaf(a);
	if (!raw_meet_server(&a->raw))
		return;
	v = raw_certificate_verify(
	    &a->raw, raw_client_context, &a->raw.key, kept);
	send_certificate(a);
	raw_message(&a->raw, RAW_CERTIFICATE_VERIFY, v);
	send_finished(a);
}

/* The signature is good, the algorithm it claims is another. */
static void
verify_of_algorithm(struct attack *a)
{
	struct slice v;

	attack_show_leaf(a);
	if (!raw_meet_server(&a->raw))
		return;
	send_certificate(a);
	v = raw_certificate_verify(
	    &a->raw, raw_client_context, &a->raw.key, mem);
	mem[0] = (uint8_t)(a->arg >> 8);
	mem[1] = (uint8_t)a->arg;
	raw_message(&a->raw, RAW_CERTIFICATE_VERIFY, v);
	send_finished(a);
}

static void
bad_finished(struct attack *a)
{
	attack_show_leaf(a);
	if (!raw_meet_server(&a->raw))
		return;
	send_certificate(a);
	send_verify(a, &a->raw.key, raw_client_context);
	(void)raw_finished(&a->raw, mem);
	mem[31] ^= 1;
	raw_message(&a->raw, RAW_FINISHED, slice_of(mem, (size_t)a->arg));
}

static void
data_before_finished(struct attack *a)
{
	attack_show_leaf(a);
	if (!raw_meet_server(&a->raw))
		return;
	send_certificate(a);
	send_verify(a, &a->raw.key, raw_client_context);
	raw_record(&a->raw, RAW_DATA, slice_str("am I in?"));
}

static void
data_instead(struct attack *a)
{
	if (!raw_meet_server(&a->raw))
		return;
	raw_record(&a->raw, RAW_DATA, slice_str("am I in?"));
}

static void
certificate_twice(struct attack *a)
{
	attack_show_leaf(a);
	if (!raw_meet_server(&a->raw))
		return;
	send_certificate(a);
	send_certificate(a);
	send_verify(a, &a->raw.key, raw_client_context);
	send_finished(a);
}

/* First a good one, then one of nobody with its proof. */
static void
certificate_swapped(struct attack *a)
{
	struct forge_key mine = a->raw.key;

	attack_show_leaf(a);
	if (!raw_meet_server(&a->raw))
		return;
	send_certificate(a);
	a->raw.key = mine;
	blob_free(&a->raw.chain[0]);
	attack_show_other_ca(a, true);
	send_certificate(a);
	send_verify(a, &a->raw.key, raw_client_context);
	send_finished(a);
}

/* All of it in the clear. */
static void
unsealed(struct attack *a)
{
	attack_show_leaf(a);
	if (!raw_meet_server(&a->raw))
		return;
	a->raw.tx_sealed = false;
	raw_authenticate(&a->raw);
}

static void
ccs(struct attack *a)
{
	int i;

	attack_show_leaf(a);
	hello(a);
	for (i = 0; i < a->arg; i++)
		raw_clear(&a->raw, RAW_CCS, slice_of("\1", 1));
}

/* A good handshake with one ChangeCipherSpec, as middleboxes like it. */
static void
ccs_once(struct attack *a)
{
	attack_show_leaf(a);
	if (!raw_meet_server(&a->raw))
		return;
	raw_clear(&a->raw, RAW_CCS, slice_of("\1", 1));
	raw_authenticate(&a->raw);
}

/* arg bytes of noise in a sealed record, right after the ServerHello. */
static void
noise(struct attack *a)
{
	hello(a);
	raw_noise(&a->raw, (size_t)a->arg);
}

/* CVE-2024-0901: a record with a tag, a good one, and nothing else. */
static void
tag_only(struct attack *a)
{
	if (!raw_meet_server(&a->raw))
		return;
	raw_sealed_nothing(&a->raw);
}

static void
many_records(struct attack *a)
{
	int i;

	attack_show_leaf(a);
	if (!raw_meet_server(&a->raw))
		return;
	raw_record(&a->raw, RAW_HANDSHAKE, slice_of("\x0b\0\4\0", 4));
	for (i = 0; i < 40; i++)
		raw_record(&a->raw, RAW_HANDSHAKE, slice_of("", 1));
}

static void
many_bytes(struct attack *a)
{
	static const uint8_t zeros[16000];

	if (!raw_meet_server(&a->raw))
		return;
	raw_record(&a->raw, RAW_HANDSHAKE, slice_of("\x0b\0\xff\xff", 4));
	raw_record(&a->raw, RAW_HANDSHAKE, slice_of(zeros, sizeof(zeros)));
	raw_record(&a->raw, RAW_HANDSHAKE, slice_of(zeros, sizeof(zeros)));
}

static void
huge_certificate(struct attack *a)
{
	attack_show_leaf(a);
	if (!raw_meet_server(&a->raw))
		return;
	memset(mem, 0x30, 16000);
	memcpy(mem, "\0\0\x3e\x7c\0\x3e\x77", 7);
	raw_message(&a->raw, RAW_CERTIFICATE, slice_of(mem, 15999));
	send_finished(a);
}

static void
alerts(struct attack *a)
{
	int i;

	hello(a);
	for (i = 0; i < 100; i++)
		raw_clear(&a->raw, RAW_ALERT, slice_of("\1\x5a", 2));
}

static void
fragments(struct attack *a)
{
	struct slice m = hello_message(a);
	static uint8_t rec[8192];
	size_t i;

	raw_hash(&a->raw, m);
	memcpy(rec, (uint8_t[]){ 22, 3, 1, (uint8_t)(m.n >> 8), (uint8_t)m.n },
	    5);
	memcpy(rec + 5, m.p, m.n);
	for (i = 0; i < m.n + 5; i++)
		raw_send(&a->raw, rec + i, 1);
}

#define NOTHING ATTACK_NOTHING
#define CA ATTACK_CA
#define LEAF ATTACK_LEAF
#define REFUSED ATTACK_REFUSED
#define OPEN ATTACK_OPEN
#define R(name, ...) { name, NOTHING, REFUSED, __VA_ARGS__ }

const struct attack_case client_cases[] = {
	{ "good", LEAF, OPEN, good, 0, NULL },
	{ "one-ccs", LEAF, OPEN, ccs_once, 0, NULL },
	{ "hello-byte-by-byte", NOTHING, OPEN, fragments, 0, NULL },

	R("http-request", bytes, 0, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
	R("ssh-banner", bytes, 0, "SSH-2.0-OpenSSH_9.2\r\n"),
	R("garbage-00", garbage, 0, NULL),
	R("garbage-16", garbage, 0x16, NULL),
	R("garbage-17", garbage, 0x17, NULL),
	R("garbage-ff", garbage, 0xff, NULL),
	R("ssl2-hello", hex_bytes, 0, "802e01030100150000001000000a"),
	R("alert-first", hex_bytes, 0, "15 0303 0002 0228"),
	R("ccs-first", hex_bytes, 0, "14 0303 0001 01"),
	R("empty-record", hex_bytes, 0, "16 0301 0000"),
	R("server-hello", hex_bytes, 0, "16 0303 0040 0200003c 0303"
		"000000000000000000000000000000000000000000000000000000000000"
		"000000000000000000000000000000000000000000000000000000000000"),

	R("tls12-only", hello, 0, SIGALGS "@" GROUPS),
	R("tls12-in-versions", hello, 0, "002b 0003 020303" SIGALGS "@" GROUPS),
	R("tls10-legacy-version", tls12_version, 1, NULL),
	R("tls13-legacy-version", tls12_version, 4, NULL),
	R("null-suite", hello_of_suites, 0, "0002 0000"),
	R("anonymous-suites", hello_of_suites, 0, "0006 0034 c018 006c"),
	R("tls13-integrity-only-suites", hello_of_suites, 0, "0004 c0b4 c0b5"),
	R("aes-ccm-8-suite", hello_of_suites, 0, "0002 1305"),
	R("no-suites", hello_of_suites, 0, "0000"),

	R("psk", hello, 0, USUAL "002d 0002 0101 0029 002f 000a 0004 61626364"
		" 00000000 0021 20 000000000000000000000000000000000000000000"
		"0000000000000000000000"),
	R("psk-without-share", hello, 0, VERSIONS "002d 0002 0100"
		" 0029 002f 000a 0004 61626364 00000000 0021 20 0000000000000000"
		"000000000000000000000000000000000000000000000000"),
	R("early-data", hello, 0, USUAL "002a 0000"),
	R("alpn", hello, 0, USUAL "0010 000e 000c 02 6832 08 687474702f312e31"),
	R("alpn-overrun", hello, 0, USUAL "0010 0004 00ff 0261"),
	R("cookie", hello, 0, USUAL "002c 0006 0004 61626364"),
	R("status-request", hello, 0, USUAL "0005 0005 0100000000"),
	R("session-ticket", hello, 0, USUAL "0023 0000"),
	R("max-fragment-length", hello, 0, USUAL "0001 0001 01"),
	R("record-size-limit", hello, 0, USUAL "001c 0002 0040"),
	R("raw-public-key", hello, 0, USUAL "0013 0002 0102"),
	R("unknown-extension", hello, 0, USUAL "4242 0001 00"),
	R("extension-twice", hello, 0, USUAL VERSIONS),
	R("share-twice", hello, 0, USUAL "@"),
	R("share-list-with-two", hello, 0, VERSIONS SIGALGS GROUPS
		"0033 004a 0048 001d 0020 "
		"0900000000000000000000000000000000000000000000000000000000000000"
		"001d 0020 "
		"0900000000000000000000000000000000000000000000000000000000000000"),
	R("share-of-p256", hello, 0, VERSIONS SIGALGS "000a 0004 00020017"
		"0033 0047 0045 0017 0041 04"
		"6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
		"4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"),
	R("share-of-p256-hello-retry", hello, 0, VERSIONS SIGALGS GROUPS
		"0033 0002 0000"),
	R("share-short", hello, 0, VERSIONS SIGALGS GROUPS
		"0033 0007 0005 001d 0001 09"),
	R("share-missing", hello, 0, VERSIONS SIGALGS GROUPS),
	R("groups-missing", hello, 0, VERSIONS SIGALGS "@"),
	R("signature-algorithms-missing", hello, 0, VERSIONS "@" GROUPS),
	R("hello-of-1201-bytes", hello_of_size, 1020, NULL),
	R("hello-of-4-kilobytes", hello_of_size, 4000, NULL),
	R("hello-in-two-records", hello_in_two_records, 0, NULL),
	R("hello-and-another-message", hello_and_more, 0, NULL),
	R("hello-twice", hello_twice, 0, NULL),

	{ "weak-share-0", LEAF, REFUSED, weak_share, 0, NULL },
	{ "weak-share-1", LEAF, REFUSED, weak_share, 1, NULL },

	{ "forged-ca-as-leaf", CA, REFUSED, show_clone, true, NULL },
	{ "forged-ca-above-leaf", CA, REFUSED, show_clone, false, NULL },
	{ "other-ca", CA, REFUSED, show_other_ca, false, NULL },
	{ "other-ca-of-that-name", CA, REFUSED, show_other_ca, true, NULL },
	R("no-certificate", without_certificate, 0, NULL),
	R("empty-certificate", empty_certificate, false, NULL),
	R("empty-certificate-and-verify", empty_certificate, true, NULL),
	R("data-instead-of-certificate", data_instead, 0, NULL),
	{ "no-verify", LEAF, REFUSED, no_verify, 0, NULL },
	{ "verify-without-certificate", LEAF, REFUSED,
	    verify_without_certificate, 0, NULL },
	{ "stolen-certificate", LEAF, REFUSED, stolen_certificate, 0, NULL },
	{ "verify-of-the-server", LEAF, REFUSED, verify_of_the_server, 0, NULL },
	{ "verify-replayed", LEAF, REFUSED, verify_replayed, 0, NULL },
	{ "verify-claims-p256", LEAF, REFUSED, verify_of_algorithm, 0x0403,
	    NULL },
	{ "verify-claims-rsa", LEAF, REFUSED, verify_of_algorithm, 0x0804,
	    NULL },
	{ "verify-claims-nothing", LEAF, REFUSED, verify_of_algorithm, 0, NULL },
	{ "bad-finished", LEAF, REFUSED, bad_finished, 32, NULL },
	{ "short-finished", LEAF, REFUSED, bad_finished, 16, NULL },
	{ "empty-finished", LEAF, REFUSED, bad_finished, 0, NULL },
	{ "data-before-finished", LEAF, REFUSED, data_before_finished, 0, NULL },
	{ "certificate-twice", LEAF, REFUSED, certificate_twice, 0, NULL },
	{ "certificate-swapped", LEAF, REFUSED, certificate_swapped, 0, NULL },
	{ "unsealed", LEAF, REFUSED, unsealed, 0, NULL },
	{ "two-ccs", LEAF, REFUSED, ccs, 2, NULL },
	{ "many-ccs", LEAF, REFUSED, ccs, 50, NULL },
	R("alert-flood", alerts, 0, NULL),
	{ "many-records", LEAF, REFUSED, many_records, 0, NULL },
	R("many-bytes", many_bytes, 0, NULL),
	{ "huge-certificate", LEAF, REFUSED, huge_certificate, 0, NULL },

	R("tag-only", tag_only, 0, NULL),
	R("record-0", noise, 0, NULL),
	R("record-1", noise, 1, NULL),
	R("record-2", noise, 2, NULL),
	R("record-3", noise, 3, NULL),
	R("record-4", noise, 4, NULL),
	R("record-5", noise, 5, NULL),
	R("record-6", noise, 6, NULL),
	R("record-7", noise, 7, NULL),
	R("record-8", noise, 8, NULL),
	R("record-9", noise, 9, NULL),
	R("record-10", noise, 10, NULL),
	R("record-11", noise, 11, NULL),
	R("record-12", noise, 12, NULL),
	R("record-13", noise, 13, NULL),
	R("record-14", noise, 14, NULL),
	R("record-15", noise, 15, NULL),
	R("record-16", noise, 16, NULL),
	R("record-17", noise, 17, NULL),
	R("record-16640", noise, 16640, NULL),
	R("record-16641", noise, 16641, NULL),
	R("record-65535", noise, 65535, NULL),
};
const size_t client_case_count = ARRAY_LEN(client_cases);
