/* carried.c — looking through the streams.
 * Thread: the worker's in the first part, control in the second.
 * Invariant: a part belongs to the worker from MSG_STREAMS to MSG_STREAMS_PART.
 * A walk goes from the newest to the oldest, so it ends however many come
 * meanwhile; its mark is a link of the list itself, so whoever ends meanwhile
 * does no harm.                                                              */
#include "relay/carried.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admin/admin.h"
#include "base/str.h"
#include "relay/control.h"
#include "relay/status.h"
#include "relay/tunnel.h"

/* In one turn: some 50 us, about as much as a burst of bytes. */
#define LOOKS_PER_TURN 512

struct carried_entry {
	uint64_t number, bytes_in, bytes_out, age_ms;
	struct service_ref at;
	char agent[64];
	uint16_t client_port;
	uint8_t addr_len, client[16];
	uint16_t worker;
};

struct carried_part {
	struct list entry; /* worker's asked */
	struct carried_query *query;
	uint64_t total;
	size_t n;
	struct carried_entry *best; /* query's limit of them; largest: a heap, the
				     * smallest first */
};

struct carried_query {
	struct list entry; /* relay's */
	struct admin_request *req;
	unsigned missing;
	bool failed; /* somebody could not be asked */
	bool largest;
	size_t limit;
	int tenant; /* -1: all */
	bool one_agent;
	char agent[64];
	uint64_t close; /* not a list: end the stream of this number */
	bool cut;	/* nor this: end all of the tenant's; nobody has asked */
	struct carried_part parts[RELAY_WORKERS_MAX];
};

/* --- a worker's -------------------------------------------------------------- */

static void look(struct task *t);

void
carried_init(struct worker *w)
{
	list_init(&w->carried.all);
	list_init(&w->carried.asked);
	list_init(&w->carried.mark);
	task_init(&w->carried.look, look);
}

void
carried_stop(struct worker *w)
{
	loop_undefer(&w->carried.look);
	list_del(&w->carried.mark);
}

void
carried_more(struct worker *w, struct carried *c)
{
	c->number = ++w->carried.last_number;
	c->since_ns = loop_now(w->loop);
	list_init(&c->entry);
	list_add(&w->carried.all, &c->entry);
}

static bool
is_set(const struct conf_bandwidth *c)
{
	return (c->up | c->down) != 0;
}

void
carried_brake(struct worker *w, struct carried *c)
{
	const struct conf_tenant *t = tenants_conf(w->tenants, c->at.tenant);
	bool gone = c->at.service == SERVICE_GONE;
	bool wanted = is_set(&t->bandwidth) ||
	    (!gone && is_set(&t->services[c->at.service].bandwidth));

	if (wanted == brake_is_on(&c->brake))
		return;
	if (!wanted) {
		brake_off(&c->brake);
		return;
	}
	c->brake = (struct brake){ .rates = {
	    tenants_rates(w->tenants, c->at.tenant),
	    gone ? NULL : &tenants_tally(w->tenants, c->at)->rates } };
	brake_on(&c->brake, &c->splice);
}

void
carried_reload(struct worker *w)
{
	struct list *e;

	list_foreach(e, &w->carried.all) {
		if (e != &w->carried.mark)
			carried_brake(w, container_of(e, struct carried, entry));
	}
}

void
carried_less(struct worker *w AX_UNUSED, struct carried *c)
{
	list_del(&c->entry);
}

static uint64_t
bytes(const struct carried_entry *e)
{
	return e->bytes_in + e->bytes_out;
}

static void
swap(struct carried_entry *a, struct carried_entry *b)
{
	struct carried_entry t = *a;

	*a = *b;
	*b = t;
}

static void
heap_up(struct carried_entry *h, size_t i)
{
	for (; i > 0 && bytes(&h[i]) < bytes(&h[(i - 1) / 2]); i = (i - 1) / 2)
		swap(&h[i], &h[(i - 1) / 2]);
}

static void
heap_down(struct carried_entry *h, size_t n)
{
	size_t i = 0, k;

	while ((k = 2 * i + 1) < n) {
		k += k + 1 < n && bytes(&h[k + 1]) < bytes(&h[k]);
		if (bytes(&h[i]) <= bytes(&h[k]))
			return;
		swap(&h[i], &h[k]);
		i = k;
	}
}

static void
fill(const struct worker *w, const struct carried *c, struct carried_entry *e)
{
	*e = (struct carried_entry){ .number = c->number, .at = c->at,
		.bytes_in = c->splice.bytes_out, /* as the status has it */
		.bytes_out = c->splice.bytes_in,
		.age_ms = (loop_now(w->loop) - c->since_ns) / AX_NS_PER_MS,
		.addr_len = c->addr_len, .client_port = c->client_port,
		.worker = (uint16_t)w->index };
	memcpy(e->client, c->client, sizeof(e->client));
	memcpy(e->agent, c->tunnel->lane.agent, sizeof(e->agent));
}

