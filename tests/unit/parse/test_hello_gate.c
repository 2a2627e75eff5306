/* test_hello_gate.c — the one hello that passes, and one step away from it in
 * every direction.                                                           */
#include "base/cursor.h"
#include "base/str.h"
#include "parse/hello_gate.h"

#include "../check_main.h"

/* What a hello is made of; zero means as an agent sends it. */
struct spec {
	uint8_t type, record_version, message;
	uint16_t legacy;
	int sid_len;	    /* -1: none */
	const char *suites; /* hexadecimal */
	const char *compression;
	const char *extensions; /* all of them, instead */
	const char *more;	/* extensions after the usual ones */
	size_t padding;		/* bytes of an SNI that is as long as needed */
	int length_off;		/* added to a length that lies */
};

static uint8_t
nibble(char c)
{
	return (uint8_t)(c <= '9' ? c - '0' : c - 'a' + 10);
}

static void
put_hex(struct writer *w, const char *hex)
{
	for (; hex[0] != '\0'; hex++) {
		if (hex[0] == ' ')
			continue;
		writer_u8(w, (uint8_t)(nibble(hex[0]) << 4 | nibble(hex[1])));
		hex++;
	}
}

#define SHARE "0033 0026 0024 001d 0020 " \
	"0102030405060708090a0b0c0d0e0f10111213141516171819 1a1b1c1d1e1f20"
#define VERSIONS "002b 0003 02 0304"
#define SIGALGS "000d 0006 0004 0807 0403"
#define GROUPS "000a 0004 0002 001d"
#define USUAL "002d 0002 0100 " VERSIONS SIGALGS SHARE "0016 0000" GROUPS

static void
put_sni(struct writer *w, size_t n)
{
	writer_u16(w, 0);
	writer_u16(w, (uint16_t)(n + 5));
	writer_u16(w, (uint16_t)(n + 3));
	writer_u8(w, 0);
	writer_u16(w, (uint16_t)n);
	while (n-- > 0)
		writer_u8(w, 'a');
}

static void
patch_u16(struct writer *w, size_t at, size_t v)
{
	w->start[at] = (uint8_t)(v >> 8);
	w->start[at + 1] = (uint8_t)v;
}

static struct slice
client_hello(const struct spec *s, uint8_t *mem, size_t cap)
{
	struct writer w;
	size_t at;

	writer_init(&w, mem, cap);
	writer_u8(&w, s->type == 0 ? 22 : s->type);
	writer_u8(&w, 3);
	writer_u8(&w, s->record_version == 0 ? 3 : s->record_version);
	writer_u16(&w, 0);
	writer_u8(&w, s->message == 0 ? 1 : s->message);
	writer_u24(&w, 0);
	writer_u16(&w, s->legacy == 0 ? 0x0303 : s->legacy);
	for (at = 0; at < 32; at++)
		writer_u8(&w, (uint8_t)at);
	writer_u8(&w, (uint8_t)(s->sid_len < 0 ? 0 : s->sid_len));
	writer_zero(&w, (size_t)(s->sid_len < 0 ? 0 : s->sid_len));
	put_hex(&w, s->suites == NULL ? "0004 1301 1303" : s->suites);
	put_hex(&w, s->compression == NULL ? "01 00" : s->compression);
	at = writer_len(&w);
	writer_u16(&w, 0);
	put_hex(&w, s->extensions == NULL ? USUAL : s->extensions);
	if (s->padding > 0)
		put_sni(&w, s->padding);
	if (s->more != NULL)
		put_hex(&w, s->more);
	ck_assert(!w.bad);
	patch_u16(&w, at, writer_len(&w) - at - 2 + (size_t)s->length_off);
	patch_u16(&w, 7, writer_len(&w) - 9);
	patch_u16(&w, 3, writer_len(&w) - 5);
	return slice_of(mem, writer_len(&w));
}

static int
gate(struct slice in, struct err *e)
{
	struct hello_gate g = { .len = 0 };
	size_t used;

	return gate_client_hello(&g, in, &used, e);
}

static int
try_spec(const struct spec *s)
{
	uint8_t mem[2048];
	struct err e = { 0 };
	int r = gate(client_hello(s, mem, sizeof(mem)), &e);

	ck_assert(r == 0 || e.text[0] != '\0');
	return r;
}

