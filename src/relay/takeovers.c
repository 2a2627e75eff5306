/* takeovers.c — a ring of pairs.
 * Thread: control.
 * Invariant: a process is the loser of one pair at most, and then of none the
 * winner: its pairs became its winner's.                                     */
#include "relay/takeovers.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"

int
takeovers_init(struct takeovers *t)
{
	t->n = 0;
	t->all = calloc(TAKEOVERS_MAX, sizeof(*t->all));
	return t->all == NULL ? AX_E_NOMEM : 0;
}

void
takeovers_fini(struct takeovers *t)
{
	free(t->all);
	t->all = NULL;
}

static bool
same(const uint8_t *a, const uint8_t *b)
{
	return memcmp(a, b, INSTANCE_BYTES) == 0;
}

static struct takeover *
find(const struct takeovers *t, uint32_t tenant, const uint8_t *loser)
{
	for (size_t i = 0; i < MIN(t->n, TAKEOVERS_MAX); i++)
		if (t->all[i].tenant == tenant && same(t->all[i].loser, loser))
			return &t->all[i];
	return NULL;
}

void
takeovers_add(struct takeovers *t, uint32_t tenant,
    const uint8_t loser[INSTANCE_BYTES], const uint8_t winner[INSTANCE_BYTES])
{
	struct takeover *mine = find(t, tenant, winner);
	struct takeover *to = find(t, tenant, loser);

	/* It was replaced once itself, and is back. */
	if (mine != NULL && mine != to)
		memset(mine, 0, sizeof(*mine));
	if (to == NULL)
		to = &t->all[t->n++ % TAKEOVERS_MAX];
	to->tenant = tenant;
	memcpy(to->loser, loser, INSTANCE_BYTES);
	memcpy(to->winner, winner, INSTANCE_BYTES);
	for (size_t i = 0; i < MIN(t->n, TAKEOVERS_MAX); i++)
		if (t->all[i].tenant == tenant && same(t->all[i].winner, loser))
			memcpy(t->all[i].winner, winner, INSTANCE_BYTES);
}

const uint8_t *
takeovers_winner(
    const struct takeovers *t, uint32_t tenant, const uint8_t loser[INSTANCE_BYTES])
{
	const struct takeover *to = find(t, tenant, loser);

	return to == NULL ? NULL : to->winner;
}
