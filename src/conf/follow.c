/* follow.c — the next configuration, in the places of the one in force.
 *
 * Thread: any.
 * Invariant: every text has one owner at every moment, so a failure half-way
 * leaves something that conf_relay_free can take.                            */
#include <stdlib.h>
#include <string.h>

#include "atlax/wire.h"
#include "conf/change.h"

static int
no_memory(struct err *e)
{
	return err_set(e, AX_E_NOMEM, "out of memory");
}

/* --- services: at most 256, looked up one by one ----------------------------- */

static size_t
find_service(const struct conf_tenant *t, const char *name)
{
	size_t i = 0;

	while (i < t->n_services && strcmp(t->services[i].name, name) != 0)
		i++;
	return i;
}

static int
keep_services(const struct conf_tenant *now, struct conf_tenant *next, struct err *e)
{
	size_t n = now->n_services;
	struct conf_service *all =
	    calloc(n + next->n_services + 1, sizeof(*all));

	if (all == NULL)
		return no_memory(e);
	for (size_t i = 0; i < next->n_services; i++) {
		size_t at = find_service(now, next->services[i].name);

		all[at < now->n_services ? at : n++] = next->services[i];
	}
	free(next->services);
	next->services = all;
	next->n_services = n;
	for (size_t i = 0; i < n; i++) {
		if (all[i].name != NULL)
			continue;
		all[i].gone = true;
		all[i].name = strdup(now->services[i].name);
		if (all[i].name == NULL)
			return no_memory(e);
	}
	if (n > AX_SERVICES_MAX)
		return err_set(e, AX_E_LIMIT, "tenant %s has had more than %d "
		    "different services since the relay was started; start it again",
		    next->name, AX_SERVICES_MAX);
	return 0;
}

/* --- tenants: by the thousand, looked up in a sorted list -------------------- */

struct name {
	const char *text;
	size_t place;
};

static int
by_text(const void *a, const void *b)
{
	return strcmp(((const struct name *)a)->text, ((const struct name *)b)->text);
}

/* NULL: no memory. */
static struct name *
sorted_names(const struct conf_relay *c)
{
	struct name *names = calloc(c->n_tenants + 1, sizeof(*names));

	for (size_t i = 0; names != NULL && i < c->n_tenants; i++)
		names[i] = (struct name){ c->tenants[i].name, i };
	if (names != NULL && c->n_tenants > 0)
		qsort(names, c->n_tenants, sizeof(*names), by_text);
	return names;
}

static int
place_tenants(const struct conf_relay *now, struct conf_relay *next, struct err *e)
{
	size_t n = now->n_tenants;
	struct conf_tenant *all = calloc(n + next->n_tenants + 1, sizeof(*all));
	struct name *names = sorted_names(now);

	if (all == NULL || names == NULL) {
		free(all);
		free(names);
		return no_memory(e);
	}
	for (size_t i = 0; i < next->n_tenants; i++) {
		struct name wanted = { .text = next->tenants[i].name };
		struct name *f = now->n_tenants == 0 ? NULL :
		    bsearch(&wanted, names, now->n_tenants, sizeof(*names), by_text);

		all[f != NULL ? f->place : n++] = next->tenants[i];
	}
	free(names);
	free(next->tenants);
	next->tenants = all;
	next->n_tenants = n;
	return 0;
}

/* The place of a tenant that next does not have. */
static int
leave_place(const struct conf_tenant *now, struct conf_tenant *out)
{
	*out = (struct conf_tenant){ .gone = true, .policy = now->policy,
		.duplicates = now->duplicates, .limits = now->limits, .name = strdup(now->name) };
	return out->name == NULL ? AX_E_NOMEM : 0;
}

int
conf_relay_follow(
    const struct conf_relay *now, struct conf_relay *next, struct err *e)
{
	size_t had = next->n_tenants;
	int r = place_tenants(now, next, e);

	for (size_t i = 0; r == 0 && i < now->n_tenants; i++) {
		struct conf_tenant *t = &next->tenants[i];

		if (t->name == NULL && leave_place(&now->tenants[i], t) < 0)
			return no_memory(e);
		r = keep_services(&now->tenants[i], t, e);
	}
	if (r == 0 && next->n_tenants > CONF_PLACES_MAX && next->n_tenants > had)
		return err_set(e, AX_E_LIMIT, "there were more than %d different "
		    "tenants since the relay was started; start it again",
		    CONF_PLACES_MAX);
	return r;
}
