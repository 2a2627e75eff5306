/* raw.c — TLS 1.3 by hand.
 *
 * Thread: the only one. Invariant: nothing is checked but what is needed to go
 * on; the side under test does the checking.                                 */
#include "raw.h"

#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/cursor.h"
#include "base/rng.h"
#include "tls/file.h"

const char raw_client_context[] = "TLS 1.3, client CertificateVerify";
const char raw_server_context[] = "TLS 1.3, server CertificateVerify";

#define CHACHA 0x1303

static const uint8_t zero32[32];

size_t
raw_unhex(const char *hex, uint8_t *out)
{
	size_t n = 0;

	for (; *hex != '\0'; hex++) {
		uint8_t hi = (uint8_t)(hex[0] <= '9' ? hex[0] - '0' :
						       hex[0] - 'a' + 10);
		if (*hex == ' ')
			continue;
		hex++;
		out[n++] = (uint8_t)(hi << 4 |
		    (*hex <= '9' ? *hex - '0' : *hex - 'a' + 10));
	}
	return n;
}

void
raw_init(struct raw *r, struct wire *w, bool server)
{
	*r = (struct raw){ .wire = w, .server = server, .alert = -1 };
	ax_assert(wc_InitSha256(&r->transcript) == 0);
	rng_secret(r->private_key, 32);
	r->private_key[0] &= 248;
	r->private_key[31] = (uint8_t)((r->private_key[31] & 127) | 64);
	ax_assert(wc_curve25519_make_pub(
		      32, r->public_key, 32, r->private_key) == 0);
	ax_assert(forge_key_new(&r->key) == 0);
	rng_secret(r->session_id, sizeof(r->session_id));
	r->session_id_len = 32;
}

void
raw_fini(struct raw *r)
{
	size_t i;

	wc_Sha256Free(&r->transcript);
	buf_fini(&r->in);
	buf_fini(&r->messages);
	for (i = 0; i < ARRAY_LEN(r->chain); i++)
		blob_free(&r->chain[i]);
}

/* --- key schedule (RFC 8446 7.1) ------------------------------------------ */

static void
expand_label(const uint8_t secret[32], const char *label, struct slice context,
    uint8_t *out, size_t n)
{
	uint8_t info[128];
	struct writer w;

	writer_init(&w, info, sizeof(info));
	writer_u16(&w, (uint16_t)n);
	writer_u8(&w, (uint8_t)(6 + strlen(label)));
	writer_bytes(&w, "tls13 ", 6);
	writer_bytes(&w, label, strlen(label));
	writer_u8(&w, (uint8_t)context.n);
	writer_bytes(&w, context.p, context.n);
	ax_assert(!w.bad);
	ax_assert(wc_HKDF_Expand(WC_SHA256, secret, 32, info,
		      (word32)writer_len(&w), out, (word32)n) == 0);
}

static void
hash_so_far(struct raw *r, uint8_t out[32])
{
	wc_Sha256 copy;

	ax_assert(wc_Sha256Copy(&r->transcript, &copy) == 0);
	ax_assert(wc_Sha256Final(&copy, out) == 0);
	wc_Sha256Free(&copy);
}

static void
derive(const uint8_t secret[32], const char *label, const uint8_t hash[32],
    uint8_t out[32])
{
	expand_label(secret, label, slice_of(hash, 32), out, 32);
}

static void
traffic_keys(struct raw_keys *k, const uint8_t secret[32])
{
	memcpy(k->secret, secret, 32);
	expand_label(secret, "key", slice_of(NULL, 0), k->key, 32);
	expand_label(secret, "iv", slice_of(NULL, 0), k->iv, 12);
	k->seq = 0;
}

static void
extract(const uint8_t salt[32], const uint8_t ikm[32], uint8_t out[32])
{
	ax_assert(wc_HKDF_Extract(WC_SHA256, salt, 32, ikm, 32, out) == 0);
}

/* One secret for each direction: ours to send with, the peer's to read with. */
static void
both_ways(struct raw *r, const uint8_t secret[32], const char *client,
    const char *server, struct raw_keys out[2])
{
	uint8_t hash[32], c[32], s[32];

	hash_so_far(r, hash);
	derive(secret, client, hash, c);
	derive(secret, server, hash, s);
	traffic_keys(&out[0], r->server ? s : c);
	traffic_keys(&out[1], r->server ? c : s);
}