START_TEST(gate_passes_what_an_agent_sends)
{
	static const struct spec good[] = {
		{ .sid_len = 0 },
		{ .sid_len = 32 },
		{ .record_version = 1 },
		{ .padding = 17 },
		{ .padding = 255 },
		{ .suites = "0002 1303" },
		{ .suites = "0006 1302 1301 c02b" },
		{ .more = "0032 0004 0002 0807" },
		{ .more = "000b 0002 0100 0017 0000" },
		{ .extensions = "002b 0005 04 0304 0303" SIGALGS SHARE GROUPS },
		{ .extensions = VERSIONS SIGALGS SHARE "000a 0006 0004 0017 001d" },
	};
	size_t i;

	for (i = 0; i < ARRAY_LEN(good); i++)
		ck_assert_msg(try_spec(&good[i]) == 0, "row %zu", i);
}
END_TEST

START_TEST(gate_refuses_everything_else)
{
	static const struct spec bad[] = {
		{ .type = 23 },
		{ .type = 21 },
		{ .record_version = 4 },
		{ .message = 2 },
		{ .legacy = 0x0301 },
		{ .legacy = 0x0304 },
		{ .sid_len = 31 },
		{ .sid_len = 33 },
		{ .suites = "0000" },
		{ .suites = "0003 1301 13" },
		{ .suites = "0002 c02b" },
		{ .suites = "0002 0000" },	   /* NULL */
		{ .suites = "0004 0034 c018" },	   /* anonymous */
		{ .suites = "00ff 1301" },	   /* runs out */
		{ .compression = "02 0001" },
		{ .compression = "01 01" },
		{ .compression = "00" },
		{ .padding = 256 },
		{ .length_off = 1 },
		{ .length_off = -1 },
		/* without one that is needed */
		{ .extensions = SIGALGS SHARE GROUPS },
		{ .extensions = VERSIONS SIGALGS GROUPS },
		{ .extensions = VERSIONS SIGALGS SHARE },
		{ .extensions = VERSIONS SHARE GROUPS },
		/* only TLS 1.2 */
		{ .extensions = "002b 0003 02 0303" SIGALGS SHARE GROUPS },
		{ .extensions = "002b 0002 02 03" SIGALGS SHARE GROUPS },
		{ .extensions = "002b 0001 00" SIGALGS SHARE GROUPS },
		/* groups without X25519, malformed, too many */
		{ .extensions = VERSIONS SIGALGS SHARE "000a 0004 0002 0017" },
		{ .extensions = VERSIONS SIGALGS SHARE "000a 0003 0001 00" },
		{ .extensions = VERSIONS SIGALGS SHARE "000a 0004 0003 001d" },
		/* key share: P-256, none, two, short, duplicate */
		{ .extensions = VERSIONS SIGALGS GROUPS "0033 0002 0000" },
		{ .extensions = VERSIONS SIGALGS GROUPS
			"0033 0007 0005 0017 0001 04" },
		{ .extensions = VERSIONS SIGALGS GROUPS
			"0033 0007 0005 001d 0001 04" },
		{ .extensions = VERSIONS SIGALGS GROUPS
			"0033 004a 0048 "
			"001d 0020 01020304050607080102030405060708"
			"01020304050607080102030405060708"
			"001d 0020 01020304050607080102030405060708"
			"01020304050607080102030405060708" },
		/* what atlax never uses */
		{ .more = "0029 0002 0000" },	/* pre_shared_key */
		{ .more = "002a 0000" },	/* early_data */
		{ .more = "0010 0005 0003 02 6832" }, /* ALPN */
		{ .more = "002c 0003 0001 00" },	/* cookie */
		{ .more = "0005 0005 0100000000" },	/* status_request */
		{ .more = "0001 0001 01" },	/* max_fragment_length */
		{ .more = "0023 0000" },	/* session_ticket */
		{ .more = "0031 0000" },	/* post_handshake_auth */
		{ .more = "ff01 0001 00" },	/* renegotiation_info */
		{ .more = "fe0d 0000" },	/* encrypted_client_hello */
		{ .more = "1a1a 0000" },	/* anything */
		/* twice */
		{ .more = VERSIONS },
		{ .more = SHARE },
		{ .more = "0016 0000" },
		/* malformed */
		{ .more = "0016" },
		{ .more = "0016 0001" },
		{ .more = "000b ffff 00" },
		/* server names */
		{ .more = "0000 0000" },
		{ .more = "0000 0002 0000" },
		{ .more = "0000 0006 0004 01 0001 61" },
		{ .more = "0000 0006 0004 00 0001 20" },
		{ .more = "0000 0006 0004 00 0001 00" },
		{ .more = "0000 0005 0003 00 0000" },
		{ .more = "0000 000a 0008 00 0001 61 00 0001 62" },
		/* signature algorithms: none, odd */
		{ .extensions = VERSIONS SHARE GROUPS "000d 0002 0000" },
		{ .extensions = VERSIONS SHARE GROUPS "000d 0005 0003 080704" },
	};
	size_t i;

	for (i = 0; i < ARRAY_LEN(bad); i++)
		ck_assert_msg(
		    try_spec(&bad[i]) == AX_E_PEER, "row %zu passed", i);
}
END_TEST

