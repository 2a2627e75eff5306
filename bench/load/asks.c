/* asks.c — the closed loop of requests. One thread. Kinds of requests differ
 * only through struct ask_kind. Invariant: open counts the askers with a
 * descriptor; one without it has no request under way.                       */
#include "load/asks.h"

#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"

/* So many failures with hardly a success mean that nobody is there. */
#define ERRORS_MAX 1000

static void
asker_drop(struct asker *a)
{
	poller_drop(&a->h);
	a->all->open--;
}

/* Counts the next request, unless there shall be none. */
static bool
asker_begin(struct asker *a)
{
	struct asks *all = a->all;

	if (all->stopping || all->issued >= all->limit)
		return false;
	all->issued++;
	a->answered = a->have_body = false;
	a->sent = a->got = a->http_n = a->body = 0;
	a->started_ns = clock_mono_ns();
	return true;
}

static void
asker_connect(struct asker *a)
{
	struct asks *all = a->all;
	int r;

	if (!asker_begin(a))
		return;
	a->greeted = false;
	all->kind->begin(a);
	r = net_connect(&all->run->to, &a->h.fd, &all->err);
	if (r < 0) {
		all->failed = r;
		return;
	}
	all->open++;
	r = poller_add(&all->run->poller, &a->h, EPOLLOUT, &all->err);
	if (r < 0)
		all->failed = r;
}

static void
asker_fail(struct asker *a)
{
	struct asks *all = a->all;

	all->errors++;
	asker_drop(a);
	if (all->errors > ERRORS_MAX + all->done)
		all->failed = err_set(&all->err, AX_E_CLOSED,
		    "nearly every request fails");
	else
		asker_connect(a);
}

static void
asker_send(struct asker *a)
{
	struct poller *p = &a->all->run->poller;
	struct iovec piece[2] = { { 0 } };
	struct msghdr msg = { .msg_iov = piece, .msg_iovlen = 2 };
	size_t skip = a->sent, total, i;
	ssize_t n;

	a->all->kind->request(a, piece);
	total = piece[0].iov_len + piece[1].iov_len;
	for (i = 0; i < 2; i++) {
		size_t cut = MIN(skip, piece[i].iov_len);

		piece[i].iov_base = (uint8_t *)piece[i].iov_base + cut;
		piece[i].iov_len -= cut;
		skip -= cut;
	}
	n = sendmsg(a->h.fd, &msg, MSG_NOSIGNAL);
	if (n < 0 && errno != EAGAIN && errno != EINTR) {
		asker_fail(a);
		return;
	}
	a->sent += n > 0 ? (size_t)n : 0;
	if (a->sent < total) {
		poller_want(p, &a->h, EPOLLIN | EPOLLOUT);
		return;
	}
	a->greeted = true;
	poller_want(p, &a->h, EPOLLIN);
}

static void
asker_done(struct asker *a)
{
	struct asks *all = a->all;

	if (!all->stopping) {
		all->done++;
		hist_add(&all->latency, clock_mono_ns() - a->started_ns);
	}
	if (!all->kind->keep) {
		asker_drop(a);
		asker_connect(a);
	} else if (asker_begin(a)) {
		asker_send(a);
	} else {
		asker_drop(a);
	}
}

static void
asker_took(struct asker *a, enum answer answer)
{
	switch (answer) {
	case ANSWER_MORE:
		break;
	case ANSWER_WRONG:
		a->all->bad++;
		asker_fail(a);
		break;
	case ANSWER_DONE:
		/* A request on a connection of its own is over only when the
		 * connection is: closing belongs to what is measured. */
		a->answered = true;
		if (a->all->kind->keep)
			asker_done(a);
		break;
	}
}

static void
asker_receive(struct asker *a)
{
	struct run *run = a->all->run;
	ssize_t n = recv(a->h.fd, run->scratch, sizeof(run->scratch), 0);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0 && !a->answered)
		asker_took(a, a->all->kind->take(a, run->scratch, (size_t)n));
	else if (n == 0 && a->answered)
		asker_done(a);
	else
		asker_fail(a);
}

static void
asker_ready(struct handler *h, uint32_t events)
{
	struct asker *a = container_of(h, struct asker, h);

	/* One of the two per turn: sending may replace the connection. */
	if (events & EPOLLOUT)
		asker_send(a);
	else
		asker_receive(a);
}

int
asks_open(struct asks *s, struct run *run, const struct ask_kind *kind,
    size_t n, struct err *e)
{
	size_t i;

	*s = (struct asks){ .run = run, .kind = kind, .n = n,
		.limit = UINT64_MAX };
	if (run->args.requests > 0)
		s->limit = run->args.requests;
	hist_init(&s->latency);
	s->v = calloc(s->n, sizeof(*s->v));
	if (s->v == NULL) {
		s->n = 0;
		return err_set(e, AX_E_NOMEM, "out of memory");
	}
	for (i = 0; i < s->n; i++) {
		s->v[i].all = s;
		s->v[i].h = (struct handler){ .fd = -1, .ready = asker_ready };
		s->v[i].stream = (uint32_t)i;
	}
	for (i = 0; i < s->n && s->failed == 0; i++)
		asker_connect(&s->v[i]);
	if (s->failed < 0)
		return err_set(e, s->failed, "%s", s->err.text);
	return 0;
}

void
asks_count_waiting(struct asks *s)
{
	uint64_t now = clock_mono_ns();
	size_t i;

	for (i = 0; i < s->n; i++)
		if (s->v[i].h.fd >= 0)
			hist_add(&s->latency, now - s->v[i].started_ns);
}

uint64_t
asks_drain(struct asks *s, uint64_t limit_ns)
{
	uint64_t until = clock_mono_ns() + limit_ns;

	s->stopping = true;
	while (s->open > 0 && s->failed == 0 && clock_mono_ns() < until)
		poller_turn(&s->run->poller, until);
	return s->open;
}

void
asks_close(struct asks *s)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		if (s->v[i].h.fd >= 0)
			asker_drop(&s->v[i]);
	free(s->v);
	s->v = NULL;
	s->n = 0;
}
