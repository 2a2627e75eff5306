/* snapshot.c — all tunnels of all workers, one behind the other.
 *
 * Thread: control, which has the workers' memory while they stand still; boot.
 * Invariant: a snapshot is taken as a whole or not at all.                   */
#include "relay/snapshot.h"

#include "relay/counters.h"
#include "relay/enrolment.h"
#include "relay/exposures.h"
#include "relay/ingress.h"
#include "relay/quotas.h"
#include "relay/status.h"
#include "relay/tunnel.h"

static uint64_t
count(struct worker *w)
{
	uint64_t n = 0;
	struct list *e;

	list_foreach(e, &w->tunnels)
		n += link_is_freezable(container_of(e, struct tunnel, entry)->link);
	return n;
}

static void
write_tunnels(struct worker *w, struct frost *f, struct snapshot_counts *n)
{
	struct list *e;

	list_foreach(e, &w->tunnels) {
		struct tunnel *t = container_of(e, struct tunnel, entry);

		tunnel_meter(t);
		if (!link_is_freezable(t->link))
			continue; /* it has ended, and was about to say so */
		tunnel_freeze(t, f);
		n->tunnels++;
		n->connections += atomic_load(t->load);
	}
}

/* What is known beside tunnels. */
static void
rest(struct relay *r, struct frost *f)
{
	exposures_frost(r, f);
	counters_frost(r, f);
	quotas_frost(r, f);
	enrolment_frost(r, f);
	status_frost(r, f);
}

void
snapshot_write(struct relay *r, struct frost *f, struct snapshot_counts *n)
{
	uint32_t workers = r->n_workers;

	*n = (struct snapshot_counts){ .tunnels = 0 };
	frost_copy(f, r->id, sizeof(r->id));
	frost_u32(f, &workers);
	for (unsigned i = 0; i < r->n_workers; i++) {
		struct worker *w = &r->workers[i];
		uint64_t tunnels = count(w);
		struct list *e;

		frost_u64(f, &tunnels);
		write_tunnels(w, f, n);
		ingress_freeze(w, f);
		list_foreach(e, &w->waiting)
			n->waiting++;
	}
	rest(r, f);
}

int
snapshot_read(struct relay *r, struct frost *f, struct err *e)
{
	uint32_t workers = 0;
	uint64_t tunnels;
	int rc = 0;

	frost_copy(f, r->id, sizeof(r->id));
	frost_u32(f, &workers);
	for (uint32_t i = 0; i < workers && rc == 0 && !f->bad; i++) {
		struct worker *w = &r->workers[i % r->n_workers];

		frost_u64(f, &tunnels);
		for (; tunnels > 0 && rc == 0 && !f->bad; tunnels--)
			rc = tunnel_thaw(w, f, e);
		if (rc == 0 && !f->bad)
			rc = ingress_thaw(w, f, e);
	}
	if (rc == 0 && !f->bad)
		rest(r, f);
	if (rc == 0 && !f->bad)
		exposures_settle(r);
	if (rc == 0 && (!frost_is_done(f) || buf_len(f->fds) > 0))
		rc = err_set(e, AX_E_SYNTAX, "the sessions are not whole");
	return rc;
}