void
raw_handshake_keys(struct raw *r)
{
	uint8_t empty[32], salt[32], shared[32] = { 0 };
	struct raw_keys k[2];

	ax_assert(wc_Sha256Hash((const byte *)"", 0, empty) == 0);
	/* An all-zero peer key gives no shared secret; zeros then. */
	(void)wc_curve25519_generic(
	    32, shared, 32, r->private_key, 32, r->peer_key);
	extract(zero32, zero32, r->early);
	derive(r->early, "derived", empty, salt);
	extract(salt, shared, r->handshake);
	derive(r->handshake, "derived", empty, salt);
	extract(salt, zero32, r->master);
	both_ways(r, r->handshake, "c hs traffic", "s hs traffic", k);
	r->tx = k[0];
	r->rx = k[1];
	r->tx_sealed = r->rx_sealed = true;
}

void
raw_derive_application(struct raw *r)
{
	struct raw_keys k[2];

	both_ways(r, r->master, "c ap traffic", "s ap traffic", k);
	r->next_tx = k[0];
	r->next_rx = k[1];
}

void
raw_application_tx(struct raw *r)
{
	r->tx = r->next_tx;
}

void
raw_application_rx(struct raw *r)
{
	r->rx = r->next_rx;
}

void
raw_rekey(struct raw_keys *k)
{
	uint8_t next[32];

	expand_label(k->secret, "traffic upd", slice_of(NULL, 0), next, 32);
	traffic_keys(k, next);
}

/* --- records --------------------------------------------------------------- */

static void
nonce_of(const struct raw_keys *k, uint8_t nonce[12])
{
	size_t i;

	memcpy(nonce, k->iv, 12);
	for (i = 0; i < 8; i++)
		nonce[11 - i] ^= (uint8_t)(k->seq >> (8 * i));
}

void
raw_send(struct raw *r, const void *p, size_t n)
{
	r->wire->send(r->wire, slice_of(p, n));
}

void
raw_clear(struct raw *r, uint8_t type, struct slice body)
{
	static uint8_t mem[5 + 65535];

	memcpy(mem, (uint8_t[]){ type, 3, 3, (uint8_t)(body.n >> 8),
			(uint8_t)body.n }, 5);
	if (body.n > 0)
		memcpy(mem + 5, body.p, body.n);
	raw_send(r, mem, 5 + body.n);
}

/* Seals plain[0..n) as it is. */
static void
seal(struct raw *r, const uint8_t *plain, size_t n)
{
	static uint8_t out[5 + 65536];
	uint8_t nonce[12];

	ax_assert(n + 16 <= 65535);
	memcpy(out, (uint8_t[]){ RAW_DATA, 3, 3, (uint8_t)((n + 16) >> 8),
			(uint8_t)(n + 16) }, 5);
	nonce_of(&r->tx, nonce);
	ax_assert(wc_ChaCha20Poly1305_Encrypt(r->tx.key, nonce, out, 5, plain,
		      (word32)n, out + 5, out + 5 + n) == 0);
	r->tx.seq++;
	raw_send(r, out, 5 + n + 16);
}

void
raw_sealed(struct raw *r, uint8_t type, struct slice body, size_t padding)
{
	static uint8_t plain[65536];
	size_t n = body.n + 1 + padding;

	ax_assert(n <= sizeof(plain));
	memset(plain, 0, n);
	if (body.n > 0)
		memcpy(plain, body.p, body.n);
	plain[body.n] = type;
	seal(r, plain, n);
}

void
raw_sealed_nothing(struct raw *r)
{
	seal(r, (const uint8_t *)"", 0);
}

void
raw_record(struct raw *r, uint8_t type, struct slice body)
{
	if (r->tx_sealed)
		raw_sealed(r, type, body, 0);
	else
		raw_clear(r, type, body);
}

void
raw_noise(struct raw *r, size_t len)
{
	static uint8_t mem[65536];

	memset(mem, 0x5a, sizeof(mem));
	raw_clear(r, RAW_DATA, slice_of(mem, len));
}

