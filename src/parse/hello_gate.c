/* hello_gate.c — lets exactly one shape of ClientHello and of ServerHello pass.
 *
 * A list of what is allowed, not of what is known to be bad: most holes of TLS
 * libraries before authentication sit in extensions that atlax never needs
 * (doc/THREATS), and a peer of atlax has no reason to send them.
 *
 * Thread: owner. Pure. Invariant: g->bytes holds the start of one record and
 * never a byte more; nothing is accepted of which a byte was not looked at.  */
#include "parse/hello_gate.h"

#include "base/assert.h"
#include "base/cursor.h"
#include "base/defs.h"

#define RECORD_HEAD 5
#define HELLO_MIN 64 /* bytes of record body; a real one has more */
#define HELLO_MAX 1200

#define RECORD_ALERT 21
#define RECORD_HANDSHAKE 22
#define CLIENT_HELLO 1
#define SERVER_HELLO 2

#define TLS12 0x0303 /* what TLS 1.3 calls itself where old boxes look */
#define TLS13 0x0304
#define AES_128_GCM 0x1301
#define CHACHA20_POLY1305 0x1303
#define X25519 0x001d
#define X25519_LEN 32

#define EXT_SERVER_NAME 0
#define EXT_GROUPS 10
#define EXT_POINT_FORMATS 11
#define EXT_SIGALGS 13
#define EXT_ENCRYPT_THEN_MAC 22
#define EXT_EXTENDED_MASTER 23
#define EXT_VERSIONS 43
#define EXT_PSK_MODES 45
#define EXT_SIGALGS_CERT 50
#define EXT_KEY_SHARE 51

#define SIGALGS_MAX 32
#define SUITES_MAX 32
#define NAME_MAX_BYTES 255

static int
refuse(struct err *e, const char *why)
{
	return err_set(e, AX_E_PEER, "%s", why);
}

static struct reader
sub(struct reader *r, size_t n)
{
	struct reader child;
	bool bad = r->bad || reader_left(r) < n;

	reader_init(&child, reader_bytes(r, n));
	child.bad = bad;
	return child;
}

/* Is v one of the 16-bit values that fill r? At most max of them. */
static bool
has_u16(struct reader r, uint16_t v, size_t max)
{
	bool found = false;

	if (r.bad || reader_left(&r) % 2 != 0 || reader_left(&r) / 2 > max)
		return false;
	while (reader_left(&r) > 0)
		found = reader_u16(&r) == v || found;
	return found;
}

/* A list with its own 16-bit length that fills the extension. */
static struct reader
whole_list(struct reader *ext)
{
	struct reader list = sub(ext, reader_u16(ext));

	if (!reader_done(ext))
		list.bad = true;
	return list;
}

static bool
is_name_char(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
}

static int
check_server_name(struct reader *ext, struct err *e)
{
	struct reader list = whole_list(ext);
	struct slice name;
	uint8_t kind = reader_u8(&list);
	size_t i;

	name = reader_bytes(&list, reader_u16(&list));
	if (!reader_done(&list) || kind != 0 || name.n == 0 ||
	    name.n > NAME_MAX_BYTES)
		return refuse(e, "the hello's server name is malformed");
	for (i = 0; i < name.n; i++)
		if (!is_name_char(name.p[i]))
			return refuse(
			    e, "the hello's server name is not a host name");
	return 0;
}

static int
check_sigalgs(struct reader *ext, struct err *e)
{
	struct reader list = whole_list(ext);
	size_t n = reader_left(&list);

	if (list.bad || n == 0 || n % 2 != 0 || n / 2 > SIGALGS_MAX)
		return refuse(
		    e, "the hello's signature algorithms are malformed");
	return 0;
}

static int
check_groups(struct reader *ext, struct err *e)
{
	if (!has_u16(whole_list(ext), X25519, SIGALGS_MAX))
		return refuse(e, "the hello does not offer X25519");
	return 0;
}

static int
check_versions(struct reader *ext, struct err *e)
{
	struct reader list = sub(ext, reader_u8(ext));

	if (!reader_done(ext) || !has_u16(list, TLS13, 8))
		return refuse(e, "the hello does not offer TLS 1.3");
	return 0;
}

/* One share, X25519: a second one costs memory and time before anything is
 * proven, and duplicates are a bug of the library (CVE-2025-11936).          */
static int
check_key_share(struct reader *ext, struct err *e)
{
	struct reader list = whole_list(ext);
	uint16_t group = reader_u16(&list), len = reader_u16(&list);

	reader_skip(&list, len);
	if (!reader_done(&list) || group != X25519 || len != X25519_LEN)
		return refuse(e, "the hello's key share is not one of X25519");
	return 0;
}

