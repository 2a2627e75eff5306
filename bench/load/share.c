/* share.c — one who wants more than the others: each has one stream that moves as
 * fast as it can, and then one of them has many. One thread. Invariant: all flows
 * move while the clock runs, and bytes count only then.                      */
#include <stdlib.h>

#include "base/clock.h"
#include "load/flows.h"
#include "load/meter.h"

/* From the first byte until everybody moves as he will. */
#define WARM_NS (2 * AX_NS_PER_S)

struct contest {
	size_t n; /* flows: [0] is the greedy one's, [1] what he has more later */
	struct net_addr *to;
	struct flows *flows;
	uint64_t *had;
};

static void
turn(struct run *run, uint64_t for_ns)
{
	uint64_t until = clock_mono_ns() + for_ns;

	while (clock_mono_ns() < until)
		poller_turn(&run->poller, until);
}

/* What the others have of what they would have if all had the same. */
static double
share_of_others(const struct contest *c)
{
	double all = 0, others = 0;

	for (size_t i = 0; i < c->n; i++) {
		double done = (double)(c->flows[i].done - c->had[i]);

		all += done;
		others += i < 2 ? 0 : done;
	}
	return others / (double)(c->n - 2) / (all / (double)(c->n - 1));
}

static int
measure(struct run *run, struct contest *c, struct meter *m, double *share,
    struct err *e)
{
	int r;

	turn(run, WARM_NS);
	for (size_t i = 0; i < c->n; i++)
		c->had[i] = c->flows[i].done;
	r = meter_start(m, &run->args, e);
	if (r < 0)
		return r;
	turn(run, (uint64_t)(run->args.seconds * 1e9));
	*share = share_of_others(c);
	return meter_stop(m, e);
}

static int
join(struct run *run, struct contest *c, size_t i, size_t streams, struct err *e)
{
	return flows_open(&c->flows[i], &(struct flows_args){ .run = run,
	    .to = &c->to[i], .kind = FLOW_DOWN, .n = streams,
	    .stream_base = (uint32_t)(i * 1000000) }, e);
}

static int
run_contest(struct run *run, struct contest *c, struct err *e)
{
	double before = 0, beside = 0;
	uint64_t bytes = 0, errors = 0;
	struct result out;
	struct meter m;
	int r = join(run, c, 0, 1, e);

	for (size_t i = 2; i < c->n && r == 0; i++)
		r = join(run, c, i, 1, e);
	if (r == 0)
		r = measure(run, c, &m, &before, e);
	if (r == 0)
		r = join(run, c, 1, run->args.streams - 1, e);
	if (r == 0)
		r = measure(run, c, &m, &beside, e);
	if (r < 0)
		return r;
	for (size_t i = 0; i < c->n; i++) {
		bytes += c->flows[i].done - c->had[i];
		errors += c->flows[i].errors;
	}
	result_begin(&out, "share");
	result_num(&out, "share_alike", before);
	result_num(&out, "share_of_others", beside);
	result_num(&out, "gbit_s", (double)bytes * 8 / 1e9 / meter_seconds(&m));
	meter_cpu(&m, &out, "s", 1);
	result_u64(&out, "others", c->n - 2);
	result_u64(&out, "errors", errors);
	result_print(&out);
	return 0;
}

static int
read_addresses(struct run *run, struct contest *c, struct err *e)
{
	int r = 0;

	c->to[0] = c->to[1] = run->to;
	for (size_t i = 2; i < c->n && r == 0; i++)
		r = net_parse(run->args.rest[i - 2], &c->to[i], e);
	return r;
}

int
mode_share(struct run *run, struct err *e)
{
	struct contest c = { .n = 2 };
	int r;

	while (run->args.rest[c.n - 2] != NULL)
		c.n++;
	if (c.n == 2)
		return err_set(e, AX_E_SYNTAX, "where are the others?");
	c.to = calloc(c.n, sizeof(*c.to));
	c.flows = calloc(c.n, sizeof(*c.flows));
	c.had = calloc(c.n, sizeof(*c.had));
	if (c.to == NULL || c.flows == NULL || c.had == NULL)
		r = err_set(e, AX_E_NOMEM, "out of memory");
	else
		r = read_addresses(run, &c, e);
	if (r == 0)
		r = run_contest(run, &c, e);
	for (size_t i = 0; c.flows != NULL && i < c.n; i++)
		flows_close(&c.flows[i]);
	free(c.had);
	free(c.flows);
	free(c.to);
	return r;
}