/* Until n bytes are in r->in. */
static bool
fill(struct raw *r, size_t n)
{
	uint8_t *p;
	long got;

	while (buf_len(&r->in) < n) {
		p = buf_reserve(&r->in, 16384);
		ax_assert(p != NULL);
		got = r->wire->recv(r->wire, p, 16384);
		if (got <= 0) {
			r->over = got == 0;
			return false;
		}
		buf_commit(&r->in, (size_t)got);
	}
	return true;
}

static bool
unseal(struct raw *r, const uint8_t *rec, size_t n, uint8_t *out)
{
	uint8_t nonce[12];

	nonce_of(&r->rx, nonce);
	r->rx.seq++;
	return n >= 17 &&
	    wc_ChaCha20Poly1305_Decrypt(r->rx.key, nonce, rec, 5, rec + 5,
		(word32)(n - 16), rec + 5 + n - 16, out) == 0;
}

/* What a record carried. */
static void
sort(struct raw *r, uint8_t type, struct slice body)
{
	if (type == RAW_HANDSHAKE)
		ax_assert(buf_append(&r->messages, body.p, body.n) == 0);
	else if (type == RAW_ALERT && body.n == 2)
		r->alert = body.p[1];
	else if (type == RAW_DATA)
		r->data += body.n;
}

/* Takes one record; false: none comes. */
static bool
read_record(struct raw *r)
{
	static uint8_t plain[65536];
	const uint8_t *rec;
	size_t n, end;

	if (!fill(r, 5))
		return false;
	n = (size_t)buf_slice(&r->in).p[3] << 8 | buf_slice(&r->in).p[4];
	if (!fill(r, 5 + n))
		return false;
	rec = buf_slice(&r->in).p;
	if (rec[0] != RAW_DATA || !r->rx_sealed) {
		sort(r, rec[0], slice_of(rec + 5, n));
	} else if (unseal(r, rec, n, plain)) {
		for (end = n - 16; end > 1 && plain[end - 1] == 0; end--)
			;
		sort(r, plain[end - 1], slice_of(plain, end - 1));
	}
	buf_consume(&r->in, 5 + n);
	return r->alert < 0;
}

void
raw_drain(struct raw *r)
{
	while (read_record(r))
		;
	while (!r->over && fill(r, buf_len(&r->in) + 1))
		;
}

/* --- messages -------------------------------------------------------------- */

struct slice
raw_wrap(uint8_t type, struct slice body, uint8_t *mem)
{
	mem[0] = type;
	mem[1] = (uint8_t)(body.n >> 16);
	mem[2] = (uint8_t)(body.n >> 8);
	mem[3] = (uint8_t)body.n;
	memmove(mem + 4, body.p, body.n);
	return slice_of(mem, 4 + body.n);
}

void
raw_hash(struct raw *r, struct slice message)
{
	ax_assert(wc_Sha256Update(
		      &r->transcript, message.p, (word32)message.n) == 0);
}

void
raw_message(struct raw *r, uint8_t type, struct slice body)
{
	static uint8_t mem[4 + 65536];
	struct slice m = raw_wrap(type, body, mem);

	raw_hash(r, m);
	raw_record(r, RAW_HANDSHAKE, m);
}

struct slice
raw_read_message(struct raw *r, uint8_t *mem)
{
	size_t n;

	for (;;) {
		struct slice s = buf_slice(&r->messages);

		n = s.n < 4 ? SIZE_MAX :
			      4 + ((size_t)s.p[2] << 8 | s.p[3]);
		if (s.n >= 4 && s.n >= n)
			break;
		if (!read_record(r))
			return slice_of(NULL, 0);
	}
	memcpy(mem, buf_slice(&r->messages).p, n);
	buf_consume(&r->messages, n);
	raw_hash(r, slice_of(mem, n));
	return slice_of(mem, n);
}

/* Extensions in hexadecimal; @ stands for the key share of our role. */
static void
put_extensions(struct raw *r, struct writer *w, const char *spec)
{
	uint8_t mem[8192];
	struct writer x;
	char piece[16384];
	size_t at;

	writer_init(&x, mem, sizeof(mem));
	while (*spec != '\0') {
		uint8_t bytes[8192];

		at = strcspn(spec, "@");
		memcpy(piece, spec, at);
		piece[at] = '\0';
		writer_bytes(&x, bytes, raw_unhex(piece, bytes));
		spec += at;
		if (*spec != '@')
			break;
		spec++;
		writer_u16(&x, 51);
		writer_u16(&x, r->server ? 36 : 38);
		if (!r->server)
			writer_u16(&x, 36);
		writer_u16(&x, 0x001d);
		writer_u16(&x, 32);
		writer_bytes(&x, r->public_key, 32);
	}
	ax_assert(!x.bad);
	writer_u16(w, (uint16_t)writer_len(&x));
	writer_bytes(w, mem, writer_len(&x));
}