START_TEST(gate_refuses_more_than_32_signature_algorithms)
{
	char more[512];
	struct spec s = { .extensions = more };
	struct str text;

	str_init(&text, more, sizeof(more));
	str_add(&text, VERSIONS SHARE GROUPS "000d 0044 0042");
	for (int i = 0; i < 33; i++)
		str_add(&text, "0807");
	ck_assert_int_eq(try_spec(&s), AX_E_PEER);
}
END_TEST

START_TEST(gate_takes_a_hello_cut_anywhere)
{
	struct spec s = { .padding = 17 };
	uint8_t mem[2048];
	struct slice hello = client_hello(&s, mem, sizeof(mem));
	size_t cut, used;

	for (cut = 0; cut < hello.n; cut++) {
		struct hello_gate g = { .len = 0 };

		ck_assert_int_eq(gate_client_hello(&g, slice_of(hello.p, cut),
				     &used, NULL), AX_E_AGAIN);
		ck_assert_uint_eq(used, cut);
		ck_assert_int_eq(gate_client_hello(&g, slice_skip(hello, cut),
				     &used, NULL), 0);
		ck_assert_uint_eq(used, hello.n - cut);
		ck_assert(slice_eq(slice_of(g.bytes, g.len), hello));
	}
}
END_TEST

START_TEST(gate_leaves_what_follows_the_record)
{
	struct spec s = { 0 };
	uint8_t mem[2048] = { 0 };
	struct slice hello = client_hello(&s, mem, sizeof(mem) - 100);
	struct hello_gate g = { .len = 0 };
	size_t used;

	ck_assert_int_eq(gate_client_hello(&g,
			     slice_of(hello.p, hello.n + 100), &used, NULL), 0);
	ck_assert_uint_eq(used, hello.n);
}
END_TEST

START_TEST(gate_refuses_a_second_message_in_the_record)
{
	struct spec s = { 0 };
	uint8_t mem[2048];
	struct slice hello = client_hello(&s, mem, sizeof(mem));

	mem[hello.n] = 1; /* the start of another */
	patch_u16(&(struct writer){ .start = mem }, 3, hello.n - 5 + 4);
	ck_assert_int_eq(gate(slice_of(mem, hello.n + 4), NULL), AX_E_PEER);
}
END_TEST

START_TEST(gate_judges_the_head_before_it_waits_for_the_body)
{
	static const uint8_t heads[][5] = {
		{ 22, 3, 1, 0x04, 0xb1 }, /* 1201 */
		{ 22, 3, 1, 0x40, 0x00 },
		{ 22, 3, 1, 0x00, 0x3f }, /* 63 */
		{ 22, 2, 0, 0x01, 0x00 },
		{ 'G', 'E', 'T', ' ', '/' },
		{ 0x80, 0x2e, 1, 0, 2 }, /* SSL 2 */
	};
	size_t i;

	for (i = 0; i < ARRAY_LEN(heads); i++)
		ck_assert_msg(gate(slice_of(heads[i], 5), NULL) == AX_E_PEER,
		    "row %zu", i);
	ck_assert_int_eq(gate(slice_str("G"), NULL), AX_E_PEER);
	ck_assert_int_eq(gate(slice_of(NULL, 0), NULL), AX_E_AGAIN);
}
END_TEST

START_TEST(gate_never_reads_outside_a_mutated_hello)
{
	struct spec s = { .padding = 40 };
	struct rng rng;
	int i;

	rng_seed(&rng, test_seed());
	for (i = 0; i < 100000; i++) {
		uint8_t mem[2048], *copy;
		struct slice hello = client_hello(&s, mem, sizeof(mem));
		int k, flips = (int)rng_below(&rng, 4) + 1;

		for (k = 0; k < flips; k++)
			mem[5 + rng_below(&rng, hello.n - 5)] =
			    (uint8_t)rng_u64(&rng);
		copy = malloc(hello.n); /* for the sanitizer to see its end */
		ck_assert_ptr_nonnull(copy);
		memcpy(copy, mem, hello.n);
		(void)!gate(slice_of(copy, hello.n), NULL);
		free(copy);
	}
}
END_TEST

/* --- the agent's mirror --------------------------------------------------- */

#define SERVER_SHARE "0033 0024 001d 0020 " \
	"0102030405060708090a0b0c0d0e0f10111213141516171819 1a1b1c1d1e1f20"
