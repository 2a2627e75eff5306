/* seen.c — from tunnels that come and go to agents that are off.
 *
 * Thread: control.
 * Invariant: who is here is what the tenant table says; the roll is told of it anew at
 * each look, so no message that is missed or comes late leaves a mistake.    */
#include "relay/seen.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/str.h"
#include "relay/kept.h"

#define LOOK_MS 1000

struct seen {
	struct relay *relay;
	struct roll roll;
	struct wheel_timer timer;
	size_t here;  /* tunnels, at the last look */
	bool changed; /* against the file */
	uint64_t saved_ns;
};

/* --- who is here, and who is forgotten ------------------------------------------ */

/* Whose name was revoked since he was here; he may come again with a certificate that
 * was made later, and is seen again. */
static bool
is_over(void *arg, const struct roll_entry *x)
{
	static const uint8_t no_key[DENIED_KEY_LEN];
	const struct relay *r = arg;
	struct identity id = { .not_before = x->last_s };

	(void)str_copy(id.tenant, sizeof(id.tenant), x->tenant);
	(void)str_copy(id.agent, sizeof(id.agent), x->agent);
	return tenants_index(r->tenants, x->tenant) < 0 ||
	    denied_why(revoke_list(r), &id, no_key) != NULL;
}

static struct roll_entry *
open_entry(struct relay *r, uint32_t tenant, const char *agent)
{
	return roll_open(
	    &r->seen->roll, tenants_conf(r->tenants, tenant)->name, agent);
}

static void
look_at_tenant(struct relay *r, uint32_t tenant, int64_t now)
{
	const struct agent_entry *e;
	struct roll_entry *x;

	for (size_t i = 0; (e = tenants_agent(r->tenants, tenant, &i)) != NULL;) {
		r->seen->here++;
		x = open_entry(r, tenant, e->lane.agent);
		if (x == NULL)
			continue;
		x->here = true;
		x->last_s = now;
		x->why[0] = '\0';
	}
}

void
seen_look(struct relay *r)
{
	struct seen *s = r->seen;
	int64_t now = clock_wall_s();

	s->here = 0;
	for (size_t i = 0; i < s->roll.n; i++)
		s->roll.v[i]->here = false;
	for (uint32_t i = 0; i < tenants_count(r->tenants); i++)
		look_at_tenant(r, i, now);
	roll_trim(&s->roll, now, is_over, r);
}

void
seen_up(struct relay *r, uint32_t tenant, const char *agent, const char *address)
{
	struct seen *s = r->seen;
	struct roll_entry *x;

	/* Names come and go faster than the file is written. */
	if (s->roll.n > s->here + ROLL_MAX + ROLL_MAX / 4)
		seen_look(r);
	x = open_entry(r, tenant, agent);
	if (x == NULL)
		return;
	(void)str_copy(x->address, sizeof(x->address), address);
	x->last_s = clock_wall_s();
	s->changed = true;
}

void
seen_down(struct relay *r, uint32_t tenant, const char *agent, const char *why,
    uint16_t code)
{
	struct roll_entry *x = open_entry(r, tenant, agent);

	r->seen->changed = true;
	if (x == NULL)
		return;
	(void)str_copy(x->why, sizeof(x->why), why);
	x->last_s = code == AX_WIRE_AUTH_REVOKED ? 0 : clock_wall_s(); /* 0: too long ago */
}

struct roll_entry *const *
seen_of(const struct relay *r, uint32_t tenant, size_t *n)
{
	return roll_of(&r->seen->roll, tenants_conf(r->tenants, tenant)->name, n);
}

size_t
seen_count(const struct relay *r)
{
	return r->seen->roll.n;
}

/* --- the file ----------------------------------------------------------------- */

static int
parse(void *roll, const char *name, struct slice text, struct err *e)
{
	return roll_parse(roll, name, text, e);
}

static int
print(const void *roll, struct buf *out)
{
	return roll_print(roll, out);
}

static const struct kept kept = { ROLL_FILE, ROLL_FILE ".rejected", REVOKE_SEEN,
	"which agents were seen cannot be read: those that are off are not known",
	"which agents were seen cannot be written: a restart would forget them",
	parse, print };

void
seen_save(struct relay *r)
{
	struct seen *s = r->seen;

	seen_look(r);
	s->saved_ns = clock_mono_ns();
	if (kept_write(r, &kept, &s->roll))
		s->changed = false;
}

static bool
is_due(const struct seen *s)
{
	uint64_t after = s->changed ? SEEN_SAVE_S : SEEN_HERE_S;

	return (s->changed || s->here > 0) &&
	    clock_mono_ns() - s->saved_ns >= after * AX_NS_PER_S;
}

static void
on_timer(struct wheel_timer *t)
{
	struct seen *s = container_of(t, struct seen, timer);

	if (is_due(s))
		seen_save(s->relay);
	loop_timer_in(s->relay->loop, t, LOOK_MS);
}

int
seen_begin(struct relay *r, struct err *e)
{
	struct seen *s = calloc(1, sizeof(*s));
	int rc;

	r->seen = s;
	if (s == NULL)
		return err_set(e, AX_E_NOMEM, "no memory for the agents that were seen");
	s->relay = r;
	roll_init(&s->roll);
	wheel_timer_init(&s->timer, on_timer);
	rc = kept_read(r, &kept, &s->roll, e);
	if (rc < 0)
		return rc;
	for (size_t i = 0; i < s->roll.n; i++) {
		struct roll_entry *x = s->roll.v[i];

		if (x->why[0] == '\0')
			(void)str_copy(x->why, sizeof(x->why),
			    "not back since the relay ended");
	}
	loop_timer_in(r->loop, &s->timer, LOOK_MS);
	return 0;
}

void
seen_end(struct relay *r)
{
	struct seen *s = r->seen;

	if (s == NULL)
		return;
	if (s->changed)
		seen_save(r);
	loop_untimer(r->loop, &s->timer);
	roll_fini(&s->roll);
	free(s);
	r->seen = NULL;
}