/* Content that decides nothing in TLS 1.3, or is bounded by the record. */
static int
check_nothing(struct reader *ext, struct err *e)
{
	(void)e;
	reader_skip(ext, reader_left(ext));
	return 0;
}

static const struct extension {
	uint16_t type;
	bool needed;
	int (*check)(struct reader *ext, struct err *e);
} extensions[] = {
	{ EXT_VERSIONS, true, check_versions },
	{ EXT_KEY_SHARE, true, check_key_share },
	{ EXT_GROUPS, true, check_groups },
	{ EXT_SIGALGS, true, check_sigalgs },
	{ EXT_SIGALGS_CERT, false, check_sigalgs },
	{ EXT_SERVER_NAME, false, check_server_name },
	{ EXT_POINT_FORMATS, false, check_nothing },
	{ EXT_ENCRYPT_THEN_MAC, false, check_nothing },
	{ EXT_EXTENDED_MASTER, false, check_nothing },
	{ EXT_PSK_MODES, false, check_nothing },
};

/* Which row of the table; ARRAY_LEN for an extension that is not in it. */
static size_t
find_extension(uint16_t type)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(extensions); i++)
		if (extensions[i].type == type)
			break;
	return i;
}

static int
check_extension(struct reader *r, uint32_t *seen, struct err *e)
{
	uint16_t type = reader_u16(r);
	struct reader ext = sub(r, reader_u16(r));
	size_t i = find_extension(type);

	if (ext.bad)
		return refuse(e, "the hello's extensions are malformed");
	if (i == ARRAY_LEN(extensions))
		return err_set(e, AX_E_PEER,
		    "the hello has extension %u, which atlax does not use",
		    (unsigned)type);
	if (*seen & 1u << i)
		return refuse(e, "the hello has an extension twice");
	*seen |= 1u << i;
	return extensions[i].check(&ext, e);
}

static int
check_extensions(struct reader r, struct err *e)
{
	uint32_t seen = 0;
	size_t i;
	int code;

	while (reader_left(&r) > 0) {
		code = check_extension(&r, &seen, e);
		if (code < 0)
			return code;
	}
	for (i = 0; i < ARRAY_LEN(extensions); i++)
		if (extensions[i].needed && !(seen & 1u << i))
			return err_set(e, AX_E_PEER,
			    "the hello lacks extension %u: it is not one of "
			    "TLS 1.3",
			    (unsigned)extensions[i].type);
	return 0;
}

/* Type and length in front of a handshake message that fills the record. */
static bool
message_fills(struct reader *r, uint8_t type)
{
	uint8_t got = reader_u8(r);
	uint32_t len = reader_u24(r);

	return !r->bad && got == type && len == reader_left(r);
}

static int
check_client_hello(struct slice body, struct err *e)
{
	struct reader r, suites;
	uint8_t sid_len;

	reader_init(&r, body);
	if (!message_fills(&r, CLIENT_HELLO))
		return refuse(e, "the record is not exactly one ClientHello");
	if (reader_u16(&r) != TLS12)
		return refuse(e, "the hello is not one of TLS 1.3");
	reader_skip(&r, 32); /* random */
	sid_len = reader_u8(&r);
	if (sid_len != 0 && sid_len != 32)
		return refuse(e, "the hello's session id is malformed");
	reader_skip(&r, sid_len);
	suites = sub(&r, reader_u16(&r));
	if (!has_u16(suites, AES_128_GCM, SUITES_MAX) &&
	    !has_u16(suites, CHACHA20_POLY1305, SUITES_MAX))
		return refuse(e, "the hello offers no cipher of atlax");
	if (reader_u8(&r) != 1 || reader_u8(&r) != 0)
		return refuse(e, "the hello offers compression");
	if (reader_u16(&r) != reader_left(&r) || r.bad)
		return refuse(e, "the hello is malformed");
	return check_extensions(r, e);
}

/* SHA-256 of "HelloRetryRequest" (RFC 8446 4.1.3). We offer one group; a retry
 * can only be a mistake or an attack on the code for it.                     */
static const uint8_t retry_random[32] = { 0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a,
	0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91, 0xc2, 0xa2,
	0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8,
	0x33, 0x9c };

/* supported_versions and key_share, each once, nothing else. */
static int
check_server_extensions(struct reader r, struct err *e)
{
	bool version = false, share = false;
	struct reader ext;
	uint16_t type;

	while (reader_left(&r) > 0) {
		type = reader_u16(&r);
		ext = sub(&r, reader_u16(&r));
		if (type == EXT_VERSIONS && !version)
			version = reader_u16(&ext) == TLS13;
		else if (type == EXT_KEY_SHARE && !share)
			share = reader_u16(&ext) == X25519 &&
			    reader_u16(&ext) == X25519_LEN &&
			    reader_bytes(&ext, X25519_LEN).n == X25519_LEN;
		else
			return refuse(e,
			    "the relay's hello has an unexpected extension");
		if (!reader_done(&ext))
			return refuse(e, "the relay's hello is malformed");
	}
	if (!version || !share)
		return refuse(
		    e, "the relay's hello is not one of TLS 1.3 with X25519");
	return 0;
}

