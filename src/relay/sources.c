/* sources.c — who may come.
 *
 * Thread: any.                                                               */
#include "relay/sources.h"

#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "conf/range.h"

struct sources {
	size_t n_deny, n; /* the denied ones come first */
	struct range all[];
};

static void
add(struct sources *s, char *const *texts, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int r = range_read(texts[i], &s->all[s->n++], NULL);

		ax_assert(r == 0); /* conf has read it before */
	}
}

int
sources_new(const struct conf_service *conf, struct sources **out)
{
	const struct conf_grant *g = conf->grant;
	size_t n_allow = g != NULL ? g->n_allow : conf->n_allow;
	size_t n_deny = g != NULL ? g->n_deny : conf->n_deny;
	struct sources *s = NULL;

	*out = NULL;
	if (n_allow + n_deny == 0)
		return 0;
	s = calloc(1, sizeof(*s) + (n_allow + n_deny) * sizeof(s->all[0]));
	if (s == NULL)
		return AX_E_NOMEM;
	add(s, g != NULL ? g->deny : conf->deny, n_deny);
	s->n_deny = s->n;
	add(s, g != NULL ? g->allow : conf->allow, n_allow);
	*out = s;
	return 0;
}

void
sources_free(struct sources **s)
{
	free(*s);
	*s = NULL;
}

static bool
is_in(const struct range *r, size_t n, const uint8_t ip[16])
{
	for (size_t i = 0; i < n; i++) {
		if (range_has(&r[i], ip))
			return true;
	}
	return false;
}

bool
sources_may(const struct sources *s, const struct addr *peer)
{
	uint8_t ip[16] = { [10] = 0xff, [11] = 0xff }, bytes[16];
	size_t n;

	if (s == NULL)
		return true;
	n = addr_ip(peer, bytes);
	memcpy(ip + sizeof(ip) - n, bytes, n);
	if (n == 0 || is_in(s->all, s->n_deny, ip))
		return false;
	return s->n == s->n_deny || is_in(s->all + s->n_deny, s->n - s->n_deny, ip);
}