#define USUAL_CLIENT \
	"002b 0003 020304 000d 0006 0004 08070403 @ 000a 0004 0002001d"
#define USUAL_SERVER "002b 0002 0304 @"

struct slice
raw_client_hello(struct raw *r, uint8_t *mem, const char *extensions)
{
	uint8_t random[32];
	struct writer w;

	rng_secret(random, sizeof(random));
	writer_init(&w, mem, 8192);
	writer_u16(&w, 0x0303);
	writer_bytes(&w, random, 32);
	writer_u8(&w, r->session_id_len);
	writer_bytes(&w, r->session_id, r->session_id_len);
	writer_u16(&w, 2);
	writer_u16(&w, CHACHA);
	writer_u16(&w, 0x0100); /* no compression */
	put_extensions(r, &w, extensions == NULL ? USUAL_CLIENT : extensions);
	ax_assert(!w.bad);
	return slice_of(mem, writer_len(&w));
}

/* spec: NULL, or suite, a space, extensions: "1302 002b…". */
struct slice
raw_server_hello(struct raw *r, uint8_t *mem, const char *spec)
{
	uint8_t random[32], suite[2];
	char first[5] = "1303";
	struct writer w;

	if (spec != NULL)
		memcpy(first, spec, 4);
	(void)raw_unhex(first, suite);
	rng_secret(random, sizeof(random));
	writer_init(&w, mem, 8192);
	writer_u16(&w, 0x0303);
	writer_bytes(&w, random, 32);
	writer_u8(&w, r->session_id_len);
	writer_bytes(&w, r->session_id, r->session_id_len);
	writer_bytes(&w, suite, 2);
	writer_u8(&w, 0);
	put_extensions(r, &w, spec == NULL ? USUAL_SERVER : spec + 5);
	ax_assert(!w.bad);
	return slice_of(mem, writer_len(&w));
}

struct slice
raw_certificate(struct raw *r, uint8_t *mem)
{
	uint8_t list[32768];
	struct writer l, w;
	size_t i;

	writer_init(&l, list, sizeof(list));
	for (i = 0; i < ARRAY_LEN(r->chain) && r->chain[i].n > 0; i++) {
		writer_u24(&l, (uint32_t)r->chain[i].n);
		writer_bytes(&l, r->chain[i].p, r->chain[i].n);
		writer_u16(&l, 0);
	}
	ax_assert(!l.bad);
	writer_init(&w, mem, 65536);
	writer_u8(&w, 0);
	writer_u24(&w, (uint32_t)writer_len(&l));
	writer_bytes(&w, list, writer_len(&l));
	return slice_of(mem, writer_len(&w));
}

struct slice
raw_certificate_verify(struct raw *r, const char *context,
    const struct forge_key *k, uint8_t *mem)
{
	uint8_t signed_[256], hash[32], sig[64];
	word32 sig_len = sizeof(sig);
	struct writer s, w;
	ed25519_key key;
	int i;

	hash_so_far(r, hash);
	writer_init(&s, signed_, sizeof(signed_));
	for (i = 0; i < 64; i++)
		writer_u8(&s, 0x20);
	writer_bytes(&s, context, strlen(context));
	writer_u8(&s, 0);
	writer_bytes(&s, hash, 32);
	ax_assert(wc_ed25519_init(&key) == 0);
	ax_assert(wc_ed25519_import_private_key(
		      k->seed, 32, k->public_key, 32, &key) == 0);
	ax_assert(wc_ed25519_sign_msg(signed_, (word32)writer_len(&s), sig,
		      &sig_len, &key) == 0);
	wc_ed25519_free(&key);
	writer_init(&w, mem, 256);
	writer_u16(&w, 0x0807);
	writer_u16(&w, (uint16_t)sig_len);
	writer_bytes(&w, sig, sig_len);
	return slice_of(mem, writer_len(&w));
}

