/* odd.c — generates odd certificates.
 *
 * Thread: the only one. Invariant: number i is the same certificate at every
 * call with the same base.                                                   */
#include "odd.h"

#include "base/assert.h"
#include "base/str.h"
#include "parse/der_out.h"

#define DAY 86400
#define X63 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

struct label {
	const char *p;
	size_t n;
	bool good;
};

#define GOOD(s) { s, sizeof(s) - 1, true }
#define BAD(s) { s, sizeof(s) - 1, false }

static const struct label labels[] = {
	GOOD("acme"), GOOD("a"), GOOD("0"), GOOD("a-b"), GOOD("a--b"),
	GOOD("9-9"), GOOD("xn--bcher-kva"), GOOD("123456"), GOOD(X63),
	BAD(""), BAD("-"), BAD("-a"), BAD("a-"), BAD("A"), BAD("Acme"),
	BAD("ACME"), BAD("a.b"), BAD("acme."), BAD(".acme"), BAD("."),
	BAD(".."), BAD("../acme"), BAD("a/../b"), BAD("a/b"), BAD("/"),
	BAD("a_b"), BAD("a b"), BAD(" acme"), BAD("acme "), BAD("acme\0"),
	BAD("acme\0.evil"), BAD("\0"), BAD("\0acme"), BAD("acme\n"),
	BAD("acme\r\n"), BAD("a\tb"), BAD("\033[2J"), BAD("*"), BAD("*.acme"),
	BAD("a*"), BAD("a@b"), BAD("a:1"), BAD("a%61"), BAD("a+b"), BAD("a,b"),
	BAD("a=b"), BAD("a;b"), BAD("a|b"), BAD("$a"), BAD("~"), BAD("a\\b"),
	BAD("{a}"), BAD("<a>"), BAD("a&b"), BAD("#"), BAD("a?b"), BAD("a!"),
	BAD("(a)"), BAD("a'b"), BAD("a\"b"), BAD("a`b"), BAD(X63 "x"),
	BAD(X63 X63 X63), BAD("\xc3\xa9"), BAD("\xd0\xb0" "cme"),
	BAD("\xef\xbd\x81" "cme"), BAD("acme\xe2\x80\x8b"),
	BAD("\xe2\x80\xae" "acme"), BAD("acme\x7f"), BAD("\xff"),
	BAD("a\xc3"), BAD("acme\xcc\x81"),
};

/* One certificate; NULL and zero mean as it should be. Hexadecimal texts are
 * whole elements that stand instead.                                         */
struct row {
	const char *name;
	bool good, by_date;
	uint8_t cn_tag;
	const char *subject, *san_names, *san_value;
	const char *uri;
	const char *eku, *usage, *basic; /* extnValue; "" : no such extension */
	const char *first, *last;	 /* Extension elements beside them */
	bool san_critical, eku_critical, no_extensions;
	int64_t from_s, to_s; /* from now; 0: default */
	const char *validity, *serial, *version, *spki, *algorithm;
	bool self_issued;
	size_t many; /* extensions nobody knows */
	const char *tail; /* after the extensions, inside the body */
};

#define CN_ACME "300b 0603 550403 0c04 61636d65"
#define ACME "310d " CN_ACME
#define URI_ACME "8610 61746c61783a2f2f61636d652f6e6173"
#define CLIENT "0608 2b06010505070302"
#define SERVER "0608 2b06010505070301"

