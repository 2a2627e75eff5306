/* resolve.c — name lookup that never blocks: c-ares on the loop.
 *
 * Thread: the loop's own.
 * Invariant: a lookup has a c-ares channel of its own, so that cancelling it
 * disturbs no other and each one sees today's resolv.conf (a laptop changes
 * networks); the channel is destroyed from the loop, never from within one of
 * its own callbacks. The answer is delivered from the loop, too: done() may
 * start, cancel and free whatever it likes.                                  */
#include "io/resolve.h"

#include <ares.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"

#define SOCKETS_MAX 8	 /* c-ares: one UDP and one TCP per server asked */
#define READS_MAX 64	 /* rounds of reading on one event */
#define TRIES 2

struct resolver {
	struct loop *loop;
	struct list lookups;
	char servers[ADDR_TEXT_MAX]; /* empty: the system's */
};

struct lookup {
	struct list entry;
	struct resolver *owner;
	struct resolve_query *query;
	ares_channel channel;	   /* NULL for a literal */
	struct wheel_timer timer;  /* c-ares' next retry, or the deadline */
	uint64_t deadline_ns;
	struct task task;	   /* delivers */
	bool answered;
	uint16_t port;
	size_t n;
	struct err err;
	struct addr addrs[RESOLVE_ADDRS_MAX];
	struct dns_socket {
		struct watch watch;
		struct lookup *lookup;
	} sockets[SOCKETS_MAX];
};

static void
lookup_free(struct lookup *k)
{
	if (k->channel != NULL)
		ares_destroy(k->channel); /* ends on_answer and on_socket, too */
	for (size_t i = 0; i < SOCKETS_MAX; i++)
		loop_unwatch(k->owner->loop, &k->sockets[i].watch);
	loop_untimer(k->owner->loop, &k->timer);
	loop_undefer(&k->task);
	list_del(&k->entry);
	free(k);
}

static void
answer(struct lookup *k)
{
	k->answered = true;
	loop_defer(k->owner->loop, &k->task);
}

static void
deliver(struct task *t)
{
	struct lookup *k = container_of(t, struct lookup, task);
	struct resolve_query *q = k->query;
	struct addr addrs[RESOLVE_ADDRS_MAX];
	struct err err = k->err;
	size_t n = k->n;

	memcpy(addrs, k->addrs, sizeof(addrs));
	q->internal = NULL;
	lookup_free(k);
	q->done(q, addrs, n, n == 0 ? &err : NULL);
}

/* --- c-ares' side --------------------------------------------------------- */

static void
add_family(struct lookup *k, const struct ares_addrinfo *ai, int family, size_t at)
{
	const struct ares_addrinfo_node *node = ai->nodes;

	for (; node != NULL && at < RESOLVE_ADDRS_MAX; node = node->ai_next) {
		struct addr *a = &k->addrs[at];

		if (node->ai_family != family || node->ai_addrlen > sizeof(a->u))
			continue;
		a->len = node->ai_addrlen;
		memcpy(&a->u, node->ai_addr, node->ai_addrlen);
		if (family == AF_INET)
			a->u.in.sin_port = htons(k->port);
		else
			a->u.in6.sin6_port = htons(k->port);
		at += 2;
	}
}

/* Closes the holes that the shorter family left among the other's places. */
static void
close_holes(struct lookup *k)
{
	for (size_t i = 0; i < RESOLVE_ADDRS_MAX; i++)
		if (k->addrs[i].len != 0)
			k->addrs[k->n++] = k->addrs[i];
}

/* The families take turns (RFC 8305): a dead IPv6 path costs one attempt. The
 * family that the system prefers (RFC 6724, sorted by c-ares) begins. */
static void
take_addresses(struct lookup *k, const struct ares_addrinfo *ai)
{
	int first;

	if (ai->nodes == NULL)
		return;
	first = ai->nodes->ai_family;
	add_family(k, ai, first, 0);
	add_family(k, ai, first == AF_INET ? AF_INET6 : AF_INET, 1);
	close_holes(k);
}

static void
on_answer(void *arg, int status, int timeouts AX_UNUSED, struct ares_addrinfo *ai)
{
	struct lookup *k = arg;

	if (status == ARES_EDESTRUCTION || status == ARES_ECANCELLED)
		return; /* by lookup_free */
	if (status == ARES_SUCCESS)
		take_addresses(k, ai);
	if (ai != NULL)
		ares_freeaddrinfo(ai);
	if (k->n == 0)
		(void)err_set(&k->err,
		    status == ARES_ENOMEM ? AX_E_NOMEM : AX_E_NOTFOUND, "%s",
		    status == ARES_SUCCESS ? "the name has no address" :
					     ares_strerror(status));
	answer(k);
}

static struct dns_socket *
find_socket(struct lookup *k, int fd)
{
	for (size_t i = 0; i < SOCKETS_MAX; i++)
		if (k->sockets[i].watch.fd == fd)
			return &k->sockets[i];
	return NULL;
}

static void
on_socket(void *arg, ares_socket_t fd, int readable, int writable)
{
	struct lookup *k = arg;
	struct dns_socket *s = find_socket(k, fd);

	if (!readable && !writable) {
		if (s != NULL)
			loop_unwatch(k->owner->loop, &s->watch);
		return;
	}
	if (s != NULL)
		return; /* edges tell both directions already */
	s = find_socket(k, -1);
	/* Without a place or a watch this server stays silent for us, and
	 * c-ares' timeout goes on to the next. */
	if (s != NULL)
		(void)!loop_watch(k->owner->loop, &s->watch, fd, LOOP_EDGE);
}

