/* tls.c — the parts of tls/tls.h that links use, without cryptography: records that
 * are numbered and sealed by a keyed hash, so that a lost, doubled, torn or foreign
 * byte of ciphertext is an error as it is in TLS; the same two flights; identities in
 * clear; secrets that only the two ends of one connection derive. tls/resume.c above
 * it is the real one. A certificate's path is its text: TENANT/AGENT/SERIAL/FROM.
 * Thread: main.                                                              */
#include "tls/tls.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/siphash.h"
#include "base/str.h"
#include "memory.h"
#include "tls/conn.h"
#include "tls_lists.h"
#include "world.h"

#define HEAD 5
#define TAIL (TLS_RECORD_OVERHEAD - HEAD)
#define YEAR_S (365 * 86400)

enum { TYPE_ALERT = 21, TYPE_HANDSHAKE = 22, TYPE_DATA = 23 };

struct context {
	struct tls_ctx base;
	struct tls_peer self;
	uint64_t revoked[REVOKED_MAX];
	size_t n_revoked;
};

/* What is lost when the connection is; the real one keeps it in struct tls_conn. */
struct connection {
	struct tls_conn base;
	uint8_t random[2][16]; /* agent's, relay's */
	uint8_t key[8];	       /* of the records, once both are known */
	uint64_t sealed, opened; /* records */
	bool is_agent, said_hello, heard_hello;
};

static struct connection *
of(const struct tls_conn *c)
{
	return container_of((struct tls_conn *)(uintptr_t)c, struct connection, base);
}

/* --- process, contexts ------------------------------------------------------------ */

int
tls_boot(struct err *e AX_UNUSED)
{
	return 0;
}

void
tls_shutdown(void)
{
}

void
tls_thread_fini(void)
{
}

const char *
tls_describe(void)
{
	return "none: this is a simulation";
}

static uint64_t
serial_of(struct slice s)
{
	uint64_t n = 0;

	for (size_t i = 0; i < s.n; i++)
		n = n << 8 | s.p[i];
	return n;
}

static void
identify(struct tls_peer *p, const char *text)
{
	unsigned serial = 0;
	long long from = 0;

	world_check(sscanf(text, "%63[^/]/%63[^/]/%u/%lld", p->id.tenant,
	    p->id.agent, &serial, &from) == 4, "no certificate: %s", text);
	p->id.serial_len = 4;
	for (int i = 0; i < 4; i++)
		p->id.serial[i] = (uint8_t)(serial >> (24 - 8 * i));
	p->id.not_before = from;
	p->id.not_after = from + 10LL * YEAR_S;
	memcpy(p->spki_sha256, &serial, sizeof(serial));
}

int
tls_ctx_new(enum tls_role role, const struct tls_files *files, struct tls_ctx **out,
    struct err *e)
{
	struct context *x = calloc(1, sizeof(*x));

	if (x == NULL)
		return err_set(e, AX_E_NOMEM, "no memory for TLS");
	x->base.refs = 1;
	if (role == TLS_AGENT)
		identify(&x->self, files->certificate);
	else
		x->n_revoked = revoked_list(x->revoked);
	*out = &x->base;
	return 0;
}

int
tls_ctx_new_crl(const struct tls_ctx *from AX_UNUSED, const char *crl AX_UNUSED,
    struct tls_ctx **out, struct err *e)
{
	return tls_ctx_new(TLS_RELAY, NULL, out, e);
}

int
tls_ctx_clone(const struct tls_ctx *from, struct tls_ctx **out, struct err *e)
{
	struct context *x = calloc(1, sizeof(*x));

	if (x == NULL)
		return err_set(e, AX_E_NOMEM, "no memory for TLS");
	*x = *container_of((struct tls_ctx *)(uintptr_t)from, struct context, base);
	x->base.refs = 1;
	*out = &x->base;
	return 0;
}

int
tls_ctx_follows(const struct tls_ctx *now AX_UNUSED,
    const struct tls_ctx *next AX_UNUSED, struct err *e AX_UNUSED)
{
	return 0;
}

void
tls_ctx_free(struct tls_ctx **ctx)
{
	struct tls_ctx *x = *ctx;

	*ctx = NULL;
	if (x != NULL && --x->refs == 0)
		free(container_of(x, struct context, base));
}

void
tls_ctx_validity(const struct tls_ctx *ctx, int64_t *not_before, int64_t *not_after)
{
	(void)ctx;
	*not_before = world.wall_ms / 1000;
	*not_after = *not_before + 10LL * YEAR_S;
}

bool
tls_ctx_crl(const struct tls_ctx *ctx AX_UNUSED, uint64_t *number, int64_t *next)
{
	*number = 1;
	*next = world.wall_ms / 1000 + YEAR_S;
	return true;
}