static int
check_server_hello(struct slice body, struct err *e)
{
	struct reader r;
	struct slice random;
	uint16_t suite;

	reader_init(&r, body);
	if (!message_fills(&r, SERVER_HELLO))
		return refuse(e, "the record is not exactly one ServerHello");
	if (reader_u16(&r) != TLS12)
		return refuse(e, "the relay's hello is not one of TLS 1.3");
	random = reader_bytes(&r, 32);
	if (slice_eq(random, slice_of(retry_random, sizeof(retry_random))))
		return refuse(e, "the relay asks for another hello");
	reader_skip(&r, reader_u8(&r)); /* session id; the library compares it */
	suite = reader_u16(&r);
	if (suite != AES_128_GCM && suite != CHACHA20_POLY1305)
		return refuse(e, "the relay chose a cipher that was not offered");
	if (reader_u8(&r) != 0)
		return refuse(e, "the relay chose compression");
	if (reader_u16(&r) != reader_left(&r) || r.bad)
		return refuse(e, "the relay's hello is malformed");
	return check_server_extensions(r, e);
}

static size_t
body_len(const struct hello_gate *g)
{
	return (size_t)g->bytes[3] << 8 | g->bytes[4];
}

/* Takes from in until g holds want bytes; true when it does. */
static bool
take_until(struct hello_gate *g, size_t want, struct slice *in)
{
	size_t n = MIN(in->n, want - g->len);

	ax_assert(g->len <= want && want <= sizeof(g->bytes));
	if (n > 0)
		memcpy(g->bytes + g->len, in->p, n);
	g->len = (uint16_t)(g->len + n);
	*in = slice_skip(*in, n);
	return g->len == want;
}

/* What is there of the head. An alert may come instead of a ServerHello. */
static int
check_head(const struct hello_gate *g, bool alert_ok, struct err *e)
{
	bool alert = alert_ok && g->len > 0 && g->bytes[0] == RECORD_ALERT;
	size_t min = alert ? 2 : HELLO_MIN, max = alert ? 2 : HELLO_MAX;

	if (g->len > 0 && g->bytes[0] != RECORD_HANDSHAKE && !alert)
		return refuse(e, "this is not a TLS handshake");
	if (g->len > 1 && g->bytes[1] != 3)
		return refuse(e, "this is not TLS 1.3");
	if (g->len < RECORD_HEAD)
		return AX_E_AGAIN;
	if (g->bytes[2] < 1 || g->bytes[2] > 3)
		return refuse(e, "this is not TLS 1.3");
	if (body_len(g) < min || body_len(g) > max)
		return err_set(e, AX_E_PEER,
		    "the hello has an unusual size (%zu bytes)", body_len(g));
	return 0;
}

/* One record, collected; its head is judged as soon as it is there, so that
 * nobody makes us wait for a body that cannot pass.                          */
static int
collect(struct hello_gate *g, struct slice in, size_t *used, bool alert_ok,
    struct err *e)
{
	size_t before = in.n;
	int r = 0;

	if (g->len < RECORD_HEAD) {
		(void)take_until(g, RECORD_HEAD, &in);
		r = check_head(g, alert_ok, e);
	}
	if (r == 0 && !take_until(g, RECORD_HEAD + body_len(g), &in))
		r = AX_E_AGAIN;
	*used = before - in.n;
	return r;
}

static struct slice
record_body(const struct hello_gate *g)
{
	return slice_of(g->bytes + RECORD_HEAD, body_len(g));
}

int
gate_client_hello(
    struct hello_gate *g, struct slice in, size_t *used, struct err *e)
{
	int r = collect(g, in, used, false, e);

	return r < 0 ? r : check_client_hello(record_body(g), e);
}

int
gate_server_hello(
    struct hello_gate *g, struct slice in, size_t *used, struct err *e)
{
	int r = collect(g, in, used, true, e);

	if (r < 0)
		return r;
	if (g->bytes[0] != RECORD_ALERT)
		return check_server_hello(record_body(g), e);
	/* The relay says why not: that is what its operator should read. */
	return err_set(e, AX_E_PEER,
	    "the relay refused the connection with TLS alert %u",
	    (unsigned)g->bytes[RECORD_HEAD + 1]);
}