static const struct row rows[] = {
	{ .name = "as it should be", .good = true },
	{ .name = "CN as PrintableString", .good = true, .cn_tag = 0x13 },
	{ .name = "CN as IA5String", .cn_tag = 0x16 },
	{ .name = "CN as T61String", .cn_tag = 0x14 },
	{ .name = "CN as NumericString", .cn_tag = 0x12 },
	{ .name = "CN as BMPString", .subject = "3013 3111 300f 0603 550403"
		" 1e08 00610063006d0065" },
	{ .name = "CN as UniversalString", .subject = "301b 3119 3017 0603 550403"
		" 1c10 00000061000000630000006d00000065" },
	{ .name = "two CNs, the second evil", .subject = "301e " ACME
		"310d 300b 0603 550403 0c04 6576696c" },
	{ .name = "two equal CNs", .subject = "301e " ACME ACME },
	{ .name = "two CNs in one RDN", .subject = "301c 311a " CN_ACME
		"300b 0603 550403 0c04 6576696c" },
	{ .name = "O before CN", .subject = "301e 310d 300b 0603 55040a 0c04 6576696c "
		ACME },
	{ .name = "O after CN", .subject = "301e " ACME
		"310d 300b 0603 55040a 0c04 6576696c" },
	{ .name = "e-mail after CN", .subject = "302a " ACME "3119 3017 0609 "
		"2a864886f70d010901 160a 6140622e6578616d706c" },
	{ .name = "O instead of CN", .subject = "300f 310d 300b 0603 55040a 0c04"
		" 61636d65" },
	{ .name = "empty subject", .subject = "3000" },
	{ .name = "empty RDN", .subject = "3002 3100" },
	{ .name = "empty attribute", .subject = "3004 3102 3000" },
	{ .name = "attribute with three parts", .subject = "3011 310f 300d 0603 550403"
		" 0c04 61636d65 0500" },
	{ .name = "CN length not minimal", .subject = "3010 310e 300c 0603 550403"
		" 0c8104 61636d65" },

	{ .name = "no SAN", .san_value = "" },
	{ .name = "SAN without names", .san_value = "3000" },
	{ .name = "SAN critical", .good = true, .san_critical = true },
	{ .name = "SAN with a DNS name only", .san_names = "8204 61636d65" },
	{ .name = "SAN with an IP only", .san_names = "8704 7f000001" },
	{ .name = "SAN with e-mail only", .san_names = "8103 614062" },
	{ .name = "two URIs", .san_names = URI_ACME "8610 61746c61783a2f2f6576696c2f6e6173" },
	{ .name = "the same URI twice", .san_names = URI_ACME URI_ACME },
	{ .name = "URI and DNS name", .san_names = URI_ACME "8204 6576696c" },
	{ .name = "DNS name and URI", .san_names = "8204 6576696c " URI_ACME },
	{ .name = "URI as otherName", .san_names = "a010 61746c61783a2f2f61636d652f6e6173" },
	{ .name = "SAN with trash after the names", .san_value = "3012 " URI_ACME "0500" },
	{ .name = "SAN not a SEQUENCE", .san_value = "3112 " URI_ACME },
	{ .name = "URI cut short", .san_value = "3012 8611 61746c61783a2f2f61636d652f6e6173" },
	{ .name = "tenant only", .good = true, .uri = "atlax://acme" },
	{ .name = "empty agent", .uri = "atlax://acme/" },
	{ .name = "two slashes", .uri = "atlax://acme//nas" },
	{ .name = "three parts", .uri = "atlax://acme/nas/x" },
	{ .name = "scheme in capitals", .uri = "ATLAX://acme/nas" },
	{ .name = "http", .uri = "http://acme/nas" },
	{ .name = "spiffe", .uri = "spiffe://acme/nas" },
	{ .name = "no slashes", .uri = "atlax:acme/nas" },
	{ .name = "one slash", .uri = "atlax:/acme/nas" },
	{ .name = "no tenant", .uri = "atlax:///nas" },
	{ .name = "only the scheme", .uri = "atlax://" },
	{ .name = "part of the scheme", .uri = "atlax" },
	{ .name = "empty URI", .uri = "" },
	{ .name = "query", .uri = "atlax://acme/nas?x=1" },
	{ .name = "fragment", .uri = "atlax://acme/nas#x" },
	{ .name = "user", .uri = "atlax://root@acme/nas" },
	{ .name = "port", .uri = "atlax://acme:443/nas" },
	{ .name = "URI before ours", .uri = "x-atlax://acme/nas" },

	{ .name = "no extended key usage", .eku = "" },
	{ .name = "EKU critical", .good = true, .eku_critical = true },
	{ .name = "EKU serverAuth", .eku = "300a " SERVER },
	{ .name = "EKU both", .eku = "3014 " CLIENT SERVER },
	{ .name = "EKU both, other order", .eku = "3014 " SERVER CLIENT },
	{ .name = "EKU any", .eku = "3006 0604 551d2500" },
	{ .name = "EKU any and client", .eku = "3010 0604 551d2500 " CLIENT },
	{ .name = "EKU client twice", .eku = "3014 " CLIENT CLIENT },
	{ .name = "EKU code signing", .eku = "300a 0608 2b06010505070303" },
	{ .name = "EKU OCSP signing", .eku = "300a 0608 2b06010505070309" },
	{ .name = "EKU empty", .eku = "3000" },
	{ .name = "EKU prefix of clientAuth", .eku = "3009 0607 2b060105050703" },
	{ .name = "EKU longer than clientAuth", .eku = "300b 0609 2b0601050507030200" },
	{ .name = "EKU with trash", .eku = "300a " CLIENT "0500" },

	{ .name = "no key usage", .good = true, .usage = "" },
	{ .name = "usage without digitalSignature", .usage = "0302 0520" },
	{ .name = "usage keyCertSign", .usage = "0302 0204" },
	{ .name = "usage digitalSignature and keyCertSign", .usage = "0302 0284" },
	{ .name = "usage digitalSignature and keyAgreement", .good = true, .usage = "0302 0388" },
	{ .name = "usage with decipherOnly", .good = true, .usage = "0303 078880" },
	{ .name = "usage with trailing zeros", .usage = "0302 0080" },
	{ .name = "usage with a set unused bit", .usage = "0302 0781" },
	{ .name = "usage empty", .usage = "0301 00" },
	{ .name = "usage zero", .usage = "0302 0000" },
	{ .name = "usage of three bytes", .usage = "0304 07808080" },
	{ .name = "usage as INTEGER", .usage = "0201 05" },

	{ .name = "no basicConstraints", .good = true, .basic = "" },
	{ .name = "CA", .basic = "3003 0101ff" },
	{ .name = "CA with path length", .basic = "3006 0101ff 020100" },
	{ .name = "CA FALSE spelled out", .basic = "3003 010100" },
	{ .name = "CA TRUE as 1", .basic = "3003 010101" },
	{ .name = "path length without CA", .basic = "3003 020100" },
	{ .name = "basicConstraints with trash", .basic = "3000 0500" },

	{ .name = "an unknown extension", .good = true,
	    .last = "300d 0603 2a0304 0406 0c04 61626364" },
	{ .name = "an extension whose identifier does not end",
	    .last = "300d 0603 2a0384 0406 0c04 61626364" },
	{ .name = "an extension whose identifier has an idle zero",
	    .last = "300d 0603 2a8004 0406 0c04 61626364" },
	{ .name = "an unknown critical extension",
	    .last = "3010 0603 2a0304 0101ff 0406 0c04 61626364" },
	{ .name = "an unknown critical extension first",
	    .first = "3010 0603 2a0304 0101ff 0406 0c04 61626364" },
	{ .name = "critical FALSE spelled out",
	    .last = "3010 0603 2a0304 010100 0406 0c04 61626364" },
	{ .name = "name constraints, critical",
	    .last = "300f 0603 551d1e 0101ff 0405 3003 a00100" },
	{ .name = "an unknown extension twice",
	    .first = "3009 0603 2a0304 0402 0500",
	    .last = "3009 0603 2a0304 0402 0500" },
	{ .name = "SAN twice", .first = "301b 0603 551d11 0414 3012 " URI_ACME },
	{ .name = "EKU twice", .last = "3013 0603 551d25 040c 300a " CLIENT },
	{ .name = "usage twice", .last = "300b 0603 551d0f 0404 03020780" },
	{ .name = "extension without a value", .last = "3005 0603 2a0304" },
	{ .name = "extension with an empty OID", .last = "3006 0600 0402 0500" },
	{ .name = "extension with two values",
	    .last = "300d 0603 2a0304 0402 0500 0402 0500" },
	{ .name = "27 unknown extensions", .good = true, .many = 27 },
	{ .name = "60 unknown extensions", .many = 60 },
	{ .name = "no extensions", .no_extensions = true },

	{ .name = "expired a minute ago", .by_date = true, .from_s = -DAY, .to_s = -60 },
	{ .name = "expired years ago", .by_date = true, .from_s = -4000 * DAY,
	    .to_s = -3000 * DAY },
	{ .name = "valid from tomorrow", .by_date = true, .from_s = 2 * DAY,
	    .to_s = 3 * DAY },
	{ .name = "ends before it begins", .from_s = -10, .to_s = -20 },
	{ .name = "ends in 2060", .good = true, .to_s = 12600 * DAY },
	{ .name = "GeneralizedTime before 2050", .validity = "3022 "
		"180f 32303236303130313030303030305a "
		"180f 32303339303130313030303030305a" },
	{ .name = "time without seconds", .validity = "301a "
		"170b 323630313031303030305a 170b 333930313031303030305a" },
	{ .name = "time with an offset", .validity = "3026 "
		"1711 3236303130313030303030302b30303030 "
		"1711 3339303130313030303030302b30303030" },
	{ .name = "month 13", .validity = "301e 170d 3236313330313030303030305a "
		"170d 3339303130313030303030305a" },
	{ .name = "validity of one time", .validity = "300f 170d 3236303130313030303030305a" },
	{ .name = "validity empty", .validity = "3000" },

	{ .name = "serial zero", .serial = "0201 00" },
	{ .name = "serial negative", .serial = "0201 80" },
	{ .name = "serial padded", .serial = "0202 0001" },
	{ .name = "serial empty", .serial = "0200" },
	{ .name = "serial of 20 bytes", .good = true,
	    .serial = "0214 7f00000000000000000000000000000000000001" },
	{ .name = "serial of 21 bytes",
	    .serial = "0215 7f0000000000000000000000000000000000000001" },
	{ .name = "serial as OCTET STRING", .serial = "0401 01" },

	{ .name = "version 1, said", .version = "a003 0201 00" },
	{ .name = "version 2", .version = "a003 0201 01" },
	{ .name = "version 4", .version = "a003 0201 03" },
	{ .name = "no version", .version = "" },
	{ .name = "version of two bytes", .version = "a004 0202 0002" },

	{ .name = "Ed25519 with NULL parameters", .spki = "302c 3007 0603 2b6570 0500 "
		"0321 00 0000000000000000000000000000000000000000000000000000"
		"000000000000" },
	{ .name = "Ed25519 of 31 bytes", .spki = "3029 3005 0603 2b6570 0320 00 "
		"00000000000000000000000000000000000000000000000000000000000000" },
	{ .name = "X25519", .spki = "302a 3005 0603 2b656e 0321 00 "
		"0900000000000000000000000000000000000000000000000000000000000000" },
	{ .name = "Ed448's name", .spki = "302a 3005 0603 2b6571 0321 00 "
		"0900000000000000000000000000000000000000000000000000000000000000" },
	{ .name = "P-256, compressed", .spki = "3039 3013 0607 2a8648ce3d0201 "
		"0608 2a8648ce3d030107 0322 00 02"
		"6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296" },
	{ .name = "secp256k1", .spki = "3056 3010 0607 2a8648ce3d0201 0605 2b8104000a "
		"0342 00 04"
		"79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"
		"483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8" },
	{ .name = "a tiny RSA key", .spki = "301a 300d 0609 2a864886f70d010101 0500 "
		"0309 00 3006 020103 020103" },
	{ .name = "key with unused bits", .spki = "302a 3005 0603 2b6570 0321 01 "
		"0900000000000000000000000000000000000000000000000000000000000000" },
	{ .name = "key empty", .spki = "3000" },

	{ .name = "inner algorithm differs", .algorithm = "3005 0603 2b6571" },
	{ .name = "inner algorithm with NULL", .algorithm = "3007 0603 2b6570 0500" },
	{ .name = "its own issuer", .self_issued = true },
	{ .name = "unique id", .tail = "8102 0001" },
	{ .name = "bytes after the extensions", .tail = "0500" },
};

