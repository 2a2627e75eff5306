/* refused.c — counting and telling who was refused.
 *
 * Thread: the worker's. Invariant: peer comes first among what others can choose,
 * so that a filter never takes a name that somebody gave himself for an address. */
#include "relay/refused.h"

#include "relay/turned.h"
#include "relay/worker.h"

bool
refused_may_say(
    struct refused_lines *l, unsigned cause, uint64_t now_ns, uint64_t *unsaid)
{
	uint32_t second = (uint32_t)(now_ns / AX_NS_PER_S);

	if (l->of[cause].second != second) {
		l->of[cause].second = second;
		l->of[cause].said = 0;
	}
	if (l->of[cause].said >= REFUSED_LINES) {
		l->of[cause].unsaid++;
		return false;
	}
	l->of[cause].said++;
	*unsaid = l->of[cause].unsaid;
	l->of[cause].unsaid = 0;
	return true;
}

static bool
may_say(struct worker *w, unsigned cause, uint64_t *unsaid)
{
	return refused_may_say(&w->refused, cause, loop_now(w->loop), unsaid);
}

static bool
is_agents_port(struct service_ref at)
{
	return at.tenant == PER_SOURCE_AGENTS;
}

void
refused_count(struct worker *w, struct service_ref at, enum refusal why)
{
	atomic_fetch_add_explicit(&tenants_tally(w->tenants, at)->refused[why], 1,
	    memory_order_relaxed);
}

static void
say_visitor(struct worker *w, struct service_ref at, enum refusal why,
    const char *limit, const struct addr *peer)
{
	const struct conf_tenant *t = tenants_conf(w->tenants, at.tenant);
	char from[ADDR_TEXT_MAX];
	uint64_t unsaid;

	if (!may_say(w, why, &unsaid))
		return;
	addr_format(peer, from);
	log_info(w->log, "visitor refused", LOG_STR("tenant", t->name),
	    LOG_STR("service", t->services[at.service].name),
	    LOG_STR("peer", from), LOG_STR("reason", refusal_name(why)),
	    LOG_STR("limit", limit), LOG_U64("unsaid", unsaid));
}

void
refused_visitor(struct worker *w, struct service_ref at, enum refusal why,
    const char *limit, const struct addr *peer)
{
	refused_count(w, at, why);
	say_visitor(w, at, why, limit, peer);
}

static void
say_agent(struct worker *w, const struct refused_agent *a, enum refusal why)
{
	char from[ADDR_TEXT_MAX];
	uint64_t unsaid;

	w->agents_refused++;
	if (!may_say(w, why, &unsaid))
		return;
	addr_format(a->peer, from);
	log_warn(w->log, "agent refused", LOG_STR("peer", from),
	    LOG_BOOL("blame", a->blame), LOG_STR("tenant", a->tenant),
	    LOG_STR("agent", a->agent), LOG_STR("reason", a->reason),
	    LOG_U64("code", a->code), LOG_U64("unsaid", unsaid));
}

static void
say_ban(struct worker *w, struct service_ref at, const struct addr *peer)
{
	const struct conf_tenant *t =
	    is_agents_port(at) ? NULL : tenants_conf(w->tenants, at.tenant);
	const struct conf_service *s = t == NULL ? NULL : &t->services[at.service];
	const struct conf_ban *ban =
	    s == NULL ? &w->conf->per_source.ban : &s->per_source.ban;
	char from[ADDR_TEXT_MAX];
	uint64_t unsaid;

	w->refused.bans++;
	if (!may_say(w, REFUSALS, &unsaid))
		return;
	addr_format(peer, from);
	log_warn(w->log, "source banned", LOG_STR("peer", from),
	    LOG_STR("tenant", t == NULL ? "" : t->name),
	    LOG_STR("service", s == NULL ? "" : s->name),
	    LOG_U64("for_s", ban->for_ms / 1000), LOG_U64("unsaid", unsaid));
}

/* Of one source a line in a second is enough; who is banned is said when it begins,
 * and that line names everything. */
void
refused_source(struct worker *w, struct service_ref at,
    const struct per_source_answer *a, const struct addr *peer)
{
	enum refusal why = a->verdict == PER_SOURCE_BANNED ? REFUSED_BANNED :
							     REFUSED_PER_SOURCE;
	struct refused_agent agent = { .peer = peer, .blame = true, .tenant = "",
		.agent = "", .reason = per_source_text(a->verdict) };

	if (!is_agents_port(at))
		refused_count(w, at, why);
	else if (a->said)
		w->agents_refused++;
	if (!a->said && is_agents_port(at))
		say_agent(w, &agent, why);
	else if (!a->said)
		say_visitor(w, at, why, per_source_text(a->verdict), peer);
	if (a->banned)
		say_ban(w, at, peer);
}

void
refused_agent(struct worker *w, const struct refused_agent *a)
{
	const struct conf_per_source *c = &w->conf->per_source;
	struct per_source_answer answer = { .verdict = PER_SOURCE_OK };

	say_agent(w, a, REFUSED_NO_AGENT);
	turned_tell(w, a);
	if (a->blame && w->per_source != NULL && c->ban.after != 0)
		answer = per_source_blame(
		    w->per_source, a->source, c, loop_now(w->loop));
	if (answer.banned)
		say_ban(w, a->source->at, a->peer);
}