/* --- the loop's side ------------------------------------------------------ */

static void
set_timer(struct lookup *k)
{
	struct timeval tv;
	uint64_t at = k->deadline_ns;

	if (k->answered) {
		loop_untimer(k->owner->loop, &k->timer);
		return;
	}
	if (ares_timeout(k->channel, NULL, &tv) != NULL)
		at = MIN(at, loop_now(k->owner->loop) +
			(uint64_t)tv.tv_sec * AX_NS_PER_S +
			(uint64_t)tv.tv_usec * AX_NS_PER_US);
	loop_timer(k->owner->loop, &k->timer, at);
}

static bool
has_more(int fd)
{
	char c;

	return recv(fd, &c, 1, MSG_PEEK | MSG_DONTWAIT) >= 0;
}

static void
on_event(struct watch *w, uint32_t events AX_UNUSED)
{
	struct lookup *k = container_of(w, struct dns_socket, watch)->lookup;
	int fd = w->fd;

	/* c-ares reads an answer over TCP in pieces, one a call, and edges do
	 * not repeat; a server that has more to say than an answer is cut. */
	ares_process_fd(k->channel, fd, fd);
	for (int i = 0; i < READS_MAX && w->fd == fd && has_more(fd); i++)
		ares_process_fd(k->channel, fd, ARES_SOCKET_BAD);
	set_timer(k);
}

static void
on_timer(struct wheel_timer *t)
{
	struct lookup *k = container_of(t, struct lookup, timer);

	if (loop_now(k->owner->loop) >= k->deadline_ns) {
		(void)err_set(&k->err, AX_E_TIMEOUT, "no answer in time");
		answer(k);
		return;
	}
	ares_process_fd(k->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
	set_timer(k);
}

static int
start_channel(struct lookup *k, uint32_t timeout_ms)
{
	struct ares_options o = {
		/* Both servers of a usual resolv.conf are asked in time. */
		.timeout = (int)MIN(MAX(timeout_ms / 4, 1u), 5000u),
		.tries = TRIES,
		.sock_state_cb = on_socket,
		.sock_state_cb_data = k,
	};

	if (ares_init_options(&k->channel, &o, ARES_OPT_TIMEOUTMS |
	    ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB) != ARES_SUCCESS)
		return AX_E_NOMEM;
	if (k->owner->servers[0] != '\0' &&
	    ares_set_servers_ports_csv(k->channel, k->owner->servers) !=
	    ARES_SUCCESS)
		return AX_E_NOMEM;
	return 0;
}

static struct lookup *
lookup_new(struct resolver *r, struct resolve_query *q, uint16_t port)
{
	struct lookup *k = calloc(1, sizeof(*k));

	if (k == NULL)
		return NULL;
	k->owner = r;
	k->query = q;
	k->port = port;
	list_add(&r->lookups, &k->entry);
	wheel_timer_init(&k->timer, on_timer);
	task_init(&k->task, deliver);
	for (size_t i = 0; i < SOCKETS_MAX; i++) {
		watch_init(&k->sockets[i].watch, on_event);
		k->sockets[i].lookup = k;
	}
	return k;
}

int
resolve_start(struct resolver *r, struct resolve_query *q, const char *host,
    uint16_t port, uint32_t timeout_ms)
{
	static const struct ares_addrinfo_hints hints = {
		.ai_family = AF_UNSPEC,
		.ai_socktype = SOCK_STREAM,
	};
	struct lookup *k = lookup_new(r, q, port);

	q->internal = NULL;
	if (k == NULL)
		return AX_E_NOMEM;
	if (addr_parse_ip(host, port, &k->addrs[0]) == 0) {
		k->n = 1;
		answer(k);
	} else {
		if (start_channel(k, timeout_ms) < 0) {
			lookup_free(k);
			return AX_E_NOMEM;
		}
		k->deadline_ns = loop_now(r->loop) + timeout_ms * AX_NS_PER_MS;
		ares_getaddrinfo(k->channel, host, NULL, &hints, on_answer, k);
		set_timer(k);
	}
	q->internal = k;
	return 0;
}

void
resolve_cancel(struct resolve_query *q)
{
	if (q->internal == NULL)
		return;
	lookup_free(q->internal);
	q->internal = NULL;
}

int
resolver_new(struct loop *l, struct resolver **out, struct err *e)
{
	struct resolver *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return err_set(e, AX_E_NOMEM, "no memory for the resolver");
	if (ares_library_init(ARES_LIB_INIT_ALL) != ARES_SUCCESS) {
		free(r);
		return err_set(e, AX_E_NOMEM, "c-ares does not start");
	}
	r->loop = l;
	list_init(&r->lookups);
	*out = r;
	return 0;
}

void
resolver_free(struct resolver **rp)
{
	struct resolver *r = *rp;
	struct list *e;

	if (r == NULL)
		return;
	while ((e = list_first(&r->lookups)) != NULL)
		resolve_cancel(container_of(e, struct lookup, entry)->query);
	ares_library_cleanup();
	free(r);
	*rp = NULL;
}

void
resolver_ask(struct resolver *r, const struct addr *server)
{
	addr_format(server, r->servers);
}
