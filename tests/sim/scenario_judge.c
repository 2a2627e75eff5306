/* scenario_judge.c — what some runs must show beyond the oracle: figures and
 * goodbyes. Time is virtual, so a figure is as repeatable as a byte.
 * Thread: owner.                                                             */
#include <stdio.h>

#include "scenario.h"

#define SHARE_MIN 0.90	/* of the link's payload rate, for one stream */
#define KEYSTROKE_MAX_NS (25 * AX_NS_PER_MS)	/* above the round trip */
#define CODE_KEEPALIVE 17

void
judge_throughput(struct sim *sim)
{
	int from = !sim->meter.socket->side;
	double link = (double)sim->net[from].bytes_per_s;
	double rate = sim_meter_rate(sim);

	report_say(&sim->report, "%.1f %% of the link; ring peak %zu, credit "
	    "peak %llu, memory peak %zu and %zu", 100 * rate / link,
	    sim->end[from].ring_peak,
	    (unsigned long long)sim->end[!from].credit_peak,
	    sim->end[0].memory.peak, sim->end[1].memory.peak);
	report_check(&sim->report, rate >= SHARE_MIN * link,
	    "%.1f %% of the link", 100 * rate / link);
}

void
judge_keystroke(struct sim *sim)
{
	const struct latencies *l = &sim->model.latency;
	uint64_t rtt = sim_rtt_ns(sim);

	report_check(&sim->report, l->count >= 100, "only %llu keystrokes",
	    (unsigned long long)l->count);
	report_say(&sim->report, "keystrokes: mean %.1f ms, worst %.1f ms",
	    (double)l->sum_ns / (double)l->count / 1e6, (double)l->max_ns / 1e6);
	report_check(&sim->report, l->second_ns <= rtt + KEYSTROKE_MAX_NS,
	    "the 99th of 100 keystrokes took %.1f ms of which %.1f are the path",
	    (double)l->second_ns / 1e6, (double)rtt / 1e6);
}

/* Weights 1, 2, 4, 8: each stream near its share of what all had seen. */
void
judge_shares(struct sim *sim)
{
	const struct model *m = &sim->model;
	uint64_t sum = 0, weights = 0;

	for (unsigned i = 0; i < m->n_flows; i++) {
		sum += m->flows[i].end[1].sampled;
		weights += 1u << m->flows[i].prio;
	}
	for (unsigned i = 0; i < m->n_flows; i++) {
		const struct flow *f = &m->flows[i];
		uint64_t fair = sum * (1u << f->prio) / weights;
		uint64_t got = f->end[1].sampled;

		report_say(&sim->report, "weight %u: %llu of a fair %llu",
		    1u << f->prio, (unsigned long long)got,
		    (unsigned long long)fair);
		report_check(&sim->report, got >= fair * 9 / 10 &&
		    got <= fair * 11 / 10, "flow %u: %llu of a fair %llu", i,
		    (unsigned long long)got, (unsigned long long)fair);
	}
}

void
judge_rtt(struct sim *sim)
{
	uint64_t least = sim_rtt_ns(sim) / 1000;
	uint64_t most = least + 2000 +
	    (sim->net[0].jitter_ns + sim->net[1].jitter_ns) / 1000;

	for (int side = 0; side < 2; side++) {
		struct session_stats st;

		session_stats(sim->end[side].s, &st);
		report_say(&sim->report, "side %d: rtt %llu us, least %llu us", side,
		    (unsigned long long)st.rtt_us,
		    (unsigned long long)st.rtt_min_us);
		if (side == 0 && st.rtt_us == 0)
			continue; /* who pings is the session's choice */
		report_check(&sim->report, st.rtt_us >= least && st.rtt_us <= most &&
		    st.rtt_min_us >= least && st.rtt_min_us <= st.rtt_us,
		    "side %d: rtt %llu us on a path of %llu..%llu us", side,
		    (unsigned long long)st.rtt_us, (unsigned long long)least,
		    (unsigned long long)most);
	}
}

