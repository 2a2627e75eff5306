/* quotas.c — from what tunnels have moved to who is shut.
 *
 * Thread: control.
 * Invariant: a byte is either in a tunnel's session and not metered yet, in its
 * tenant's usage.moved, or in the ledger. The month is the one that the clock says:
 * what it did before is in the ledger, whichever way it steps.               */
#include "relay/quotas.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/str.h"
#include "relay/audit.h"
#include "relay/carried.h"
#include "relay/kept.h"
#include "relay/ledger.h"

#define LOOK_MS 1000

struct quotas {
	struct relay *relay;
	struct ledger ledger;
	struct wheel_timer timer;
	char month[sizeof("2026-11")];
	bool changed, urgent; /* against the file; something was said of it */
	bool any;	      /* has somebody a quota? */
	uint64_t saved_ns;
};

/* --- the file ----------------------------------------------------------------- */

static int
parse(void *ledger, const char *name, struct slice text, struct err *e)
{
	return ledger_parse(ledger, name, text, e);
}

static int
print(const void *ledger, struct buf *out)
{
	return ledger_print(ledger, out);
}

static const struct kept kept = { LEDGER_FILE, LEDGER_FILE ".rejected", REVOKE_USED,
	"what tenants have used cannot be read: they begin at zero",
	"what tenants have used cannot be written: a restart would forget it",
	parse, print };

static void
save(struct relay *r)
{
	struct quotas *q = r->quotas;

	q->saved_ns = clock_mono_ns();
	if (kept_write(r, &kept, &q->ledger))
		q->changed = q->urgent = false;
}

static bool
is_due(const struct quotas *q)
{
	uint64_t after = q->any ? QUOTAS_SAVE_S : QUOTAS_IDLE_S;

	return q->changed && (q->urgent ||
	    clock_mono_ns() - q->saved_ns >= after * AX_NS_PER_S);
}

/* --- judging ------------------------------------------------------------------ */

static void
tell(struct relay *r, const char *tenant, const struct ledger_month *m, uint64_t quota)
{
	bool spent = m->said == LEDGER_SPENT;

	log_warn(r->log, spent ? "a tenant has used up its quota: its visitors are "
	    "refused until the month ends or limits.quota is raised" :
	    "a tenant has used four fifths of its quota",
	    LOG_STR("tenant", tenant), LOG_STR("month", m->name),
	    LOG_U64("used", m->bytes), LOG_U64("quota", quota));
	audit_note(r, spent ? "quota.spent" : "quota.warned", LOG_STR("tenant", tenant),
	    LOG_STR("month", m->name), LOG_U64("used", m->bytes),
	    LOG_U64("quota", quota));
	r->quotas->changed = r->quotas->urgent = true;
}

/* m: NULL: nothing was used. */
static void
judge(struct relay *r, uint32_t tenant, struct ledger_month *m)
{
	const struct conf_tenant *c = tenants_conf(r->tenants, tenant);
	struct usage *u = tenants_usage(r->tenants, tenant);
	bool spent, was = atomic_load_explicit(&u->spent, memory_order_relaxed);

	if (m != NULL && ledger_judge(m, c->limits.quota) != LEDGER_NOTHING)
		tell(r, c->name, m, c->limits.quota);
	spent = m != NULL && m->said == LEDGER_SPENT;
	if (spent == was)
		return;
	atomic_store_explicit(&u->spent, spent, memory_order_relaxed);
	if (spent || c->gone)
		return;
	log_info(r->log, "a tenant's visitors are let in again",
	    LOG_STR("tenant", c->name), LOG_STR("month", r->quotas->month));
	audit_note(r, "quota.lifted", LOG_STR("tenant", c->name),
	    LOG_STR("month", r->quotas->month));
}

/* Takes what the workers have added up. */
static struct ledger_month *
take(struct relay *r, uint32_t tenant)
{
	struct quotas *q = r->quotas;
	const char *name = tenants_conf(r->tenants, tenant)->name;
	struct usage *u = tenants_usage(r->tenants, tenant);
	struct ledger_month *m;

	if (atomic_load_explicit(&u->moved, memory_order_relaxed) == 0)
		return ledger_find(&q->ledger, name, q->month);
	if (ledger_open(&q->ledger, name, q->month, &m) < 0)
		return NULL; /* it stays there */
	m->bytes += atomic_exchange_explicit(&u->moved, 0, memory_order_relaxed);
	q->changed = true;
	return m;
}