/* --- writing --------------------------------------------------------------- */

static uint8_t
nibble(char c)
{
	return (uint8_t)(c <= '9' ? c - '0' : c - 'a' + 10);
}

static struct slice
unhex(const char *hex, uint8_t mem[1024])
{
	size_t n = 0;

	for (; *hex != '\0'; hex++) {
		if (*hex == ' ')
			continue;
		ax_assert(n < 1024 && hex[1] != '\0');
		mem[n++] = (uint8_t)(nibble(hex[0]) << 4 | nibble(hex[1]));
		hex++;
	}
	return slice_of(mem, n);
}

static void
put_hex(struct der_out *o, const char *hex)
{
	uint8_t mem[1024];

	der_out_bytes(o, unhex(hex, mem));
}

static void
put_extension(struct der_out *o, const char *oid, bool critical, struct slice v)
{
	uint8_t mem[1024];
	size_t mark = der_out_mark(o);

	der_out_tlv(o, DER_OCTET_STRING, v);
	if (critical)
		der_out_true(o);
	der_out_tlv(o, DER_OID, unhex(oid, mem));
	der_out_wrap(o, DER_SEQUENCE, mark);
}

/* hex NULL: usual; "": none. */
static void
put_simple(struct der_out *o, const char *oid, const char *hex,
    const char *usual, bool critical)
{
	uint8_t mem[1024];

	if (hex == NULL || *hex != '\0')
		put_extension(
		    o, oid, critical, unhex(hex == NULL ? usual : hex, mem));
}