/* Both sides must notice a silent path, in time, and say why. */
static void
both_die(struct sim *sim, uint64_t within_ns)
{
	uint64_t limit = sim->cut_ns + within_ns + AX_NS_PER_S + sim_rtt_ns(sim);
	const char *text;

	while (sim->report.now_ns < limit && !(session_is_closing(sim->end[0].s) &&
	    session_is_closing(sim->end[1].s))) {
		uint64_t now = sim->report.now_ns;

		sim_step(sim, limit);
		report_check(&sim->report, sim->report.now_ns > now, "no step");
	}
	for (int side = 0; side < 2; side++)
		report_check(&sim->report, session_is_closing(sim->end[side].s) &&
		    session_why(sim->end[side].s, &text) == CODE_KEEPALIVE,
		    "side %d did not notice the cut in time", side);
}

static uint64_t
patience_ns(const struct sim *sim)
{
	const struct session_args *a = &sim->end[0].args;

	return (a->ping_ms + a->dead_ms) * AX_NS_PER_MS;
}

void
judge_death(struct sim *sim)
{
	both_die(sim, patience_ns(sim));
}

/* A session that may resume waits; without more than it needs; and dies then. */
void
judge_away(struct sim *sim)
{
	uint64_t ttl_ns = sim->end[0].args.resume_s * AX_NS_PER_S;

	report_check(&sim->report, sim->report.now_ns >= sim->cut_ns + ttl_ns,
	    "dead before its time");
	both_die(sim, patience_ns(sim) + ttl_ns);
}

void
judge_resume(struct sim *sim)
{
	struct session_stats st[2];

	for (int side = 0; side < 2; side++)
		session_stats(sim->end[side].s, &st[side]);
	report_say(&sim->report, "%u attempts, %u refused; resumed %u and %u times",
	    sim->re.attempts, sim->re.refused, st[0].resumed, st[1].resumed);
	report_check(&sim->report, st[1].resumed >= 3 &&
	    st[0].resumed >= st[1].resumed, "resumed %u and %u times",
	    st[0].resumed, st[1].resumed);
}

void
judge_rejected(struct sim *sim)
{
	const struct endpoint *agent = &sim->end[1];

	sim_settle(sim, AX_NS_PER_S);
	report_check(&sim->report, agent->refused && agent->close_code == 10 &&
	    agent->retry_after_ms == 1234, "HELLO_ERR did not arrive as sent");
	report_check(&sim->report, endpoint_is_gone(&sim->end[0]),
	    "the relay goes on after HELLO_ERR");
}

void
judge_goaway(struct sim *sim)
{
	const struct endpoint *e = &sim->end[!sim->goaway_side];
	unsigned failed = 0;

	for (unsigned i = 0; i < sim->model.n_flows; i++)
		failed += sim->model.flows[i].failed;
	report_check(&sim->report, failed > 0 && failed < sim->model.n_flows,
	    "%u of %u flows failed", failed, sim->model.n_flows);
	report_check(&sim->report, e->goaway_seen &&
	    e->goaway.reconnect_in_ms == 7 && e->goaway.try_for_ms == 8 &&
	    e->goaway.deadline_ms == 9, "GOAWAY did not arrive as sent");
}

void
judge_services(struct sim *sim)
{
	struct session_service list[AX_SERVICES_MAX];
	const struct endpoint *relay = &sim->end[0];

	memset(list, 0, sizeof(list));
	for (unsigned i = 0; i < ARRAY_LEN(list); i++) {
		snprintf(list[i].name, sizeof(list[i].name), "service-%u", i);
		list[i].health = (uint8_t)(i % 4);
		list[i].weight = (uint8_t)i;
	}
	for (size_t n = 0; n <= ARRAY_LEN(list); n += ARRAY_LEN(list) / 2) {
		report_check(&sim->report, session_services(sim->end[1].s, list, n) == 0,
		    "session_services failed");
		sim_settle(sim, 3 * AX_NS_PER_S);
		report_check(&sim->report, relay->n_services == n &&
		    memcmp(relay->services, list, n * sizeof(*list)) == 0,
		    "%zu services did not arrive as sent", n);
	}
}
