/* modes.c — the loads that are measured: each opens its connections, lets the
 * poller turn until the time or the work is over, and prints one result. One
 * thread. Invariant: the meter runs only while the load does; draining and
 * closing come after it.                                                     */
#include <stdlib.h>

#include "base/clock.h"
#include "load/asks.h"
#include "load/flows.h"
#include "load/meter.h"

/* How long a request or a receipt may lag behind the end of a run. */
#define LAG_NS (3 * AX_NS_PER_S)

static uint64_t
deadline_of(const struct run *run, const struct meter *m)
{
	return m->start_ns + (uint64_t)(run->args.seconds * 1e9);
}

static void
turn_until(struct run *run, const size_t *open, uint64_t deadline)
{
	while (*open > 0 && clock_mono_ns() < deadline)
		poller_turn(&run->poller, deadline);
}

static int
verdict(uint64_t bad, struct err *e)
{
	return bad == 0 ? 0 : err_set(e, AX_E_PEER, "bytes came back wrong");
}

/* Runs flows to their end: by bytes if a number is given, else by time. */
static void
run_flows(struct run *run, struct flows *f, const struct meter *m)
{
	bool timed = f->bytes == 0;

	turn_until(run, &f->open, timed ? deadline_of(run, m) : AX_NEVER);
	if (!timed || f->kind != FLOW_UP)
		return;
	/* What is under way arrives before the clock stops: only bytes that
	 * the service has seen count. */
	flows_end(f);
	turn_until(run, &f->open, deadline_of(run, m) + LAG_NS);
	f->errors += f->open;
}

static double
gbit_s(uint64_t bytes, const struct meter *m)
{
	return (double)bytes * 8 / 1e9 / meter_seconds(m);
}

static void
put_flows(struct result *out, const struct flows *f, const struct meter *m)
{
	result_num(out, "gbit_s", gbit_s(f->done, m));
	result_u64(out, "bytes", f->done);
	result_num(out, "seconds", meter_seconds(m));
	result_u64(out, "errors", f->errors);
	result_u64(out, "bad", f->bad);
}

int
mode_bulk(struct run *run, struct err *e)
{
	const struct args *a = &run->args;
	struct flows f = { 0 };
	struct result out;
	struct meter m;
	int r;

	if (a->up == a->down)
		return err_set(e, AX_E_SYNTAX, "give --up or --down");
	r = flows_open(&f, &(struct flows_args){ .run = run, .n = a->streams,
	    .kind = a->up ? FLOW_UP : FLOW_DOWN, .bytes = a->bytes }, e);
	if (r == 0)
		r = meter_start(&m, a, e);
	if (r < 0)
		goto out;
	run_flows(run, &f, &m);
	r = meter_stop(&m, e);
	if (r < 0)
		goto out;
	result_begin(&out, a->up ? "bulk-up" : "bulk-down");
	put_flows(&out, &f, &m);
	meter_cpu(&m, &out, "s_per_gb", 1e9 / (double)f.done);
	result_print(&out);
	r = verdict(f.bad, e);
out:
	flows_close(&f);
	return r;
}

static void
put_asks(struct result *out, const struct asks *s, const struct meter *m)
{
	result_num(out, "requests_s", (double)s->done / meter_seconds(m));
	result_latency(out, &s->latency);
	result_u64(out, "requests", s->done);
	result_num(out, "seconds", meter_seconds(m));
	result_u64(out, "errors", s->errors);
	result_u64(out, "bad", s->bad);
}

/* Turns until the time is over or all requests are made. */
static int
run_asks(struct run *run, struct asks *s, const struct meter *m, struct err *e)
{
	uint64_t deadline = AX_NEVER;

	if (run->args.requests == 0)
		deadline = deadline_of(run, m);
	while (s->open > 0 && s->failed == 0 && clock_mono_ns() < deadline)
		poller_turn(&run->poller, deadline);
	return s->failed == 0 ? 0 : err_set(e, s->failed, "%s", s->err.text);
}

