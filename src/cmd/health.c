/* health.c — judging a service by what each of its agents says about it.
 *
 * Thread: any. An agent tells what came of its last dial; one that nobody has
 * made dial yet knows nothing, and neither do we.                            */
#include "cmd/health.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "cmd/doc.h"

struct count {
	unsigned well, unproven, failing, away;
	const char *one_failing, *one_away; /* a name of each */
};

/* Older relays do not tell the state. */
static void
count_one(const json_t *agent, const json_t *h, struct count *n)
{
	if (!json_is_true(json_object_get(agent, "connected"))) {
		n->away++;
		n->one_away = doc_text(agent, "agent");
	} else if (!json_is_true(json_object_get(h, "ok"))) {
		n->failing++;
		n->one_failing = doc_text(agent, "agent");
	} else if (strcmp(doc_text(h, "state"), "unknown") == 0) {
		n->unproven++;
	} else {
		n->well++;
	}
}

static struct count
count(const json_t *tenant, const char *service)
{
	struct count n = { 0 };
	const json_t *agent, *h;
	size_t i, k;

	json_array_foreach(json_object_get(tenant, "agents"), i, agent)
		json_array_foreach(json_object_get(agent, "services_health"), k, h)
			if (strcmp(doc_text(h, "service"), service) == 0)
				count_one(agent, h, &n);
	return n;
}

static void
say(struct health *h, const char *state, unsigned n, unsigned of, const char *one,
    const char *what)
{
	struct str s;

	h->state = state;
	str_init(&s, h->cause, sizeof(h->cause));
	if (n == 1 && *one != '\0')
		str_fmt(&s, "agent %s %s", one, what);
	else
		str_fmt(&s, "%u of %u agents: %s", n, of, what);
}

void
health_of(const json_t *tenant, const char *service, struct health *out)
{
	struct count n = count(tenant, service);
	unsigned all = n.well + n.unproven + n.failing + n.away;
	unsigned usable = n.well + n.unproven;

	*out = (struct health){ .state = "OK" };
	if (all == 0) {
		out->state = "DEAD";
		str_copy(out->cause, sizeof(out->cause),
		    "no agent is connected that lends it");
	} else if (n.failing > 0) {
		say(out, usable == 0 ? "DEAD" : "DEGRADED", n.failing, all,
		    n.one_failing, "cannot reach it");
	} else if (n.away > 0) {
		say(out, usable == 0 ? "DEAD" : "DEGRADED", n.away, all, n.one_away,
		    "is away");
	} else if (n.well == 0) {
		out->state = "UNKNOWN";
		str_copy(out->cause, sizeof(out->cause),
		    "nobody has used it since its agent started");
	}
}