/* The SAN's value: as hex, or around names in hex, or around a URI. */
static void
put_san(struct der_out *o, const struct row *r, struct slice uri)
{
	uint8_t mem[2048];
	struct der_out v;

	if (r->san_value != NULL && *r->san_value == '\0')
		return;
	der_out_init(&v, mem, sizeof(mem));
	if (r->san_value != NULL)
		put_hex(&v, r->san_value);
	else if (r->san_names != NULL)
		put_hex(&v, r->san_names);
	else
		der_out_tlv(&v, DER_CONTEXT(6), uri);
	if (r->san_value == NULL)
		der_out_wrap(&v, DER_SEQUENCE, 0);
	put_extension(o, "551d11", r->san_critical, der_out_slice(&v));
}

static void
put_unknown(struct der_out *o, size_t many)
{
	char oid[] = "2b06010401868d1f00"; /* 1.3.6.1.4.1.99999.N */

	ax_assert(many < 100);
	while (many-- > 0) {
		oid[16] = (char)('0' + many / 10);
		oid[17] = (char)('0' + many % 10);
		put_extension(o, oid, false, slice_str("x"));
	}
}

static void
put_extensions(struct der_out *o, const struct row *r, struct slice uri)
{
	if (r->tail != NULL)
		put_hex(o, r->tail);
	if (r->no_extensions)
		return;
	size_t mark = der_out_mark(o);
	if (r->last != NULL)
		put_hex(o, r->last);
	put_unknown(o, r->many);
	put_san(o, r, uri);
	put_simple(o, "551d25", r->eku, "300a " CLIENT, r->eku_critical);
	put_simple(o, "551d0f", r->usage, "0302 0780", true);
	put_simple(o, "551d13", r->basic, "3000", true);
	if (r->first != NULL)
		put_hex(o, r->first);
	der_out_wrap(o, DER_SEQUENCE, mark);
	der_out_wrap(o, DER_CONTEXT_CONS(3), mark);
}