static int
measure_asks(struct run *run, struct asks *s, const char *name, struct err *e)
{
	struct result out;
	struct meter m;
	int r;

	r = meter_start(&m, &run->args, e);
	if (r == 0)
		r = run_asks(run, s, &m, e);
	if (r == 0)
		r = meter_stop(&m, e);
	if (r < 0)
		return r;
	result_begin(&out, name);
	put_asks(&out, s, &m);
	meter_cpu(&m, &out, "us_per_request", 1e6 / (double)s->done);
	result_u64(&out, "unfinished", asks_drain(s, LAG_NS));
	result_print(&out);
	return verdict(s->bad, e);
}

static int
mode_asks(struct run *run, const struct ask_kind *kind, const char *name,
    struct err *e)
{
	struct asks *s = calloc(1, sizeof(*s));
	int r;

	if (s == NULL)
		return err_set(e, AX_E_NOMEM, "out of memory");
	r = asks_open(s, run, kind, run->args.conns, e);
	if (r == 0)
		r = measure_asks(run, s, name, e);
	asks_close(s);
	free(s);
	return r;
}

int
mode_echo(struct run *run, struct err *e)
{
	return mode_asks(run, &ask_echo, "echo", e);
}

int
mode_churn(struct run *run, struct err *e)
{
	return mode_asks(run, &ask_once, "churn", e);
}

int
mode_http(struct run *run, struct err *e)
{
	if (run->args.close)
		return mode_asks(run, &ask_http_close, "http-close", e);
	return mode_asks(run, &ask_http, "http", e);
}

/* --- an echo beside something else ------------------------------------------ */

/* An echo of some connections: alone, then beside what disturbs it. */
struct echoes {
	size_t n;
	struct asks alone, beside;
};

static int
echo_run(struct run *run, struct asks *s, size_t n, struct meter *m,
    struct err *e)
{
	int r;

	r = asks_open(s, run, &ask_echo, n, e);
	if (r == 0)
		r = meter_start(m, &run->args, e);
	if (r == 0)
		r = run_asks(run, s, m, e);
	if (r == 0)
		r = meter_stop(m, e);
	asks_count_waiting(s);
	return r;
}

static int
echo_alone(struct run *run, size_t n, struct echoes **out, struct err *e)
{
	struct echoes *x = calloc(1, sizeof(*x));
	struct meter m;
	int r;

	*out = x;
	if (x == NULL)
		return err_set(e, AX_E_NOMEM, "out of memory");
	x->n = n;
	r = echo_run(run, &x->alone, n, &m, e);
	if (r == 0 && asks_drain(&x->alone, LAG_NS) + x->alone.errors > 0)
		r = err_set(e, AX_E_CLOSED, "echoes fail before the load begins");
	asks_close(&x->alone);
	return r < 0 ? r : verdict(x->alone.bad, e);
}

/* Comes last: what is still under way may take its time now. */
static void
put_echoes(struct result *out, struct echoes *x, const struct meter *m)
{
	double alone = (double)hist_percentile(&x->alone.latency, 990) / 1e3,
	       beside = (double)hist_percentile(&x->beside.latency, 990) / 1e3;

	result_num(out, "requests_s", (double)x->beside.done / meter_seconds(m));
	result_latency(out, &x->beside.latency);
	result_num(out, "idle_p99_us", alone);
	result_num(out, "p99_x_idle", beside / alone);
	result_u64(out, "requests", x->beside.done);
	result_u64(out, "echo_errors", x->beside.errors);
	result_u64(out, "unfinished", asks_drain(&x->beside, LAG_NS));
}

static void
echoes_free(struct echoes *x)
{
	if (x != NULL)
		asks_close(&x->beside);
	free(x);
}

