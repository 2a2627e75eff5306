/* counters.c — counters from one process to the next.
 *
 * Thread: control, while workers stand still; boot.
 * Invariant: who reads has counted nothing yet.                              */
#include "relay/counters.h"

#include "base/str.h"
#include "relay/worker.h"

static void
count(struct frost *f, atomic_uint_least64_t *n)
{
	uint64_t now = atomic_load(n);

	frost_u64(f, &now);
	atomic_store(n, now);
}

/* One for each name of a list, which another version may have more of. */
static void
counts(struct frost *f, atomic_uint_least64_t *v, uint8_t n)
{
	uint8_t is = n;

	frost_u8(f, &is);
	frost_require(f, is == n);
	for (size_t i = 0; i < n; i++)
		count(f, &v[i]);
}

static void
tally(struct frost *f, struct tally *t)
{
	count(f, &t->accepted);
	counts(f, t->refused, REFUSALS);
}

static void
renewed(struct frost *f, struct usage *u)
{
	counts(f, u->renewed, RENEWED);
}

static void
write_tenant(struct relay *r, struct frost *f, uint32_t i)
{
	char name[IDENTITY_LABEL_MAX + 1];

	str_copy(name, sizeof(name), tenants_conf(r->tenants, i)->name);
	frost_text(f, name, sizeof(name));
	renewed(f, tenants_usage(r->tenants, i));
}

static void
read_tenant(struct relay *r, struct frost *f)
{
	struct usage nobody = { .streams = 0 };
	char name[IDENTITY_LABEL_MAX + 1];
	int i;

	frost_text(f, name, sizeof(name));
	i = tenants_index(r->tenants, name);
	renewed(f, i < 0 ? &nobody : tenants_usage(r->tenants, (uint32_t)i));
}

/* The relay's own, and each tenant's. */
static void
renewals(struct relay *r, struct frost *f)
{
	uint64_t n = tenants_count(r->tenants);

	renewed(f, tenants_total(r->tenants));
	frost_u64(f, &n);
	for (; frost_reads(f) && n > 0 && !f->bad; n--)
		read_tenant(r, f);
	for (uint32_t i = 0; !frost_reads(f) && i < tenants_count(r->tenants); i++)
		write_tenant(r, f, i);
}

static void
write_service(struct relay *r, struct frost *f, struct service_ref at)
{
	const struct conf_tenant *c = tenants_conf(r->tenants, at.tenant);
	char tenant[IDENTITY_LABEL_MAX + 1], name[AX_SERVICE_NAME_MAX + 1];

	str_copy(tenant, sizeof(tenant), c->name);
	str_copy(name, sizeof(name), c->services[at.service].name);
	frost_text(f, tenant, sizeof(tenant));
	frost_text(f, name, sizeof(name));
	tally(f, tenants_tally(r->tenants, at));
}

static void
read_service(struct relay *r, struct frost *f)
{
	char tenant[IDENTITY_LABEL_MAX + 1], name[AX_SERVICE_NAME_MAX + 1];
	struct tally nobody = { .accepted = 0 };
	int i, k = -1;

	frost_text(f, tenant, sizeof(tenant));
	frost_text(f, name, sizeof(name));
	i = tenants_index(r->tenants, tenant);
	if (i >= 0)
		k = tenants_service(r->tenants, (uint32_t)i, slice_str(name));
	tally(f, k < 0 ? &nobody : tenants_tally(r->tenants,
	    (struct service_ref){ (uint32_t)i, (uint32_t)k }));
}

static void
histogram(struct frost *f, struct histogram *h)
{
	uint8_t n = HISTOGRAM_BUCKETS;

	frost_u8(f, &n);
	frost_require(f, n == HISTOGRAM_BUCKETS);
	for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++)
		frost_u64(f, &h->n[i]);
	frost_u64(f, &h->sum_us);
}

static void
timings(struct frost *f, struct timings *t)
{
	histogram(f, &t->handshake);
	histogram(f, &t->dial);
	histogram(f, &t->rtt);
	histogram(f, &t->queueing);
	frost_u64(f, &t->resumed);
}

/* Of all workers; there may be another number of them. */
static void
workers(struct relay *r, struct frost *f)
{
	uint64_t refused = 0, bans = 0;
	struct timings sum = { .resumed = 0 };

	for (unsigned i = 0; i < r->n_workers; i++) {
		refused += r->workers[i].agents_refused;
		bans += r->workers[i].refused.bans;
		timings_merge(&sum, &r->workers[i].timings);
	}
	frost_u64(f, &refused);
	frost_u64(f, &bans);
	timings(f, &sum);
	if (!frost_reads(f))
		return;
	r->workers[0].agents_refused = refused;
	r->workers[0].refused.bans = bans;
	r->workers[0].timings = sum;
}

void
counters_frost(struct relay *r, struct frost *f)
{
	uint64_t n = 0;

	workers(r, f);
	renewals(r, f);
	for (uint32_t i = 0; i < tenants_count(r->tenants); i++)
		n += tenants_conf(r->tenants, i)->n_services;
	frost_u64(f, &n);
	for (; frost_reads(f) && n > 0 && !f->bad; n--)
		read_service(r, f);
	for (uint32_t i = 0; !frost_reads(f) && i < tenants_count(r->tenants); i++) {
		for (uint32_t k = 0; k < tenants_conf(r->tenants, i)->n_services; k++)
			write_service(r, f, (struct service_ref){ i, k });
	}
}
