/* dialer.c — resolve, connect, next address, next relay.
 * Thread: the agent's.
 * Invariant: while running exactly one of these is pending: the lookup, a
 * connect (watch and timer), or the kick task.                               */
#include "agent/dialer.h"

#include "io/sock.h"

#define RESOLVE_MS 5000
#define CONNECT_MS 5000

static void
next_relay(struct dialer *d, const struct err *e)
{
	d->failed(d, d->relays[d->relay % d->n_relays], e);
	if (!d->running)
		return; /* cancelled by failed */
	d->n_addrs = d->next_addr = 0;
	d->relay++;
	loop_defer(d->loop, &d->kick);
}

static void
stop_connect(struct dialer *d)
{
	loop_unwatch(d->loop, &d->watch);
	loop_untimer(d->loop, &d->timer);
	sock_close(&d->fd);
}

static void
connected(struct dialer *d)
{
	int fd = d->fd;

	loop_unwatch(d->loop, &d->watch);
	loop_untimer(d->loop, &d->timer);
	d->fd = -1;
	d->running = false;
	d->connected(d, fd, d->host, &d->addrs[d->next_addr]);
}

/* The address at next_addr did not work: the next one, or the next relay. */
static void
address_failed(struct dialer *d, struct err *e)
{
	char text[ADDR_TEXT_MAX];

	addr_format(&d->addrs[d->next_addr], text);
	stop_connect(d);
	if (++d->next_addr < d->n_addrs) {
		loop_defer(d->loop, &d->kick);
		return;
	}
	err_prefix(e, e->code, "%s", text);
	next_relay(d, e);
}

static void
try_address(struct dialer *d)
{
	struct err e = { 0 };
	int r = sock_connect(&d->addrs[d->next_addr], &d->fd, &e);

	if (r == 0) {
		connected(d);
		return;
	}
	if (r == AX_E_AGAIN &&
	    loop_watch(d->loop, &d->watch, d->fd, LOOP_EDGE) == 0) {
		loop_timer_in(d->loop, &d->timer, CONNECT_MS);
		return;
	}
	if (r == AX_E_AGAIN)
		err_sys(&e, "cannot watch the connection");
	address_failed(d, &e);
}

static void
on_writable(struct watch *w, uint32_t events)
{
	struct dialer *d = container_of(w, struct dialer, watch);
	struct err e = { 0 };

	if (!(events & (LOOP_OUT | LOOP_ERR | LOOP_HUP)))
		return;
	if (sock_connected(d->fd, &e) < 0)
		address_failed(d, &e);
	else
		connected(d);
}

static void
on_timeout(struct wheel_timer *t)
{
	struct dialer *d = container_of(t, struct dialer, timer);
	struct err e = { 0 };

	err_set(&e, AX_E_TIMEOUT, "no answer within %d s", CONNECT_MS / 1000);
	address_failed(d, &e);
}

static void
on_resolved(struct resolve_query *q, const struct addr *a, size_t n,
    const struct err *e)
{
	struct dialer *d = container_of(q, struct dialer, query);

	if (n == 0) {
		next_relay(d, e);
		return;
	}
	d->n_addrs = MIN(n, RESOLVE_ADDRS_MAX);
	for (size_t i = 0; i < d->n_addrs; i++)
		d->addrs[i] = a[i];
	d->next_addr = 0;
	try_address(d);
}

static void
try_relay(struct dialer *d)
{
	struct err e = { 0 };
	int r = addr_split(d->relays[d->relay % d->n_relays], d->host, &d->port, &e);

	if (r == 0)
		r = resolve_start(d->resolver, &d->query, d->host,
		    d->door != 0 ? d->door : d->port, RESOLVE_MS);
	if (r < 0) {
		err_prefix(&e, r, "cannot look up the relay");
		next_relay(d, &e);
	}
}

static void
on_kick(struct task *t)
{
	struct dialer *d = container_of(t, struct dialer, kick);

	if (d->next_addr < d->n_addrs) {
		try_address(d);
	} else if (d->tried < d->n_relays) {
		d->tried++;
		try_relay(d);
	} else {
		d->running = false;
		d->exhausted(d);
	}
}

void
dialer_init(struct dialer *d)
{
	d->fd = -1;
	d->running = false;
	d->query.done = on_resolved;
	watch_init(&d->watch, on_writable);
	wheel_timer_init(&d->timer, on_timeout);
	task_init(&d->kick, on_kick);
}

void
dialer_start(struct dialer *d, size_t first)
{
	dialer_cancel(d);
	d->running = true;
	d->relay = first;
	d->tried = 0;
	d->n_addrs = d->next_addr = 0;
	loop_defer(d->loop, &d->kick);
}

void
dialer_cancel(struct dialer *d)
{
	if (!d->running)
		return;
	d->running = false;
	resolve_cancel(&d->query);
	stop_connect(d);
	loop_undefer(&d->kick);
}
