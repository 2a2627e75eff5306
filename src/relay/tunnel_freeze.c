/* tunnel_freeze.c — a tunnel goes from one process to the next.
 * Thread: the old one's worker; boot of the new one.                         */
#include <stdlib.h>

#include "base/str.h"
#include "relay/tunnel_impl.h"

static void
describe(struct tunnel *t, struct frost *f)
{
	frost_text(f, t->lane.agent, sizeof(t->lane.agent));
	frost_copy(f, t->lane.instance, sizeof(t->lane.instance));
	frost_u8(f, &t->lane.index);
	frost_u8(f, &t->lanes_wanted);
	frost_text(f, t->software, sizeof(t->software));
	frost_text(f, t->hostname, sizeof(t->hostname));
	frost_u64(f, &t->metered);
}

void
tunnel_freeze(struct tunnel *t, struct frost *f)
{
	char tenant[IDENTITY_LABEL_MAX + 1];

	str_copy(tenant, sizeof(tenant),
	    tenants_conf(t->worker->tenants, t->tenant)->name);
	frost_text(f, tenant, sizeof(tenant));
	describe(t, f);
	link_freeze(t->link, f);
}

/* Its place in this process. */
static int
settle(struct tunnel *t, struct frost *f, struct err *e)
{
	struct worker *w = t->worker;
	char tenant[IDENTITY_LABEL_MAX + 1];
	int i;

	frost_text(f, tenant, sizeof(tenant));
	describe(t, f);
	if (f->bad)
		return err_set(e, AX_E_SYNTAX, "a tunnel is not whole");
	i = tenants_index(w->tenants, tenant);
	if (i < 0)
		return err_set(e, AX_E_CONFIG, "tenant %s has agents, and is not in "
		    "the configuration", tenant);
	t->tenant = (uint32_t)i;
	session_memory_thaw(&t->memory, w->tenants, t->tenant);
	if (tenants_put(w->tenants, t->tenant, t->ref, &t->lane, &t->load) < 0)
		return err_set(e, AX_E_NOMEM, "no memory for the tunnels of tenant %s",
		    tenant);
	t->known = t->announced = t->up = true;
	return 0;
}

int
tunnel_thaw(struct worker *w, struct frost *f, struct err *e)
{
	struct tunnel *t = calloc(1, sizeof(*t));
	struct link_args args = { .loop = w->loop, .scratch = w->scratch,
		.ops = &tunnel_ops, .owner = t };
	struct session_args s;
	int r;

	if (t == NULL || tunnel_take_slot(w, t) < 0)
		return err_set(e, AX_E_NOMEM, "no memory for a tunnel");
	t->worker = w;
	list_add(&w->tunnels, &t->entry);
	r = settle(t, f, e);
	if (r < 0)
		return r;
	tunnel_session_args(t, &s);
	args.share = worker_share(w, t->tenant);
	r = link_thaw(&args, &s, f, &t->link);
	session_memory_thawed(&t->memory);
	if (r < 0)
		return err_set(e, r, "the session of agent %s cannot be taken (%s): "
		    "it is not whole, a service of it is not in the configuration, or "
		    "memory is short", t->lane.agent, err_text(r));
	(void)tenants_set_away(w->tenants, t->tenant, t->ref,
	    link_away_since_ns(t->link));
	return 0;
}
