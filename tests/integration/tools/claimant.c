/* claimant.c — an agent that begins a session, loses its connection and then asks
 * for the session in every way that it should not get it, and in the one that it
 * should. For tests of a relay.
 *
 * claimant HOST:PORT DIR OTHER: DIR and OTHER hold the certificates of two agents.
 * A line per attempt: its name, then "resumed" or the relay's answer in hex. One
 * thread; blocking. Any failure of its own ends it with status 1.             */
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/rng.h"
#include "io/sock.h"
#include "proto/control.h"
#include "proto/wire.h"
#include "tls/resume.h"

struct claimant {
	struct addr at;
	struct tls_ctx *own, *other;
	struct resume_keys keys;
	uint8_t session[16], hello[CONTROL_HELLO_LEN_MAX];
	size_t hello_len; /* of the last one */
	uint16_t ttl_s;
};

struct line {
	int fd;
	struct tls_conn *tls;
	struct buf out;
	uint8_t in[32768], answer[4 * TLS_READ_MIN];
	size_t answer_len;
};

static void
fail(const char *what)
{
	fprintf(stderr, "claimant: %s\n", what);
	exit(1);
}

/* --- a connection --------------------------------------------------------- */

static void
line_send(struct line *l)
{
	while (buf_len(&l->out) > 0) {
		struct slice s = buf_slice(&l->out);
		ssize_t n = send(l->fd, s.p, s.n, MSG_NOSIGNAL);

		if (n > 0)
			buf_consume(&l->out, (size_t)n);
		else if (poll(&(struct pollfd){ l->fd, POLLOUT, 0 }, 1, 10000) != 1)
			fail("cannot send");
	}
}

/* Lends what has come; false at the end. */
static bool
line_receive(struct line *l)
{
	ssize_t n;

	if (poll(&(struct pollfd){ l->fd, POLLIN, 0 }, 1, 10000) != 1)
		fail("no answer");
	n = recv(l->fd, l->in, sizeof(l->in), 0);
	if (n > 0)
		tls_conn_feed(l->tls, slice_of(l->in, (size_t)n));
	return n > 0;
}

static void
line_open(struct line *l, const struct claimant *c, struct tls_ctx *ctx)
{
	struct err e;
	int r = sock_connect(&c->at, &l->fd, &e);

	buf_init(&l->out);
	if (r < 0 && r != AX_E_AGAIN)
		fail(e.text);
	if (tls_conn_new(ctx, "localhost", &l->tls) < 0)
		fail("no memory");
	if (poll(&(struct pollfd){ l->fd, POLLOUT, 0 }, 1, 10000) != 1 ||
	    sock_connected(l->fd, &e) < 0)
		fail("cannot connect");
	while ((r = tls_conn_handshake(l->tls, &l->out, 0, &e)) == AX_E_AGAIN) {
		line_send(l);
		if (!line_receive(l))
			fail("the relay hung up");
	}
	if (r < 0)
		fail(e.text);
}

static void
line_close(struct line *l)
{
	tls_conn_free(&l->tls);
	buf_fini(&l->out);
	sock_close(&l->fd);
}

/* Says HELLO, which lies in c, and reads the first frame of the answer. */
static void
line_ask(struct line *l, const struct claimant *c)
{
	struct err e;
	size_t n;
	int r;

	if (tls_conn_write(l->tls, c->hello, c->hello_len, &l->out, &e) < 0)
		fail(e.text);
	line_send(l);
	l->answer_len = 0;
	while (l->answer_len < AX_HEADER_LEN || l->answer_len <
	    AX_HEADER_LEN + wire_head_get(l->answer).len) {
		if (!line_receive(l))
			fail("the relay hung up");
		while ((r = tls_conn_read(l->tls, l->answer + l->answer_len,
		    sizeof(l->answer) - l->answer_len, &n, &l->out, 0, &e)) == 0)
			l->answer_len += n;
		if (r != AX_E_AGAIN && r != AX_E_CLOSED)
			fail(e.text);
	}
	l->answer_len = AX_HEADER_LEN + wire_head_get(l->answer).len;
}

/* --- HELLO ------------------------------------------------------------------ */

static void
make_hello(struct claimant *c, const struct session_claim *claim)
{
	struct control m = { .type = AX_CTL_HELLO };
	struct writer w;

	m.hello = (struct control_hello){ .ver_min = 1, .ver_max = 1,
		.max_streams = 16, .features = AX_FEATURE_RESUME, .lanes = 1,
		.init_window = CONTROL_WINDOW_MIN, .max_frame = AX_FRAME_MAX,
		.ring = CONTROL_RING_MIN, .wall_ms = clock_wall_ms() };
	memcpy(m.hello.id, "claimant", 8);
	if (claim != NULL) {
		m.flags = CONTROL_HELLO_RESUME;
		m.hello.claim = *claim;
	}
	writer_init(&w, c->hello, sizeof(c->hello));
	control_put(&w, &m);
	c->hello_len = writer_len(&w);
}

