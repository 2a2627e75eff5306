/* serve.c — the service behind the tunnel: one port, one thread, every load.
 * The first bytes of a connection choose a row of ops[]. Bytes that the socket
 * does not take at once wait in conn.rest, and nothing is read meanwhile, so a
 * client that does not read holds up only itself. Invariant: a connection
 * wants EPOLLOUT exactly while it has something to send.                     */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/list.h"
#include "load/request.h"
#include "load/result.h"
#include "load/run.h"

#define HTTP_BODY 128

struct service {
	struct run *run;
	struct handler listener, signals;
	struct list conns;
	uint64_t connections, requests, bytes_in, bytes_out, bad;
	bool stopped;
	struct str http; /* the answer to every HTTP request */
	char http_mem[HTTP_BODY + 256];
};

struct conn {
	struct handler h;
	struct list link; /* in conns of the service */
	struct service *s;
	const struct op *op; /* NULL: not known yet */
	uint8_t head[REQUEST_LEN];
	size_t head_n;
	struct request rq;
	uint64_t done;	/* bytes of the pattern, or of echo, so far */
	uint64_t bad;	/* pieces that were not the pattern */
	unsigned blank; /* HTTP: how much of the blank line is seen */
	bool closing;	/* close when the rest is sent */
	struct buf rest;
};

struct op {
	uint8_t code;
	/* What came in. Fails: the connection is to be closed. */
	int (*take)(struct conn *c, const uint8_t *p, size_t n);
	/* Room to send, and no rest; NULL: nothing to do. */
	int (*more)(struct conn *c);
};

static void
conn_free(struct conn *c)
{
	list_del(&c->link);
	poller_drop(&c->h);
	buf_fini(&c->rest);
	free(c);
}

static int
conn_send(struct conn *c, const uint8_t *p, size_t n)
{
	ssize_t sent = send(c->h.fd, p, n, MSG_NOSIGNAL);

	if (sent < 0 && errno != EAGAIN && errno != EINTR)
		return AX_E_CLOSED;
	sent = MAX(sent, 0);
	c->s->bytes_out += (uint64_t)sent;
	if ((size_t)sent == n)
		return 0;
	poller_want(&c->s->run->poller, &c->h, EPOLLOUT);
	return buf_append(&c->rest, p + sent, n - (size_t)sent);
}

static int
conn_send_last(struct conn *c, const uint8_t *p, size_t n)
{
	int r = conn_send(c, p, n);

	if (r < 0)
		return r;
	c->closing = true;
	return buf_len(&c->rest) > 0 ? 0 : AX_E_CLOSED;
}

static int
echo_take(struct conn *c, const uint8_t *p, size_t n)
{
	c->s->requests++;
	return conn_send(c, p, n);
}

static int
once_take(struct conn *c, const uint8_t *p, size_t n)
{
	n = (size_t)MIN((uint64_t)n, c->rq.count - c->done);
	c->done += n;
	if (c->done < c->rq.count)
		return conn_send(c, p, n);
	c->s->requests++;
	return conn_send_last(c, p, n);
}

static int
sink_take(struct conn *c, const uint8_t *p, size_t n)
{
	const struct pattern *pattern = &c->s->run->pattern;
	bool end = n > 0 && p[n - 1] == PATTERN_END;
	uint64_t at = request_start(c->rq.stream) + c->done;
	uint8_t out[RECEIPT_LEN];

	n -= end;
	if (c->rq.verify && !pattern_matches(pattern, at, p, n)) {
		c->bad++;
		c->s->bad++;
	}
	c->done += n;
	if (!end)
		return 0;
	c->s->requests++;
	receipt_write(
	    &(struct receipt){ .bytes = c->done, .bad = c->bad }, out);
	return conn_send(c, out, sizeof(out));
}

static int
source_take(struct conn *c, const uint8_t *p AX_UNUSED, size_t n AX_UNUSED)
{
	poller_want(&c->s->run->poller, &c->h, EPOLLIN | EPOLLOUT);
	return 0;
}