static void
consider(const struct worker *w, struct carried_part *p, const struct carried *c)
{
	const struct carried_query *q = p->query;
	uint64_t n = c->splice.bytes_in + c->splice.bytes_out;

	if ((q->tenant >= 0 && c->at.tenant != (uint32_t)q->tenant) ||
	    (q->one_agent && strcmp(q->agent, c->tunnel->lane.agent) != 0))
		return;
	p->total++;
	if (p->n < q->limit) {
		fill(w, c, &p->best[p->n]);
		if (q->largest)
			heap_up(p->best, p->n);
		p->n++;
	} else if (q->largest && n > bytes(&p->best[0])) {
		fill(w, c, &p->best[0]);
		heap_down(p->best, p->n);
	}
}

/* The next one, from the newest to the oldest; NULL: that was all. */
static struct carried *
step(struct carried_here *s)
{
	struct list *e = s->mark.prev;

	list_del(&s->mark);
	if (e == &s->all)
		return NULL;
	list_insert_before(e, &s->mark);
	return container_of(e, struct carried, entry);
}

/* c is gone. */
static void
end(struct carried_part *p, struct carried *c)
{
	p->total++;
	splice_abort(&c->splice, AX_WIRE_CANCEL);
}

/* Goes on with the walk; true: it is over. */
static bool
walk(struct worker *w, struct carried_part *p)
{
	const struct carried_query *q = p->query;
	struct carried *c;

	for (unsigned i = 0; i < LOOKS_PER_TURN; i++) {
		c = step(&w->carried);
		if (c == NULL)
			return true;
		if (q->cut && c->at.tenant == (uint32_t)q->tenant) {
			end(p, c);
		} else if (q->close != 0 && q->close == c->number) {
			list_del(&w->carried.mark);
			end(p, c);
			return true;
		} else if (q->limit > 0) {
			consider(w, p, c);
		}
	}
	return false;
}

static void
look(struct task *t)
{
	struct carried_here *s = container_of(t, struct carried_here, look);
	struct worker *w = container_of(s, struct worker, carried);
	struct list *first = list_first(&s->asked);
	struct carried_part *p;

	if (first == NULL)
		return;
	p = container_of(first, struct carried_part, entry);
	if (list_is_empty(&s->mark))
		list_add(&s->all, &s->mark);
	if (walk(w, p)) {
		struct msg m = { .type = MSG_STREAMS_PART, .u.streams = p };

		list_del(&p->entry);
		worker_tell_control(w, &m);
	}
	if (!list_is_empty(&s->asked))
		loop_defer(w->loop, &s->look);
}

void
carried_ask(struct worker *w, struct carried_part *part)
{
	list_add(&w->carried.asked, &part->entry);
	loop_defer(w->loop, &w->carried.look);
}

/* --- control's ----------------------------------------------------------------- */

static void
query_free(struct carried_query *q)
{
	for (unsigned i = 0; i < RELAY_WORKERS_MAX; i++)
		free(q->parts[i].best);
	list_del(&q->entry);
	free(q);
}

static struct carried_query *
query_new(struct relay *r, struct admin_request *req)
{
	struct carried_query *q = calloc(1, sizeof(*q));

	if (q == NULL)
		return NULL;
	q->req = req;
	q->tenant = -1;
	list_init(&q->entry);
	list_add(&r->stream_queries, &q->entry);
	return q;
}

static void
ask(struct relay *r, struct carried_query *q, unsigned worker)
{
	struct carried_part *p = &q->parts[worker];
	struct msg m = { .type = MSG_STREAMS, .u.streams = p };

	p->query = q;
	list_init(&p->entry);
	if (q->limit > 0)
		p->best = calloc(q->limit, sizeof(*p->best));
	if ((q->limit > 0 && p->best == NULL) ||
	    mailbox_send(r->box, worker, &m) < 0)
		q->failed = true;
	else
		q->missing++;
}

static int
by_bytes(const void *x, const void *y)
{
	uint64_t a = bytes(x), b = bytes(y);

	return a < b ? 1 : a > b ? -1 : 0;
}

static int
by_age(const void *x, const void *y)
{
	const struct carried_entry *a = x, *b = y;

	return a->age_ms < b->age_ms ? -1 : a->age_ms > b->age_ms ? 1 : 0;
}

/* What all workers found, best first; from malloc. */
static struct carried_entry *
gather(const struct relay *r, const struct carried_query *q, size_t *n,
    uint64_t *total)
{
	struct carried_entry *all;

	*n = *total = 0;
	all = malloc((r->n_workers * q->limit + 1) * sizeof(*all));
	for (unsigned i = 0; all != NULL && i < r->n_workers; i++) {
		const struct carried_part *p = &q->parts[i];

		memcpy(all + *n, p->best, p->n * sizeof(*all));
		*n += p->n;
		*total += p->total;
	}
	if (all != NULL)
		qsort(all, *n, sizeof(*all), q->largest ? by_bytes : by_age);
	*n = MIN(*n, q->limit);
	return all;
}

