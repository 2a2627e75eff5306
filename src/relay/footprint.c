/* footprint.c — the sum.
 * Thread: boot.
 * Invariant: what grows with traffic is in limits.memory, because it is taken
 * from session_memory (admit.h); everything else is bounded by numbers of the
 * configuration. tests/unit/relay/test_footprint holds it against reality.    */
#include "relay/footprint.h"

#include "io/machine.h"
#include "relay/admit.h"
#include "relay/ingress.h"
#include "relay/per_source.h"
#include "relay/relay.h"

#define PROGRAM (16u << 20)
#define WORKER (2u << 20)
#define PAIR (32u << 10) /* mail from one thread to one other */
#define TENANT 1024u	 /* its row, names and ports */
#define TENANT_HERE 128u /* its share on each worker */

uint64_t
footprint_lent(const struct conf_relay *c)
{
	return c->limits.memory != 0 ? c->limits.memory : machine_memory() / 2;
}

void
footprint_of(const struct conf_relay *c, struct footprint *out)
{
	uint64_t w = relay_workers(c), services = 0;

	for (size_t i = 0; i < c->n_tenants; i++)
		services += c->tenants[i].n_services;
	*out = (struct footprint){
		.n_workers = (unsigned)w,
		.program = PROGRAM + PER_SOURCE_COST +
		    (c->n_tenants + services) * (TENANT + w * TENANT_HERE),
		.workers = w * (WORKER + (w + 1) * PAIR +
		    (uint64_t)HALF_OPEN_MAX * HANDSHAKE_COST),
		.waiting = (uint64_t)c->limits.streams * WAITING_COST,
		.lent = footprint_lent(c),
		.machine = machine_memory(),
		.tunnel = SESSION_COST,
		.connection = BUFFER_COST * c->tunnel.window + CONNECTION_COST,
	};
	out->all = out->program + out->workers + out->waiting + out->lent;
}