static void
read_answer(const struct line *l, struct control *m)
{
	if (control_get(m, slice_of(l->answer + AX_HEADER_LEN,
	    l->answer_len - AX_HEADER_LEN)) != AX_WIRE_NO_ERROR)
		fail("the answer is malformed");
}

static void
begin(struct claimant *c)
{
	struct control m;
	struct line l;

	line_open(&l, c, c->own);
	make_hello(c, NULL);
	line_ask(&l, c);
	read_answer(&l, &m);
	if (m.type != AX_CTL_HELLO_OK || m.hello.features != AX_FEATURE_RESUME)
		fail("the relay does not agree to resume");
	memcpy(c->session, m.hello.claim.id, sizeof(c->session));
	c->ttl_s = m.hello.resume_ttl_s;
	if (resume_keys_begin(&c->keys, l.tls, c->session) < 0)
		fail("no keys");
	line_close(&l);
}

/* --- attempts --------------------------------------------------------------- */

struct attempt {
	const char *name;
	uint32_t epoch;
	bool other;	  /* with the other agent's certificate */
	bool wrong_name, wrong_mac;
	bool stolen;	  /* proven for a connection that was lost before HELLO came */
	bool same_bytes;  /* as the attempt before it */
	bool late;	  /* when its time is over */
};

static const struct attempt attempts[] = {
	{ .name = "guessed", .epoch = 1, .wrong_name = true },
	{ .name = "unproven", .epoch = 1, .wrong_mac = true },
	{ .name = "stolen", .epoch = 1, .stolen = true },
	{ .name = "somebody-else", .epoch = 1, .other = true },
	{ .name = "proven", .epoch = 2 },
	{ .name = "replayed", .same_bytes = true },
	{ .name = "older", .epoch = 1 },
	{ .name = "proven-again", .epoch = 3 },
	{ .name = "late", .epoch = 4, .late = true },
};

static void
claim(const struct claimant *c, const struct attempt *a, const struct line *l,
    struct session_claim *out)
{
	struct resume_claim said = { .by = TLS_AGENT, .session = out->id,
		.epoch = a->epoch };

	*out = (struct session_claim){ .epoch = a->epoch };
	memcpy(out->id, c->session, sizeof(out->id));
	out->id[7] ^= a->wrong_name;
	if (resume_mac(&c->keys, 0, l->tls, &said, out->mac) < 0)
		fail("no MAC");
	out->mac[31] ^= a->wrong_mac;
}

static void
show(const char *name, const struct line *l)
{
	printf("%s ", name);
	for (size_t i = 0; i < l->answer_len; i++)
		printf("%02x", l->answer[i]);
	putchar('\n');
}

static void
try(struct claimant *c, const struct attempt *a)
{
	struct session_claim said;
	struct control m;
	struct line l;

	if (a->late)
		sleep(c->ttl_s + 1u);
	line_open(&l, c, a->other ? c->other : c->own);
	if (!a->same_bytes) {
		claim(c, a, &l, &said);
		make_hello(c, &said);
	}
	if (a->stolen) {
		line_close(&l);
		line_open(&l, c, c->own);
	}
	line_ask(&l, c);
	read_answer(&l, &m);
	if (m.type != AX_CTL_HELLO_OK)
		show(a->name, &l);
	else if (resume_keys_change(&c->keys, 0, l.tls) == 0)
		printf("%s resumed\n", a->name);
	fflush(stdout);
	line_close(&l);
}

static struct tls_ctx *
credentials(const char *dir)
{
	char cert[512], key[512], ca[512];
	struct tls_files files = { .certificate = cert, .key = key, .ca = ca };
	struct tls_ctx *ctx;
	struct err e;

	snprintf(cert, sizeof(cert), "%s/agent.crt", dir);
	snprintf(key, sizeof(key), "%s/agent.key", dir);
	snprintf(ca, sizeof(ca), "%s/relay-ca.crt", dir);
	if (tls_ctx_new(TLS_AGENT, &files, &ctx, &e) < 0)
		fail(e.text);
	return ctx;
}

int
main(int argc, char **argv)
{
	struct claimant c = { .ttl_s = 0 };
	struct err e;

	if (argc != 4)
		fail("usage: claimant HOST:PORT DIR OTHER");
	if (addr_parse(argv[1], &c.at, &e) < 0 || tls_boot(&e) < 0)
		fail(e.text);
	c.own = credentials(argv[2]);
	c.other = credentials(argv[3]);
	begin(&c);
	for (size_t i = 0; i < ARRAY_LEN(attempts); i++)
		try(&c, &attempts[i]);
	tls_ctx_free(&c.own);
	tls_ctx_free(&c.other);
	tls_thread_fini();
	tls_shutdown();
	return 0;
}