struct slice
raw_finished(struct raw *r, uint8_t *mem)
{
	uint8_t hash[32], key[32];
	Hmac hmac;

	hash_so_far(r, hash);
	expand_label(r->tx.secret, "finished", slice_of(NULL, 0), key, 32);
	ax_assert(wc_HmacInit(&hmac, NULL, INVALID_DEVID) == 0);
	ax_assert(wc_HmacSetKey(&hmac, WC_SHA256, key, 32) == 0);
	ax_assert(wc_HmacUpdate(&hmac, hash, 32) == 0);
	ax_assert(wc_HmacFinal(&hmac, mem) == 0);
	wc_HmacFree(&hmac);
	return slice_of(mem, 32);
}

/* --- the two halves -------------------------------------------------------- */

/* Finds the key share in a hello whose extensions start at p. */
static bool
find_share(struct raw *r, struct slice ext, bool from_client)
{
	struct reader x;

	reader_init(&x, ext);
	while (reader_left(&x) > 0) {
		uint16_t type = reader_u16(&x), len = reader_u16(&x);
		struct slice body = reader_bytes(&x, len);
		size_t skip = from_client ? 6 : 4;

		if (type != 51)
			continue;
		if (body.n < skip + 32)
			return false;
		memcpy(r->peer_key, body.p + skip, 32);
		return true;
	}
	return false;
}

bool
raw_parse_hello(struct raw *r, struct slice message)
{
	struct reader m;
	struct slice sid;

	if (message.n < 4)
		return false;
	reader_init(&m, slice_skip(message, 4));
	reader_skip(&m, 2 + 32);
	sid = reader_bytes(&m, reader_u8(&m));
	if (r->server) {
		r->session_id_len = (uint8_t)MIN(sid.n, 32);
		if (sid.n > 0)
			memcpy(r->session_id, sid.p, r->session_id_len);
		reader_skip(&m, reader_u16(&m));
		reader_skip(&m, reader_u8(&m));
	} else {
		reader_skip(&m, 3);
	}
	reader_skip(&m, 2);
	return !m.bad &&
	    find_share(r, slice_of(m.p, reader_left(&m)), r->server);
}

bool
raw_meet_server(struct raw *r)
{
	static uint8_t mem[65536];
	struct slice m;

	raw_message(r, RAW_CLIENT_HELLO, raw_client_hello(r, mem, NULL));
	if (!raw_parse_hello(r, raw_read_message(r, mem)))
		return false;
	raw_handshake_keys(r);
	do {
		m = raw_read_message(r, mem);
		if (m.n == 0)
			return false;
	} while (m.p[0] != RAW_FINISHED);
	raw_derive_application(r);
	raw_application_rx(r);
	return true;
}

bool
raw_meet_client(struct raw *r)
{
	static uint8_t mem[65536];

	if (!raw_parse_hello(r, raw_read_message(r, mem)))
		return false;
	raw_message(r, RAW_SERVER_HELLO, raw_server_hello(r, mem, NULL));
	raw_handshake_keys(r);
	raw_message(r, RAW_ENCRYPTED_EXTENSIONS, slice_of("\0\0", 2));
	return true;
}

/* What the client sends last, as far as the server needs it. */
static void
await_client(struct raw *r)
{
	static uint8_t mem[65536];
	struct slice m;

	raw_derive_application(r);
	raw_application_tx(r);
	do
		m = raw_read_message(r, mem);
	while (m.n > 0 && m.p[0] != RAW_FINISHED);
	if (m.n > 0)
		raw_application_rx(r);
}

void
raw_authenticate(struct raw *r)
{
	/* A request that asks for Ed25519 and P-256. */
	static const uint8_t request[] = { 0, 0, 10, 0, 13, 0, 6, 0, 4, 8, 7, 4,
		3 };
	static uint8_t mem[65536];

	if (r->server)
		raw_message(r, RAW_CERTIFICATE_REQUEST,
		    slice_of(request, sizeof(request)));
	raw_message(r, RAW_CERTIFICATE, raw_certificate(r, mem));
	raw_message(r, RAW_CERTIFICATE_VERIFY,
	    raw_certificate_verify(r,
		r->server ? raw_server_context : raw_client_context, &r->key,
		mem));
	raw_message(r, RAW_FINISHED, raw_finished(r, mem));
	if (r->server)
		await_client(r);
	else
		raw_application_tx(r);
}
