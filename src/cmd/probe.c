/* probe.c — lookups, connections and handshakes that wait.
 *
 * Thread: the only one. Every wait has an end: PROBE_MS.                      */
#include "cmd/probe.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "io/resolve.h"
#include "io/sock.h"
#include "tls/tls.h"

#define REFUSAL_MS 1000

/* --- lookup --------------------------------------------------------------- */

struct lookup {
	struct resolve_query query;
	struct addr *addrs;
	size_t n;
	struct err *e;
	bool done;
};

static void
on_done(struct resolve_query *q, const struct addr *a, size_t n, const struct err *e)
{
	struct lookup *l = container_of(q, struct lookup, query);

	l->done = true;
	l->n = MIN(n, (size_t)PROBE_ADDRS_MAX);
	for (size_t i = 0; i < l->n; i++)
		l->addrs[i] = a[i];
	if (n == 0)
		*l->e = *e;
}

static int
look_up(struct loop *loop, struct lookup *l, const char *host, uint16_t port)
{
	struct resolver *resolver = NULL;
	int r = resolver_new(loop, &resolver, l->e);

	if (r == 0)
		r = resolve_start(resolver, &l->query, host, port, PROBE_MS);
	while (r == 0 && !l->done)
		loop_turn(loop, AX_NS_PER_S);
	resolver_free(&resolver);
	return r == 0 && l->n == 0 ? l->e->code : r;
}

int
probe_lookup(const char *host, uint16_t port, struct addr out[PROBE_ADDRS_MAX],
    size_t *n, struct err *e)
{
	struct lookup l = { .query.done = on_done, .addrs = out, .e = e };
	struct loop *loop = NULL;
	int r = loop_new(&loop, e);

	if (r == 0)
		r = look_up(loop, &l, host, port);
	loop_free(&loop);
	*n = l.n;
	return r;
}

/* --- connection ----------------------------------------------------------- */

static int
wait_for(int fd, short events, int ms, struct err *e)
{
	struct pollfd p = { .fd = fd, .events = events };
	int n;

	do
		n = poll(&p, 1, ms);
	while (n < 0 && errno == EINTR);
	if (n == 0)
		return err_set(e, AX_E_TIMEOUT, "no answer within %d s",
		    ms / 1000);
	return n < 0 ? err_sys(e, "cannot wait") : 0;
}

int
probe_connect(const struct addr *to, int *fd, struct err *e)
{
	int r = sock_connect(to, fd, e);

	if (r == AX_E_AGAIN)
		r = wait_for(*fd, POLLOUT, PROBE_MS, e);
	if (r == 0)
		r = sock_connected(*fd, e);
	if (r < 0)
		sock_close(fd);
	return r;
}

/* --- TLS -------------------------------------------------------------------- */

int
probe_send(int fd, struct buf *b, struct err *e)
{
	while (buf_len(b) > 0) {
		struct slice s = buf_slice(b);
		ssize_t n = send(fd, s.p, s.n, MSG_NOSIGNAL);

		if (n >= 0)
			buf_consume(b, (size_t)n);
		else if (errno == EAGAIN && wait_for(fd, POLLOUT, PROBE_MS, e) < 0)
			return e->code;
		else if (errno != EAGAIN && errno != EINTR)
			return err_sys(e, "cannot send");
	}
	return 0;
}

int
probe_receive(int fd, struct tls_conn *c, uint8_t *in, size_t cap, int ms, struct err *e)
{
	ssize_t n;
	int r = wait_for(fd, POLLIN, ms, e);

	if (r < 0)
		return r;
	n = recv(fd, in, cap, 0);
	if (n == 0)
		return err_set(e, AX_E_CLOSED, "it hung up");
	if (n < 0)
		return errno == EAGAIN ? 0 : err_sys(e, "cannot receive");
	tls_conn_feed(c, slice_of(in, (size_t)n));
	return 0;
}

static int
shake(struct tls_conn *c, int fd, struct buf *out, struct err *e)
{
	uint8_t in[TLS_READ_MIN];
	struct err told;

	for (;;) {
		int r = tls_conn_handshake(c, out, clock_mono_ns(), e);

		/* The alert goes out as well, and the first reason counts. */
		if (probe_send(fd, out, r < 0 && r != AX_E_AGAIN ? &told : e) < 0 &&
		    (r == 0 || r == AX_E_AGAIN))
			return e->code;
		if (r != AX_E_AGAIN)
			return r;
		r = probe_receive(fd, c, in, sizeof(in), PROBE_MS, e);
		if (r < 0)
			return r;
	}
}

/* In TLS 1.3 the client is done before the server has looked at its certificate. */
static int
await_refusal(struct tls_conn *c, int fd, struct buf *out, struct err *e)
{
	uint8_t in[TLS_READ_MIN], plain[TLS_READ_MIN];
	struct err quiet;
	size_t n;
	int r = probe_receive(fd, c, in, sizeof(in), REFUSAL_MS, &quiet);

	if (r == AX_E_TIMEOUT)
		return 0;
	if (r < 0)
		return err_set(e, r, "it does not take our certificate: %s", quiet.text);
	r = tls_conn_read(c, plain, sizeof(plain), &n, out, clock_mono_ns(), &quiet);
	if (r == 0 || r == AX_E_AGAIN)
		return 0;
	return err_set(e, r, "it does not take our certificate: %s", quiet.text);
}

int
probe_shake(struct tls_ctx *ctx, const char *host, int fd, struct tls_conn **out,
    struct err *e)
{
	struct buf wire;
	int r = tls_conn_new(ctx, host, out);

	if (r < 0)
		return err_set(e, r, "out of memory");
	buf_init(&wire);
	r = shake(*out, fd, &wire, e);
	buf_fini(&wire);
	return r;
}

int
probe_tls(struct tls_ctx *ctx, const char *host, int fd, struct err *e)
{
	struct tls_conn *c = NULL;
	struct err told;
	struct buf out;
	int r = probe_shake(ctx, host, fd, &c, e);

	buf_init(&out);
	if (r == 0)
		r = await_refusal(c, fd, &out, e);
	if (r == 0) {
		tls_conn_close(c, &out);
		(void)!probe_send(fd, &out, &told);
	}
	tls_conn_free(&c);
	buf_fini(&out);
	return r;
}