bool
tls_ctx_is_revoked(const struct tls_ctx *ctx, struct slice serial)
{
	const struct context *x =
	    container_of((struct tls_ctx *)(uintptr_t)ctx, struct context, base);

	for (size_t i = 0; i < x->n_revoked; i++)
		if (x->revoked[i] == serial_of(serial))
			return true;
	return false;
}

/* --- connections ------------------------------------------------------------------- */

int
tls_conn_new(struct tls_ctx *ctx, const char *host, struct tls_conn **out)
{
	struct connection *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return AX_E_NOMEM;
	c->base.ctx = ctx;
	ctx->refs++;
	c->is_agent = host != NULL;
	buf_init(&c->base.torn);
	*out = &c->base;
	return 0;
}

void
tls_conn_free(struct tls_conn **p)
{
	struct tls_conn *c = *p;

	*p = NULL;
	if (c == NULL)
		return;
	buf_fini(&c->torn);
	if (c->ctx != NULL)
		tls_ctx_free(&c->ctx);
	free(of(c));
}

void
tls_conn_leave(struct tls_conn *c)
{
	world_check(c->established, "a connection moves before it is established");
	tls_ctx_free(&c->ctx);
}

void
tls_conn_enter(struct tls_conn *c, struct tls_ctx *ctx)
{
	c->ctx = ctx;
	ctx->refs++;
}

void
tls_conn_feed(struct tls_conn *c, struct slice in)
{
	memory_hold();
	world_check(buf_append(&c->torn, in.p, in.n) == 0, "no memory");
	memory_release();
}

static uint64_t
mix(uint64_t h, uint64_t word)
{
	h = (h ^ word) * UINT64_C(0x9e3779b97f4a7c15);
	return h ^ h >> 29;
}

/* Nobody attacks here, and it is most of what a run would take. */
static uint64_t
tag(const struct connection *c, bool agents, uint64_t seq, struct slice text)
{
	uint64_t h, word;

	memcpy(&h, c->key, sizeof(h));
	h = mix(h ^ agents, seq);
	for (; text.n >= sizeof(word); text.p += sizeof(word), text.n -= sizeof(word)) {
		memcpy(&word, text.p, sizeof(word));
		h = mix(h, word);
	}
	word = text.n;
	for (size_t i = 0; i < text.n; i++)
		word = word << 8 | text.p[i];
	return mix(h, word);
}

static int
put_record(struct connection *c, uint8_t type, struct slice text, struct buf *out)
{
	uint8_t head[HEAD] = { type, 3, 3, (uint8_t)((text.n + TAIL) >> 8),
		(uint8_t)(text.n + TAIL) }, tail[TAIL] = { 0 };
	uint64_t t;
	int r;

	t = tag(c, c->is_agent, c->sealed++, text);
	memcpy(tail, &t, sizeof(t));
	memory_hold();
	r = buf_append(out, head, sizeof(head));
	if (r == 0 && text.n > 0)
		r = buf_append(out, text.p, text.n);
	if (r == 0)
		r = buf_append(out, tail, sizeof(tail));
	memory_release();
	return r;
}

/* The next whole record: its text stays in torn until drop_record. */
static int
get_record(struct connection *c, uint8_t *type, struct slice *text, struct err *e)
{
	struct slice s = buf_slice(&c->base.torn);
	size_t n;
	uint64_t t;

	if (s.n < HEAD)
		return AX_E_AGAIN;
	n = (size_t)s.p[3] << 8 | s.p[4];
	if (s.p[1] != 3 || n < TAIL || n > TLS_RECORD_MAX + TAIL)
		return err_set(e, AX_E_PEER, "not a record");
	if (s.n < HEAD + n)
		return AX_E_AGAIN;
	*type = s.p[0];
	*text = slice_of(s.p + HEAD, n - TAIL);
	t = tag(c, !c->is_agent, c->opened++, *text);
	if (memcmp(&t, s.p + HEAD + text->n, sizeof(t)) != 0)
		return err_set(e, AX_E_PEER, "a record is not authentic");
	return 0;
}

static void
drop_record(struct connection *c, struct slice text)
{
	buf_consume(&c->base.torn, HEAD + text.n + TAIL);
}

/* --- handshake ---------------------------------------------------------------------- */

struct hello {
	uint8_t random[16];
	struct tls_peer self; /* of the agent; its slices are empty */
};

static int
say_hello(struct connection *c, struct buf *out)
{
	struct hello h;
	struct context *x = container_of(c->base.ctx, struct context, base);

	memset(&h, 0, sizeof(h));
	rng_secret(h.random, sizeof(h.random));
	h.self = x->self;
	memcpy(c->random[!c->is_agent], h.random, sizeof(h.random));
	c->said_hello = true;
	return put_record(c, TYPE_HANDSHAKE, slice_of(&h, sizeof(h)), out);
}