#define SERVER_VERSION "002b 0002 0304"

static int
try_server(const char *body)
{
	struct hello_gate g = { .len = 0 };
	uint8_t mem[1024];
	struct err e = { 0 };
	struct writer w;
	size_t used;
	int r;

	writer_init(&w, mem, sizeof(mem));
	put_hex(&w, "16 0303 0000 02 000000");
	put_hex(&w, body);
	patch_u16(&w, 7, writer_len(&w) - 9);
	patch_u16(&w, 3, writer_len(&w) - 5);
	r = gate_server_hello(&g, slice_of(mem, writer_len(&w)), &used, &e);
	ck_assert(r == 0 || e.text[0] != '\0');
	return r;
}

#define RANDOM "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define RETRY "cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c"

START_TEST(gate_passes_what_a_relay_answers)
{
	ck_assert_int_eq(try_server("0303" RANDOM "00 1301 00 002e"
		SERVER_VERSION SERVER_SHARE), 0);
	ck_assert_int_eq(try_server("0303" RANDOM "20" RANDOM "1303 00 002e"
		SERVER_SHARE SERVER_VERSION), 0);
}
END_TEST

START_TEST(gate_refuses_other_answers)
{
	static const char *const bad[] = {
		/* HelloRetryRequest */
		"0303" RETRY "00 1301 00 002e" SERVER_VERSION SERVER_SHARE,
		"0303" RETRY "00 1301 00 000c" SERVER_VERSION "0033 0002 0017"
		"000000000000000000000000000000000000",
		"0301" RANDOM "00 1301 00 002e" SERVER_VERSION SERVER_SHARE,
		"0303" RANDOM "00 1302 00 002e" SERVER_VERSION SERVER_SHARE,
		"0303" RANDOM "00 c02b 00 002e" SERVER_VERSION SERVER_SHARE,
		"0303" RANDOM "00 1301 01 002e" SERVER_VERSION SERVER_SHARE,
		"0303" RANDOM "00 1301 00 002f" SERVER_VERSION SERVER_SHARE,
		"0303" RANDOM "00 1301 00 0028" SERVER_SHARE,
		"0303" RANDOM "00 1301 00 0034" SERVER_VERSION SERVER_VERSION
		SERVER_SHARE,
		/* a pre-shared key, a cookie, TLS 1.2 */
		"0303" RANDOM "00 1301 00 0034" SERVER_VERSION SERVER_SHARE
		"0029 0002 0000",
		"0303" RANDOM "00 1301 00 0032" SERVER_VERSION SERVER_SHARE
		"002c 0000",
		"0303" RANDOM "00 1301 00 002e 002b 0002 0303" SERVER_SHARE,
		"0303" RANDOM "00 1301 00 0000 0000000000000000000000000000"
		"0000000000000000000000000000000000000000",
		/* a share of P-256, a short one */
		"0303" RANDOM "00 1301 00 002e" SERVER_VERSION
		"0033 0024 0017 0020 " RANDOM,
		"0303" RANDOM "00 1301 00 002d" SERVER_VERSION
		"0033 0023 001d 001f "
		"00112233445566778899aabbccddeeff00112233445566778899aabbccddee",
	};
	size_t i;

	for (i = 0; i < ARRAY_LEN(bad); i++)
		ck_assert_msg(
		    try_server(bad[i]) == AX_E_PEER, "row %zu passed", i);
}
END_TEST

START_TEST(gate_tells_the_alert_that_a_relay_answers)
{
	static const uint8_t alert[] = { 21, 3, 3, 0, 2, 2, 40 };
	struct hello_gate g = { .len = 0 };
	struct err e = { 0 };
	size_t used;

	ck_assert_int_eq(
	    gate_server_hello(&g, slice_of(alert, 3), &used, &e), AX_E_AGAIN);
	ck_assert_int_eq(
	    gate_server_hello(&g, slice_of(alert + 3, 4), &used, &e),
	    AX_E_PEER);
	ck_assert_ptr_nonnull(strstr(e.text, "alert 40"));
}
END_TEST

CHECK_MAIN("hello_gate", gate_passes_what_an_agent_sends,
    gate_refuses_everything_else,
    gate_refuses_more_than_32_signature_algorithms,
    gate_takes_a_hello_cut_anywhere, gate_leaves_what_follows_the_record,
    gate_refuses_a_second_message_in_the_record,
    gate_judges_the_head_before_it_waits_for_the_body,
    gate_never_reads_outside_a_mutated_hello,
    gate_passes_what_a_relay_answers, gate_refuses_other_answers,
    gate_tells_the_alert_that_a_relay_answers)