static void
put_spki(struct der_out *o, const struct row *r, const struct odd_base *b)
{
	size_t mark = der_out_mark(o);

	if (r->spki != NULL) {
		put_hex(o, r->spki);
		return;
	}
	der_out_bits(o, b->public_key);
	put_hex(o, "3005 0603 2b6570");
	der_out_wrap(o, DER_SEQUENCE, mark);
}

static void
put_subject(struct der_out *o, const struct row *r, struct slice cn)
{
	size_t mark = der_out_mark(o);

	if (r->subject != NULL) {
		put_hex(o, r->subject);
		return;
	}
	der_out_tlv(o, r->cn_tag == 0 ? DER_UTF8_STRING : r->cn_tag, cn);
	put_hex(o, "0603 550403");
	der_out_wrap(o, DER_SEQUENCE, mark);
	der_out_wrap(o, DER_SET, mark);
	der_out_wrap(o, DER_SEQUENCE, mark);
}

static void
put_validity(struct der_out *o, const struct row *r, int64_t now)
{
	size_t mark = der_out_mark(o);

	if (r->validity != NULL) {
		put_hex(o, r->validity);
		return;
	}
	der_out_time(o, now + (r->to_s == 0 ? 7 * DAY : r->to_s));
	der_out_time(o, now + (r->from_s == 0 ? -DAY : r->from_s));
	der_out_wrap(o, DER_SEQUENCE, mark);
}

