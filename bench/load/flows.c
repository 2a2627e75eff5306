/* flows.c — the client side of bulk streams. One thread. A flow goes through
 * request, payload, end marker and receipt (up) or request and payload (down).
 * Invariant: open counts the flows whose descriptor is not -1.               */
#include "load/flows.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/ioctl.h>

static void
flow_drop(struct flow *f)
{
	poller_drop(&f->h);
	f->all->open--;
}

static void
flow_fail(struct flow *f)
{
	f->all->errors++;
	flow_drop(f);
}

/* Whether a socket call that returned n only has to be tried again. */
static bool
is_again(ssize_t n)
{
	return n < 0 && (errno == EAGAIN || errno == EINTR);
}

/* How much payload is still to be sent, at most one run of the pattern. */
static size_t
payload_left(const struct flow *f)
{
	if (f->all->ending)
		return 0;
	if (f->all->bytes == 0)
		return PATTERN_RUN;
	return (size_t)MIN(f->all->bytes - f->done, (uint64_t)PATTERN_RUN);
}

static ssize_t
send_piece(struct flow *f, size_t payload)
{
	static const uint8_t end = PATTERN_END;
	uint64_t at = request_start(f->stream) + f->done;

	if (f->head_n < REQUEST_LEN)
		return send(f->h.fd, f->head + f->head_n,
		    REQUEST_LEN - f->head_n, MSG_NOSIGNAL);
	if (payload > 0)
		return send(f->h.fd, pattern_at(&f->all->run->pattern, at),
		    payload, MSG_NOSIGNAL);
	return send(f->h.fd, &end, 1, MSG_NOSIGNAL);
}

static void
flow_sent(struct flow *f, size_t payload, size_t n)
{
	struct poller *p = &f->all->run->poller;

	if (f->head_n < REQUEST_LEN) {
		f->head_n += n;
		if (f->head_n == REQUEST_LEN && f->all->kind == FLOW_DOWN)
			poller_want(p, &f->h, EPOLLIN);
		if (f->head_n == REQUEST_LEN && f->all->kind == FLOW_FROZEN)
			poller_want(p, &f->h, 0);
	} else if (payload > 0) {
		f->done += n;
	} else {
		f->ended = true;
		poller_want(p, &f->h, EPOLLIN);
	}
}

static void
flow_out(struct flow *f)
{
	size_t payload = payload_left(f);
	ssize_t n = send_piece(f, payload);

	if (n > 0)
		flow_sent(f, payload, (size_t)n);
	else if (!is_again(n))
		flow_fail(f);
}

static void
take_payload(struct flow *f, const uint8_t *p, size_t n)
{
	struct flows *all = f->all;
	uint64_t at = request_start(f->stream) + f->done;

	if (all->run->args.verify &&
	    !pattern_matches(&all->run->pattern, at, p, n))
		all->bad++;
	f->done += n;
	all->done += n;
	if (all->bytes > 0 && f->done > all->bytes)
		all->bad++;
	if (all->bytes > 0 && f->done >= all->bytes)
		flow_drop(f);
}

/* A receipt for anything but what was sent is as bad as a wrong byte. */
static void
take_receipt(struct flow *f, const uint8_t *p, size_t n)
{
	struct receipt got;

	n = MIN(n, RECEIPT_LEN - f->receipt_n);
	memcpy(f->receipt + f->receipt_n, p, n);
	f->receipt_n += n;
	if (f->receipt_n < RECEIPT_LEN)
		return;
	got = receipt_read(f->receipt);
	f->all->done += got.bytes;
	f->all->bad += got.bad + (got.bytes != f->done);
	flow_drop(f);
}

static void
flow_in(struct flow *f)
{
	struct run *run = f->all->run;
	ssize_t n = recv(f->h.fd, run->scratch, sizeof(run->scratch), 0);

	if (is_again(n))
		return;
	if (n <= 0)
		flow_fail(f);
	else if (f->all->kind == FLOW_DOWN)
		take_payload(f, run->scratch, (size_t)n);
	else
		take_receipt(f, run->scratch, (size_t)n);
}

static void
flow_ready(struct handler *h, uint32_t events)
{
	struct flow *f = container_of(h, struct flow, h);

	/* A frozen flow hears only of its end; reading would thaw it. */
	if (h->events == 0)
		flow_fail(f);
	else if (h->events & EPOLLOUT)
		flow_out(f);
	else if (events != 0)
		flow_in(f);
}

static int
flow_open(struct flow *f, struct err *e)
{
	static const uint8_t ops[] = { [FLOW_UP] = REQUEST_SINK,
		[FLOW_DOWN] = REQUEST_SOURCE, [FLOW_FROZEN] = REQUEST_SOURCE };
	struct flows *all = f->all;
	struct request rq = { .op = ops[all->kind], .stream = f->stream,
		.verify = all->run->args.verify, .count = all->bytes };
	int r;

	request_write(&rq, f->head);
	f->h.ready = flow_ready;
	r = net_connect(all->to, &f->h.fd, e);
	if (r < 0)
		return r;
	all->open++;
	return poller_add(&all->run->poller, &f->h, EPOLLOUT, e);
}

int
flows_open(struct flows *f, const struct flows_args *a, struct err *e)
{
	size_t i;
	int r = 0;

	*f = (struct flows){ .run = a->run, .kind = a->kind, .n = a->n,
		.to = a->to != NULL ? a->to : &a->run->to, .bytes = a->bytes };
	f->v = calloc(a->n, sizeof(*f->v));
	if (f->v == NULL) {
		f->n = 0;
		return err_set(e, AX_E_NOMEM, "out of memory");
	}
	for (i = 0; i < f->n; i++) {
		f->v[i].all = f;
		f->v[i].h.fd = -1;
		f->v[i].stream = a->stream_base + (uint32_t)i;
		if (r == 0)
			r = flow_open(&f->v[i], e);
	}
	return r;
}

void
flows_end(struct flows *f)
{
	f->ending = true;
}

uint64_t
flows_queued(const struct flows *f)
{
	uint64_t sum = 0;
	size_t i;
	int n;

	for (i = 0; i < f->n; i++)
		if (f->v[i].h.fd >= 0 && ioctl(f->v[i].h.fd, FIONREAD, &n) == 0)
			sum += (uint64_t)n;
	return sum;
}

void
flows_close(struct flows *f)
{
	size_t i;

	for (i = 0; i < f->n; i++)
		if (f->v[i].h.fd >= 0)
			flow_drop(&f->v[i]);
	free(f->v);
	f->v = NULL;
	f->n = 0;
}