static void
answer_list(struct relay *r, const struct carried_query *q)
{
	size_t n;
	struct admin_streams s = { 0 };
	struct carried_entry *all = gather(r, q, &n, &s.total);
	struct admin_stream *list = calloc(n + 1, sizeof(*list));
	char (*clients)[ADDR_TEXT_MAX] = calloc(n + 1, sizeof(*clients));

	for (size_t i = 0; all != NULL && list != NULL && clients != NULL && i < n; i++) {
		const struct conf_tenant *t = tenants_conf(r->tenants, all[i].at.tenant);

		addr_format_ip(all[i].client, all[i].addr_len,
		    all[i].client_port, clients[i]);
		list[i] = (struct admin_stream){
			.id = { all[i].worker, all[i].number }, .tenant = t->name,
			.agent = all[i].agent,
			.service = tenants_service_name(t, all[i].at.service),
			.client = clients[i], .bytes_in = all[i].bytes_in,
			.bytes_out = all[i].bytes_out, .age_ms = all[i].age_ms };
	}
	s.streams = list;
	s.n = n;
	if (all == NULL || list == NULL || clients == NULL)
		admin_fail(q->req, "out of memory");
	else
		admin_reply_streams(q->req, &s);
	free(all);
	free(list);
	free(clients);
}

static uint64_t
count_ended(const struct relay *r, const struct carried_query *q)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < r->n_workers; i++)
		n += q->parts[i].total;
	return n;
}

static void
answer_close(struct relay *r, const struct carried_query *q)
{
	uint64_t closed = count_ended(r, q);

	if (closed == 0)
		admin_not_found(q->req, "no such stream is open any more");
	else
		admin_reply_closed(q->req, closed);
}

static void
tell_cut(struct relay *r, const struct carried_query *q)
{
	uint64_t n = count_ended(r, q);

	if (n > 0)
		log_info(r->log, "connections were ended: the tenant's quota is used up",
		    LOG_STR("tenant", tenants_conf(r->tenants, (uint32_t)q->tenant)->name),
		    LOG_U64("connections", n));
}

static void
answer(struct relay *r, struct carried_query *q)
{
	if (q->cut) /* who could not be asked is asked again */
		tell_cut(r, q);
	else if (q->failed)
		admin_fail(q->req, "the relay is too busy, or out of memory");
	else if (q->close != 0)
		answer_close(r, q);
	else
		answer_list(r, q);
	query_free(q);
}

void
carried_part(struct relay *r, struct carried_part *part)
{
	struct carried_query *q = part->query;

	if (--q->missing > 0)
		return;
	answer(r, q);
	status_answered(r);
}

void
carried_list(struct relay *r, struct admin_request *req,
    const struct admin_streams_wish *wish)
{
	int tenant = wish->tenant == NULL ? -1 : tenants_index(r->tenants, wish->tenant);
	struct carried_query *q;

	if (wish->tenant != NULL && tenant < 0) {
		admin_not_found(req, "the relay has no such tenant");
		return;
	}
	q = query_new(r, req);
	if (q == NULL) {
		admin_fail(req, "out of memory");
		return;
	}
	q->largest = wish->largest;
	q->limit = wish->limit;
	q->tenant = tenant;
	q->one_agent = wish->agent != NULL;
	if (wish->agent != NULL)
		str_copy(q->agent, sizeof(q->agent), wish->agent);
	for (unsigned i = 0; i < r->n_workers; i++)
		ask(r, q, i);
	if (q->missing == 0)
		answer(r, q);
}

void
carried_close(struct relay *r, struct admin_request *req, struct admin_stream_id id)
{
	struct carried_query *q;

	if (id.worker >= r->n_workers) {
		admin_not_found(req, "no such stream is open any more");
		return;
	}
	q = query_new(r, req);
	if (q == NULL) {
		admin_fail(req, "out of memory");
		return;
	}
	q->close = id.number;
	ask(r, q, id.worker);
	if (q->missing == 0)
		answer(r, q);
}

void
carried_cut(struct relay *r, uint32_t tenant)
{
	struct carried_query *q;
	struct list *e;

	list_foreach(e, &r->stream_queries) {
		q = container_of(e, struct carried_query, entry);
		if (q->cut && q->tenant == (int)tenant)
			return;
	}
	q = query_new(r, NULL);
	if (q == NULL)
		return;
	q->cut = true;
	q->tenant = (int)tenant;
	for (unsigned i = 0; i < r->n_workers; i++)
		ask(r, q, i);
	if (q->missing == 0)
		answer(r, q);
}

void
carried_end(struct relay *r)
{
	struct list *e;

	while ((e = list_first(&r->stream_queries)) != NULL)
		query_free(container_of(e, struct carried_query, entry));
}