static int
source_more(struct conn *c)
{
	uint64_t at = request_start(c->rq.stream) + c->done;
	size_t n = PATTERN_RUN;
	ssize_t sent;

	if (c->rq.count > 0)
		n = (size_t)MIN(c->rq.count - c->done, (uint64_t)n);
	sent = send(c->h.fd, pattern_at(&c->s->run->pattern, at), n,
	    MSG_NOSIGNAL);
	if (sent < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : AX_E_CLOSED;
	c->done += (uint64_t)sent;
	c->s->bytes_out += (uint64_t)sent;
	return c->rq.count > 0 && c->done == c->rq.count ? AX_E_CLOSED : 0;
}

/* "GET /close …": the path says whether this connection has further requests,
 * so that no header has to be understood.                                    */
static int
http_answer(struct conn *c)
{
	const uint8_t *answer = (const uint8_t *)c->s->http.p;
	bool last = c->head_n > 5 && c->head[5] == 'c';

	c->s->requests++;
	c->head_n = 0;
	c->blank = 0;
	if (last)
		return conn_send_last(c, answer, c->s->http.len);
	return conn_send(c, answer, c->s->http.len);
}

static int
http_take(struct conn *c, const uint8_t *p, size_t n)
{
	static const char blank[] = "\r\n\r\n";
	size_t i;
	int r = 0;

	for (i = 0; i < n && r == 0 && !c->closing; i++) {
		if (c->head_n < sizeof(c->head))
			c->head[c->head_n++] = p[i];
		if (p[i] == (uint8_t)blank[c->blank])
			c->blank++;
		else
			c->blank = p[i] == '\r';
		if (c->blank == 4)
			r = http_answer(c);
	}
	return r;
}

static const struct op ops[] = {
	{ REQUEST_ECHO, echo_take, NULL },
	{ REQUEST_ONCE, once_take, NULL },
	{ REQUEST_SINK, sink_take, NULL },
	{ REQUEST_SOURCE, source_take, source_more },
};
static const struct op http_op = { 'G', http_take, NULL };

/* Reads the request of a new connection. Returns how many bytes it took. */
static size_t
take_head(struct conn *c, const uint8_t *p, size_t n)
{
	size_t fit = MIN(n, REQUEST_LEN - c->head_n), i;

	if (c->head_n == 0 && p[0] == http_op.code) {
		c->op = &http_op;
		return 0;
	}
	memcpy(c->head + c->head_n, p, fit);
	c->head_n += fit;
	if (c->head_n < REQUEST_LEN)
		return fit;
	c->rq = request_read(c->head);
	for (i = 0; i < ARRAY_LEN(ops); i++)
		if (ops[i].code == c->rq.op)
			c->op = &ops[i];
	return fit;
}

static int
conn_take(struct conn *c, const uint8_t *p, size_t n)
{
	size_t used = 0;

	c->s->bytes_in += n;
	if (c->op == NULL) {
		used = take_head(c, p, n);
		if (c->op == NULL && c->head_n == REQUEST_LEN)
			return AX_E_PEER;
	}
	if (c->op == NULL || (used == n && c->op->more == NULL))
		return 0;
	return c->op->take(c, p + used, n - used);
}

static int
conn_read(struct conn *c)
{
	struct run *run = c->s->run;
	ssize_t n = recv(c->h.fd, run->scratch, sizeof(run->scratch), 0);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n <= 0)
		return AX_E_CLOSED;
	return conn_take(c, run->scratch, (size_t)n);
}