static void
derive(struct connection *c)
{
	for (unsigned i = 0; i < RECORD_SECRET_LEN; i += 8) {
		uint8_t text[33];
		uint64_t a, b;

		memcpy(text, c->random, 32);
		text[32] = (uint8_t)i;
		a = siphash24(c->random[0], slice_of(text, sizeof(text)));
		b = siphash24(c->random[1], slice_of(text, sizeof(text)));
		memcpy(c->base.origin + i, &a, 8);
		memcpy(c->base.binder + i, &b, 8);
	}
	for (unsigned i = 0; i < sizeof(c->key); i++)
		c->key[i] = c->base.binder[i] ^ 0x55;
	c->sealed = c->opened = 0;
	c->base.cipher = "none";
	c->base.established = true;
}

static int
judge(struct connection *c, struct err *e)
{
	const struct identity *id = &c->base.verdict.peer.id;
	int64_t now = (int64_t)(clock_wall_ms() / 1000);

	if (c->is_agent)
		return 0;
	if (tls_ctx_is_revoked(c->base.ctx, slice_of(id->serial, id->serial_len)))
		return err_set(e, AX_E_IDENTITY, "the certificate is revoked");
	if (now > id->not_after)
		return err_set(e, AX_E_IDENTITY, "the certificate has expired");
	return 0;
}

static int
hear_hello(struct connection *c, struct err *e)
{
	struct hello h;
	struct slice text;
	uint8_t type;
	int r = get_record(c, &type, &text, e);

	if (r < 0)
		return r;
	if (type != TYPE_HANDSHAKE || text.n != sizeof(h))
		return err_set(e, AX_E_TLS, "refused");
	memcpy(&h, text.p, sizeof(h));
	drop_record(c, text);
	memcpy(c->random[c->is_agent], h.random, sizeof(h.random));
	c->base.verdict.peer = h.self;
	c->heard_hello = true;
	return judge(c, e);
}

/* The agent's last word: the relay goes on only then. */
static int
hear_finished(struct connection *c, struct err *e)
{
	struct slice text;
	uint8_t type;
	int r = get_record(c, &type, &text, e);

	if (r < 0)
		return r;
	drop_record(c, text);
	return type == TYPE_HANDSHAKE ? 0 : err_set(e, AX_E_TLS, "refused");
}

static int
step(struct connection *c, struct buf *out, struct err *e)
{
	int r = 0;

	if (c->is_agent && !c->said_hello)
		r = say_hello(c, out);
	if (r == 0 && !c->heard_hello)
		r = hear_hello(c, e);
	if (r < 0)
		return r;
	if (c->is_agent) {
		r = put_record(c, TYPE_HANDSHAKE, slice_of("", 0), out);
	} else {
		if (!c->said_hello)
			r = say_hello(c, out);
		if (r == 0)
			r = hear_finished(c, e);
	}
	if (r == 0)
		derive(c);
	return r;
}

int
tls_conn_handshake(struct tls_conn *c, struct buf *out, uint64_t now_ns AX_UNUSED,
    struct err *e)
{
	static const uint8_t alert[] = { TYPE_ALERT, 3, 3, 0, 2, 2, 40 };
	int r;

	if (c->failed < 0)
		return err_set(e, c->failed, "it has failed before");
	r = step(of(c), out, e);
	if (r < 0 && r != AX_E_AGAIN) {
		c->failed = r;
		memory_hold();
		(void)!buf_append(out, alert, sizeof(alert));
		memory_release();
	}
	return r;
}

/* --- traffic -------------------------------------------------------------------------- */

int
tls_conn_read(struct tls_conn *base, uint8_t *p, size_t cap, size_t *n,
    struct buf *out AX_UNUSED, uint64_t now_ns AX_UNUSED, struct err *e)
{
	struct connection *c = of(base);
	struct slice text;
	uint8_t type;
	int r;

	*n = 0;
	if (base->closed)
		return err_set(e, AX_E_CLOSED, "closed");
	while (cap - *n >= TLS_READ_MIN) {
		r = get_record(c, &type, &text, e);
		if (r == 0 && type == TYPE_ALERT) {
			base->closed = true;
			r = err_set(e, AX_E_CLOSED, "closed");
		}
		if (r < 0)
			return *n > 0 && (r == AX_E_AGAIN || r == AX_E_CLOSED) ? 0 : r;
		memcpy(p + *n, text.p, text.n);
		*n += text.n;
		drop_record(c, text);
	}
	return 0;
}

int
tls_conn_write(struct tls_conn *c, const uint8_t *p, size_t n, struct buf *out,
    struct err *e AX_UNUSED)
{
	return put_record(of(c), TYPE_DATA, slice_of(p, n), out);
}

void
tls_conn_close(struct tls_conn *c, struct buf *out)
{
	if (c->closing || !c->established)
		return;
	c->closing = true;
	(void)!put_record(of(c), TYPE_ALERT, slice_of("", 0), out);
}

const struct tls_peer *
tls_conn_peer(const struct tls_conn *c)
{
	return &c->verdict.peer;
}

const char *
tls_conn_cipher(const struct tls_conn *c)
{
	return c->cipher;
}