static int
measure_mixed(struct run *run, struct echoes *x, struct flows *f, struct err *e)
{
	struct result out;
	struct meter m;
	int r;

	r = echo_run(run, &x->beside, x->n, &m, e);
	if (r < 0)
		return r;
	result_begin(&out, "mixed");
	result_num(&out, "gbit_s", gbit_s(f->done, &m));
	result_num(&out, "seconds", meter_seconds(&m));
	result_u64(&out, "bulk_errors", f->errors);
	meter_cpu(&m, &out, "s", 1);
	put_echoes(&out, x, &m);
	result_print(&out);
	return verdict(x->beside.bad + f->bad, e);
}

int
mode_mixed(struct run *run, struct err *e)
{
	struct flows f = { 0 };
	struct echoes *x;
	int r;

	r = echo_alone(run, run->args.conns, &x, e);
	if (r == 0)
		r = flows_open(&f, &(struct flows_args){ .run = run,
		    .kind = FLOW_DOWN, .n = run->args.streams,
		    .stream_base = 1000000 }, e);
	if (r == 0)
		r = measure_mixed(run, x, &f, e);
	echoes_free(x);
	flows_close(&f);
	return r;
}

/* Until the buffers on the way to the frozen flows are full: filling them is
 * not what is measured. Quiet means nothing new in three looks; five seconds
 * are enough for anybody, and a service that trickles must not hold us up.   */
static void
let_settle(struct run *run, const struct flows *frozen)
{
	uint64_t end = clock_mono_ns() + 5 * AX_NS_PER_S, look, had = 0, now;
	int quiet = 0;

	while (quiet < 3 && (look = clock_mono_ns()) < end) {
		look += 50 * AX_NS_PER_MS;
		while (clock_mono_ns() < look)
			poller_turn(&run->poller, look);
		now = flows_queued(frozen);
		quiet = now > 0 && now == had ? quiet + 1 : 0;
		had = now;
	}
}

/* A flow that moves, for its time or its bytes. before: memory counts from
 * there.                                                                     */
static int
run_moving(struct run *run, struct flows *f, struct meter *m,
    const struct proc_use *before, struct err *e)
{
	int r;

	r = flows_open(f, &(struct flows_args){ .run = run, .kind = FLOW_DOWN,
	    .n = run->args.streams, .bytes = run->args.bytes,
	    .stream_base = 1000000 }, e);
	if (r == 0)
		r = meter_start(m, &run->args, e);
	if (r < 0)
		return r;
	memcpy(m->before, before, sizeof(m->before));
	run_flows(run, f, m);
	return meter_stop(m, e);
}

static int
measure_stall(struct run *run, const struct flows *frozen, struct echoes *x,
    const struct proc_use *before, struct err *e)
{
	struct flows f = { 0 };
	struct meter m, echo;
	struct result out;
	int r;

	let_settle(run, frozen);
	r = run_moving(run, &f, &m, before, e);
	flows_close(&f); /* what it counted stays */
	if (r == 0)
		r = echo_run(run, &x->beside, x->n, &echo, e);
	if (r < 0)
		return r;
	result_begin(&out, "stall");
	put_flows(&out, &f, &m);
	result_u64(&out, "stalled", frozen->open);
	result_u64(&out, "stalled_errors", frozen->errors);
	meter_rss(&m, &out, "growth_mb", 1e-6);
	put_echoes(&out, x, &echo);
	result_print(&out);
	return verdict(f.bad + x->beside.bad, e);
}

/* Memory counts from before the first stalled reader, time from when all of
 * them have stalled. The echo is a connection of its own.                    */
int
mode_stall(struct run *run, struct err *e)
{
	struct flows frozen = { 0 };
	struct echoes *x;
	struct meter m;
	int r;

	r = echo_alone(run, 1, &x, e);
	if (r == 0)
		r = meter_start(&m, &run->args, e);
	if (r == 0)
		r = flows_open(&frozen, &(struct flows_args){ .run = run,
		    .kind = FLOW_FROZEN, .n = run->args.conns }, e);
	if (r == 0)
		r = measure_stall(run, &frozen, x, m.before, e);
	echoes_free(x);
	flows_close(&frozen);
	return r;
}