static void
put_hex_or(struct der_out *o, const char *hex, const char *usual)
{
	put_hex(o, hex == NULL ? usual : hex);
}

static struct slice
make(const struct row *r, struct slice cn, struct slice uri,
    const struct odd_base *b, uint8_t *mem)
{
	struct der_out o;

	der_out_init(&o, mem, ODD_MAX);
	put_extensions(&o, r, uri);
	put_spki(&o, r, b);
	put_subject(&o, r, cn);
	put_validity(&o, r, b->now);
	if (r->self_issued)
		put_subject(&o, r, cn);
	else
		der_out_bytes(&o, b->issuer);
	put_hex_or(&o, r->algorithm, "3005 0603 2b6570");
	put_hex_or(&o, r->serial, "0210 4123456789abcdef0123456789abcdef");
	put_hex_or(&o, r->version, "a003 0201 02");
	der_out_wrap(&o, DER_SEQUENCE, 0);
	ax_assert(!o.bad);
	return der_out_slice(&o);
}

/* --- numbering ------------------------------------------------------------- */

size_t
odd_count(void)
{
	return ARRAY_LEN(rows) + 3 * ARRAY_LEN(labels);
}

static struct slice
uri_of(struct slice tenant, struct slice agent, uint8_t mem[1024])
{
	size_t n = 8;

	memcpy(mem, "atlax://", 8);
	if (tenant.n > 0)
		memcpy(mem + n, tenant.p, tenant.n);
	n += tenant.n;
	mem[n++] = '/';
	if (agent.n > 0)
		memcpy(mem + n, agent.p, agent.n);
	return slice_of(mem, n + agent.n);
}

/* A label as tenant in both places, as agent, and as tenant in the URI only. */
static void
make_labelled(size_t i, const struct odd_base *b, uint8_t *mem, struct odd *out)
{
	static const char *const where[] = { "tenant", "agent", "URI's tenant" };
	static const struct row plain = { .name = "" };
	const struct label *l = &labels[i / 3];
	struct slice s = slice_of(l->p, l->n), acme = slice_str("acme");
	struct slice nas = slice_str("nas");
	uint8_t uri_mem[1024];
	struct str text;
	size_t kind = i % 3;

	str_init(&text, out->name, sizeof(out->name));
	str_add(&text, where[kind]);
	str_add(&text, " ");
	str_untrusted(&text, s, 40);
	out->by_date = false;
	out->good = l->good && (kind < 2 || slice_eq(s, acme));
	out->tbs = make(&plain, kind == 0 ? s : acme,
	    uri_of(kind == 1 ? acme : s, kind == 1 ? s : nas, uri_mem), b, mem);
}

void
odd_make(size_t i, const struct odd_base *b, uint8_t *mem, struct odd *out)
{
	const struct row *r;

	if (i >= ARRAY_LEN(rows)) {
		make_labelled(i - ARRAY_LEN(rows), b, mem, out);
		return;
	}
	r = &rows[i];
	(void)str_copy(out->name, sizeof(out->name), r->name);
	out->good = r->good;
	out->by_date = r->by_date;
	out->tbs = make(r, slice_str("acme"),
	    slice_str(r->uri == NULL ? "atlax://acme/nas" : r->uri), b, mem);
}