static int
conn_write(struct conn *c)
{
	struct slice rest = buf_slice(&c->rest);
	ssize_t sent;

	if (rest.n == 0)
		return c->op->more(c);
	sent = send(c->h.fd, rest.p, rest.n, MSG_NOSIGNAL);
	if (sent < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : AX_E_CLOSED;
	c->s->bytes_out += (uint64_t)sent;
	buf_consume(&c->rest, (size_t)sent);
	if (buf_len(&c->rest) > 0)
		return 0;
	if (c->closing)
		return AX_E_CLOSED;
	poller_want(&c->s->run->poller, &c->h, EPOLLIN);
	return 0;
}

static void
conn_ready(struct handler *h, uint32_t events)
{
	struct conn *c = container_of(h, struct conn, h);
	int r = 0;

	if (events & EPOLLOUT)
		r = conn_write(c);
	if (r == 0 && (events & (EPOLLIN | EPOLLERR | EPOLLHUP)) != 0)
		r = conn_read(c);
	if (r < 0)
		conn_free(c);
}

static void
conn_open(struct service *s, int fd)
{
	struct conn *c = calloc(1, sizeof(*c));

	if (c == NULL) {
		close(fd);
		return;
	}
	net_nodelay(fd);
	c->s = s;
	c->h = (struct handler){ .fd = fd, .ready = conn_ready };
	buf_init(&c->rest);
	list_add(&s->conns, &c->link);
	s->connections++;
	if (poller_add(&s->run->poller, &c->h, EPOLLIN, NULL) < 0)
		conn_free(c);
}

static void
listener_ready(struct handler *h, uint32_t events AX_UNUSED)
{
	struct service *s = container_of(h, struct service, listener);
	int fd;

	while ((fd = accept4(h->fd, NULL, NULL,
		    SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0)
		conn_open(s, fd);
}

static void
signals_ready(struct handler *h, uint32_t events AX_UNUSED)
{
	container_of(h, struct service, signals)->stopped = true;
}

static int
open_signals(struct service *s, struct err *e)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	s->signals.fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (s->signals.fd < 0)
		return err_sys(e, "signalfd");
	s->signals.ready = signals_ready;
	return poller_add(&s->run->poller, &s->signals, EPOLLIN, e);
}

static int
open_listener(struct service *s, struct err *e)
{
	struct net_addr at;
	int r;

	r = net_parse(s->run->args.listen, &at, e);
	if (r == 0)
		r = net_listen(&at, &s->listener.fd, e);
	if (r < 0)
		return r;
	s->listener.ready = listener_ready;
	return poller_add(&s->run->poller, &s->listener, EPOLLIN, e);
}

static void
make_http(struct service *s)
{
	const uint8_t *body = pattern_at(&s->run->pattern, 0);

	str_init(&s->http, s->http_mem, sizeof(s->http_mem));
	str_fmt(&s->http, "HTTP/1.1 200 OK\r\nContent-Type: "
	    "application/octet-stream\r\nContent-Length: %d\r\n\r\n",
	    HTTP_BODY);
	str_add_n(&s->http, (const char *)body, HTTP_BODY);
}

static void
print_totals(const struct service *s)
{
	struct result out;

	result_begin(&out, "serve");
	result_u64(&out, "connections", s->connections);
	result_u64(&out, "requests", s->requests);
	result_u64(&out, "bytes_in", s->bytes_in);
	result_u64(&out, "bytes_out", s->bytes_out);
	result_u64(&out, "bad", s->bad);
	result_print(&out);
}

static void
service_fini(struct service *s)
{
	struct list *l;

	while ((l = list_first(&s->conns)) != NULL)
		conn_free(container_of(l, struct conn, link));
	poller_drop(&s->listener);
	poller_drop(&s->signals);
}

int
mode_serve(struct run *run, struct err *e)
{
	struct service s = { .run = run, .listener.fd = -1, .signals.fd = -1 };
	int r;

	list_init(&s.conns);
	make_http(&s);
	r = open_signals(&s, e);
	if (r == 0)
		r = open_listener(&s, e);
	if (r == 0) {
		printf("port %u\n", net_port(s.listener.fd));
		fflush(stdout);
		while (!s.stopped)
			poller_turn(&run->poller, AX_NEVER);
		print_totals(&s);
	}
	service_fini(&s);
	return r;
}
