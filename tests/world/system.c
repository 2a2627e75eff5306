/* system.c — the rest of the machine: clocks, random numbers, signals, the network's
 * changes, name lookup. Thread: main.                                        */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/clock.h"
#include "base/rng.h"
#include "io/netchange.h"
#include "io/resolve.h"
#include "io/signal.h"
#include "agent/renewer.h"
#include "kernel.h"
#include "world.h"

uint64_t __wrap_clock_mono_ns(void);
uint64_t __wrap_clock_wall_ms(void);
void __wrap_rng_secret(void *out, size_t n);
int __wrap_renewer_settle(const struct conf_agent *c, struct err *e);

uint64_t
__wrap_clock_mono_ns(void)
{
	return world_now();
}

uint64_t
__wrap_clock_wall_ms(void)
{
	return (uint64_t)(world.wall_ms + (int64_t)(world_now() / AX_NS_PER_MS));
}

void
__wrap_rng_secret(void *out, size_t n)
{
	uint8_t *p = out;

	while (n-- > 0)
		*p++ = (uint8_t)rng_u64(&world.secret);
}

/* There are no files of certificates. */
int
__wrap_renewer_settle(const struct conf_agent *c AX_UNUSED, struct err *e AX_UNUSED)
{
	return 0;
}

int
signals_init(struct signals *s, struct loop *l AX_UNUSED,
    void (*fn)(struct signals *, int))
{
	watch_init(&s->watch, NULL);
	s->fn = fn;
	return 0;
}

void
signals_fini(struct signals *s AX_UNUSED, struct loop *l AX_UNUSED)
{
}

/* --- the machine moves --------------------------------------------------------- */

static void
on_change(struct wheel_timer *t)
{
	struct netchange *n = container_of(t, struct netchange, timer);

	n->fn(n);
}

int
netchange_init(struct netchange *n, struct loop *l, void (*fn)(struct netchange *))
{
	*n = (struct netchange){ .loop = l, .fn = fn };
	wheel_timer_init(&n->timer, on_change);
	kernel_running()->network = n;
	return 0;
}

void
netchange_fini(struct netchange *n)
{
	if (n->loop != NULL)
		loop_untimer(n->loop, &n->timer);
	n->loop = NULL;
}

/* --- names: literals only --------------------------------------------------------- */

struct resolver {
	struct loop *loop;
};

struct lookup {
	struct task task;
	struct resolve_query *query;
	struct addr addr;
};

int
resolver_new(struct loop *l, struct resolver **out, struct err *e)
{
	*out = calloc(1, sizeof(**out));
	if (*out == NULL)
		return err_set(e, AX_E_NOMEM, "no memory to look up names");
	(*out)->loop = l;
	return 0;
}

void
resolver_free(struct resolver **r)
{
	free(*r);
	*r = NULL;
}

static void
on_answer(struct task *t)
{
	struct lookup *k = container_of(t, struct lookup, task);
	struct resolve_query *q = k->query;
	struct addr a = k->addr;

	q->internal = NULL;
	free(k);
	q->done(q, &a, 1, NULL);
}

int
resolve_start(struct resolver *r, struct resolve_query *q, const char *host,
    uint16_t port, uint32_t timeout_ms AX_UNUSED)
{
	struct lookup *k = calloc(1, sizeof(*k));
	char text[300];
	struct err e;

	if (k == NULL)
		return AX_E_NOMEM;
	snprintf(text, sizeof(text), "%s:%u", host, port);
	world_check(addr_parse(text, &k->addr, &e) == 0, "%s", e.text);
	k->query = q;
	q->internal = k;
	task_init(&k->task, on_answer);
	loop_defer(r->loop, &k->task);
	return 0;
}

void
resolve_cancel(struct resolve_query *q)
{
	struct lookup *k = q->internal;

	if (k == NULL)
		return;
	q->internal = NULL;
	loop_undefer(&k->task);
	free(k);
}
