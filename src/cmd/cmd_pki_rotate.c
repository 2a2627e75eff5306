/* cmd_pki_rotate.c — atlax pki rotate: one step, and who is not ready for it.
 *
 * Thread: the only one.
 * Invariant: nothing is written before everybody who would be shut out was looked
 * for; --force is for who knows better.                                      */
#include "cmd/cmd_pki_rotate.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "atlax/exit.h"
#include "cmd/ask.h"
#include "cmd/doc.h"
#include "pki/rotate.h"

/* --- who is not ready --------------------------------------------------------- */

/* The agent of that name in the relay's document, connected; NULL: it is not. */
static const json_t *
find(const json_t *doc, const char *name)
{
	const json_t *tenant, *a;
	size_t i, k, n = strcspn(name, "/");

	json_array_foreach(json_object_get(doc, "tenants"), i, tenant) {
		const char *t = doc_text(tenant, "name");

		if (strlen(t) != n || strncmp(t, name, n) != 0)
			continue;
		json_array_foreach(json_object_get(tenant, "agents"), k, a)
			if (strcmp(doc_text(a, "agent"),
				name + n + (name[n] == '/')) == 0 &&
			    json_is_true(json_object_get(a, "connected")))
				return a;
	}
	return NULL;
}

static void
say_not_ready(const struct rotate_args *a, const char *name, const char *why)
{
	if (a->doc == NULL) {
		printf("%s: %s\n", name, why);
		return;
	}
	doc_append(a->doc, "not_ready",
	    json_pack("{s:s s:s}", "name", name, "why", why));
}

static int
without_bundle(const struct rotate_args *a, struct ca *ca, size_t *n, struct err *e)
{
	struct ask ask = { .program = "atlax pki rotate", .socket = a->socket,
		.page = "/v1/status" };
	const struct db_row *row;
	struct ask_answer answer;
	uint64_t sequence;
	size_t i = 0;
	int r = rotate_sequence(ca, &sequence, e);

	if (r == 0 && ask_relay(&ask, &answer) != AX_EXIT_OK)
		r = err_set(e, AX_E_CONFIG, "which agents are ready, only the relay "
		    "knows; look at atlax ls there, then give --force here");
	if (r < 0)
		return r;
	while ((row = rotate_agents(ca, &i)) != NULL) {
		const json_t *agent = find(answer.doc, row->names);

		if (agent != NULL && doc_number(agent, "trusted") >= sequence)
			continue;
		say_not_ready(a, row->names, agent == NULL ? "not connected" :
		    "has not taken the trust bundle");
		++*n;
	}
	ask_answer_fini(&answer);
	return 0;
}

static size_t
with_old_certificate(const struct rotate_args *a, const struct ca *ca)
{
	const struct db_row *row;
	size_t i = 0, n = 0;

	for (; (row = rotate_behind(ca, &i)) != NULL; n++)
		say_not_ready(a, row->names, "its certificate is of the old CA");
	return n;
}

static int
check_ready(const struct rotate_args *a, struct ca *ca, enum cert_kind kind,
    enum rotate_stage to, struct err *e)
{
	enum rotate_stage now;
	size_t n = 0;
	int r = rotate_stage(ca, kind, &now, e);

	if (r == 0 && kind == CERT_RELAY_CA && now == ROTATE_BEGUN &&
	    to == ROTATE_SWITCHED)
		r = without_bundle(a, ca, &n, e);
	if (r == 0 && kind == CERT_AGENT_CA && now == ROTATE_SWITCHED &&
	    to == ROTATE_NONE)
		n = with_old_certificate(a, ca);
	if (r == 0 && n > 0)
		r = err_set(e, AX_E_CONFIG, "%zu agent%s would be shut out: wait, revoke "
		    "who is not used any more, or give --force", n, n == 1 ? "" : "s");
	return r;
}

/* --- the step ----------------------------------------------------------------- */

static void
say(const struct rotate_args *a, enum cert_kind kind, enum rotate_stage to,
    uint64_t sequence)
{
	static const char *const next[2][3] = {
		{ "every agent gets it from the relay; then nothing is left to do",
		    "\"atlax ls\" shows who has it; when all do: switch",
		    "relays show the new certificate now; then: finish" },
		{ "the old CA is not trusted any more, and nothing is left to do",
		    "agents learn of the new CA; then: switch",
		    "agents renew by themselves, if there is a signer; \"atlax ls\" shows "
		    "whose CA is the new one; when all have: finish" } };
	bool relays = kind == CERT_RELAY_CA;

	if (a->doc != NULL) {
		doc_add(a->doc, json_pack("{s:s s:s s:I}", "ca",
		    a->kind, "step", a->step, "bundle", (json_int_t)sequence));
		return;
	}
	printf("%s: %s done, trust bundle %" PRIu64 ".\n"
	       "Copy %srelay-ca.crt, agent-ca.crt and agent.crl from %s to the "
	       "relay, then there: atlax reload\n%s.\n",
	    a->kind, a->step, sequence,
	    relays && to == ROTATE_SWITCHED ? "relay.crt, " : "", a->dir,
	    next[!relays][to]);
}

int
cmd_pki_rotate(const struct rotate_args *a, struct err *e)
{
	static const char *const steps[] = { [ROTATE_NONE] = "finish",
		[ROTATE_BEGUN] = "begin", [ROTATE_SWITCHED] = "switch" };
	enum rotate_stage to = ROTATE_NONE;
	enum cert_kind kind;
	uint64_t sequence;
	struct ca ca;
	int r;

	while (to <= ROTATE_SWITCHED && strcmp(steps[to], a->step) != 0)
		to++;
	if (!cert_kind_parse(slice_str(a->kind), &kind) ||
	    (kind != CERT_RELAY_CA && kind != CERT_AGENT_CA))
		return err_set(e, AX_E_RANGE, "relay-ca or agent-ca, not %.40s", a->kind);
	if (to > ROTATE_SWITCHED)
		return err_set(e, AX_E_RANGE, "begin, switch or finish, not %.40s",
		    a->step);
	r = ca_open(a->dir, a->now_s, &ca, e);
	if (r < 0)
		return r;
	if (!a->force)
		r = check_ready(a, &ca, kind, to, e);
	if (r == 0)
		r = rotate_to(&ca, kind, to, e);
	if (r == 0)
		r = rotate_sequence(&ca, &sequence, e);
	if (r == 0)
		say(a, kind, to, sequence);
	ca_close(&ca);
	return r;
}