void
quotas_look(struct relay *r)
{
	struct quotas *q = r->quotas;

	ledger_name(clock_wall_s(), q->month);
	q->any = false;
	for (uint32_t i = 0; i < tenants_count(r->tenants); i++) {
		q->any |= tenants_conf(r->tenants, i)->limits.quota != 0;
		judge(r, i, take(r, i));
	}
}

/* Also of those who were on their way when he was shut. */
static void
cut_spent(struct relay *r)
{
	for (uint32_t i = 0; i < tenants_count(r->tenants); i++) {
		const struct usage *u = tenants_usage(r->tenants, i);

		if (atomic_load_explicit(&u->spent, memory_order_relaxed) &&
		    atomic_load_explicit(&u->streams, memory_order_relaxed) > 0)
			carried_cut(r, i);
	}
}

static void
on_timer(struct wheel_timer *t)
{
	struct quotas *q = container_of(t, struct quotas, timer);

	quotas_look(q->relay);
	cut_spent(q->relay);
	if (is_due(q))
		save(q->relay);
	loop_timer_in(q->relay->loop, t, LOOK_MS);
}

/* --- looking in --------------------------------------------------------------- */

const char *
quotas_month(const struct relay *r)
{
	return r->quotas->month;
}

uint64_t
quotas_used(const struct relay *r, uint32_t tenant)
{
	const struct quotas *q = r->quotas;
	const struct ledger_month *m = ledger_find(
	    &q->ledger, tenants_conf(r->tenants, tenant)->name, q->month);

	return (m == NULL ? 0 : m->bytes) +
	    atomic_load_explicit(&tenants_usage(r->tenants, tenant)->moved,
	    memory_order_relaxed);
}

/* --- from one process to the next --------------------------------------------- */

void
quotas_frost(struct relay *r, struct frost *f)
{
	struct quotas *q = r->quotas;
	struct buf text;
	uint64_t n;
	int rc = 0;

	buf_init(&text);
	if (!frost_reads(f)) {
		quotas_look(r);
		rc = ledger_print(&q->ledger, &text);
	}
	n = buf_len(&text);
	frost_u64(f, &n);
	if (!frost_reads(f)) {
		frost_copy(f, text.mem, n);
	} else if (!f->bad) {
		ledger_fini(&q->ledger);
		rc = ledger_parse(&q->ledger, LEDGER_FILE, frost_take(f, n), NULL);
		q->changed = true;
		quotas_look(r);
	}
	f->bad |= rc < 0;
	buf_fini(&text);
}

/* --- the beginning and the end ------------------------------------------------ */

/* Names that were in a configuration once, or they would be more for ever. */
static void
forget_old(struct relay *r)
{
	struct ledger *l = &r->quotas->ledger;

	for (size_t i = l->n; i-- > 0;) {
		const struct ledger_entry *x = &l->v[i];

		if (tenants_index(r->tenants, x->tenant) < 0 &&
		    strcmp(x->of[0].name, r->quotas->month) < 0)
			ledger_forget(l, x->tenant);
	}
}

int
quotas_begin(struct relay *r, struct err *e)
{
	struct quotas *q = calloc(1, sizeof(*q));
	int rc;

	r->quotas = q;
	if (q == NULL)
		return err_set(e, AX_E_NOMEM, "no memory for what tenants use");
	q->relay = r;
	q->saved_ns = clock_mono_ns();
	ledger_init(&q->ledger);
	wheel_timer_init(&q->timer, on_timer);
	rc = kept_read(r, &kept, &q->ledger, e);
	if (rc < 0)
		return rc;
	/* A heir says nothing yet: the file is older than what it will be told. */
	if (r->heir == NULL)
		quotas_look(r);
	forget_old(r);
	loop_timer_in(r->loop, &q->timer, LOOK_MS);
	return 0;
}

void
quotas_end(struct relay *r)
{
	struct quotas *q = r->quotas;

	if (q == NULL)
		return;
	if (r->workers != NULL)
		quotas_look(r);
	if (q->changed)
		save(r);
	loop_untimer(r->loop, &q->timer);
	ledger_fini(&q->ledger);
	free(q);
	r->quotas = NULL;
}
