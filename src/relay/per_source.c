/* per_source.c — the table of sources: sets of eight places, found by a hash whose
 * key nobody outside knows, so that nobody can choose whom he displaces.
 *
 * Thread: any. Invariant: an entry is touched under the lock of its set, and one
 * with open connections keeps its place, so that whoever was counted is found when
 * he leaves.                                                                 */
#include "relay/per_source.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/rng.h"
#include "base/siphash.h"

#define WAYS 8u
#define SETS (PER_SOURCE_PLACES / WAYS)
#define LOCKS 64u

struct entry {
	struct source who;
	uint32_t open;
	uint32_t second, in_second; /* connections of that second */
	uint32_t refusals;	    /* in a row, see refuse() */
	uint32_t said;		    /* the second of the last one, and one more */
	uint64_t refused_ns;
	uint64_t banned_ns; /* until then */
	uint64_t seen_ns;   /* 0: the place is free */
};

_Static_assert(sizeof(struct entry) * PER_SOURCE_PLACES <= PER_SOURCE_COST, "see above");

struct per_source {
	uint8_t key[16];
	pthread_mutex_t locks[LOCKS];
	struct entry all[SETS][WAYS];
};

int
per_source_new(struct per_source **out)
{
	/* Untouched pages of it cost nothing. */
	struct per_source *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return AX_E_NOMEM;
	rng_secret(p->key, sizeof(p->key));
	for (size_t i = 0; i < LOCKS; i++)
		pthread_mutex_init(&p->locks[i], NULL);
	*out = p;
	return 0;
}

void
per_source_free(struct per_source **p)
{
	free(*p);
	*p = NULL;
}

void
source_of(struct service_ref at, const uint8_t *ip, size_t len, struct source *out)
{
	memset(out, 0, sizeof(*out)); /* it is compared and hashed as it lies there */
	out->at = at;
	out->len = (uint8_t)len;
	memcpy(out->net, ip, MIN(len, sizeof(out->net)));
}

/* --- places ---------------------------------------------------------------- */

static struct entry *
lock(struct per_source *p, const struct source *who, pthread_mutex_t **held)
{
	uint64_t h = siphash24(p->key, slice_of(who, sizeof(*who)));

	*held = &p->locks[h % LOCKS];
	pthread_mutex_lock(*held);
	return p->all[h / LOCKS % SETS];
}

static struct entry *
find(struct entry *set, const struct source *who)
{
	for (size_t i = 0; i < WAYS; i++) {
		if (set[i].seen_ns != 0 && memcmp(&set[i].who, who, sizeof(*who)) == 0)
			return &set[i];
	}
	return NULL;
}

/* Whether a is better to lose than b. */
static bool
goes_before(const struct entry *a, const struct entry *b, uint64_t now_ns)
{
	bool a_banned = a->banned_ns > now_ns, b_banned = b->banned_ns > now_ns;

	return a_banned != b_banned ? b_banned : a->seen_ns < b->seen_ns;
}

/* His entry, a new one if need be; NULL: there is no place. */
static struct entry *
take(struct entry *set, const struct source *who, uint64_t now_ns)
{
	struct entry *e = find(set, who), *worst = NULL;

	for (size_t i = 0; e == NULL && i < WAYS; i++) {
		if (set[i].open == 0 &&
		    (worst == NULL || goes_before(&set[i], worst, now_ns)))
			worst = &set[i];
	}
	if (e == NULL && worst != NULL) {
		e = worst;
		*e = (struct entry){ .who = *who };
	}
	if (e != NULL)
		e->seen_ns = now_ns | 1;
	return e;
}

/* --- what may be ------------------------------------------------------------- */

static uint32_t
second_of(uint64_t now_ns)
{
	return (uint32_t)(now_ns / AX_NS_PER_S);
}

/* Refusals count together while none comes later than a ban lasts after the one
 * before. Workers' clocks differ by a turn: now may be before it. */
static void
refuse(struct entry *e, const struct conf_ban *ban, uint64_t now_ns,
    struct per_source_answer *a)
{
	uint64_t for_ns = ban->for_ms * AX_NS_PER_MS;

	a->said = e->said == second_of(now_ns) + 1;
	e->said = second_of(now_ns) + 1;
	if (a->verdict == PER_SOURCE_BANNED || ban->after == 0)
		return;
	if (now_ns > e->refused_ns + for_ns)
		e->refusals = 0;
	e->refused_ns = now_ns;
	if (++e->refusals < ban->after)
		return;
	e->refusals = 0;
	e->banned_ns = now_ns + for_ns;
	a->banned = true;
}

static enum per_source_verdict
judge(struct entry *e, const struct conf_per_source *c, uint64_t now_ns)
{
	/* One who takes the ban out of the file lifts those that there are. */
	if (c->ban.after != 0 && e->banned_ns > now_ns)
		return PER_SOURCE_BANNED;
	if (e->second != second_of(now_ns)) {
		e->second = second_of(now_ns);
		e->in_second = 0;
	}
	if (c->connections_per_second != 0 &&
	    e->in_second >= c->connections_per_second)
		return PER_SOURCE_RATE;
	e->in_second++;
	if (c->connections != 0 && e->open >= c->connections)
		return PER_SOURCE_CONNECTIONS;
	return PER_SOURCE_OK;
}

struct per_source_answer
per_source_enter(struct per_source *p, const struct source *who,
    const struct conf_per_source *c, uint64_t now_ns)
{
	struct per_source_answer a = { .verdict = PER_SOURCE_OK };
	pthread_mutex_t *held;
	struct entry *e;

	if (who->len == 0)
		return a;
	e = take(lock(p, who, &held), who, now_ns);
	if (e != NULL)
		a.verdict = judge(e, c, now_ns);
	a.counted = e != NULL && a.verdict == PER_SOURCE_OK;
	if (a.counted)
		e->open++;
	if (a.verdict != PER_SOURCE_OK)
		refuse(e, &c->ban, now_ns, &a);
	pthread_mutex_unlock(held);
	return a;
}

bool
per_source_again(struct per_source *p, const struct source *who, uint64_t now_ns)
{
	pthread_mutex_t *held;
	struct entry *e;

	if (who->len == 0)
		return false;
	e = take(lock(p, who, &held), who, now_ns);
	if (e != NULL)
		e->open++;
	pthread_mutex_unlock(held);
	return e != NULL;
}

void
per_source_leave(struct per_source *p, const struct source *who)
{
	pthread_mutex_t *held;
	struct entry *e = find(lock(p, who, &held), who);

	ax_assert(e != NULL && e->open > 0);
	e->open--;
	pthread_mutex_unlock(held);
}

struct per_source_answer
per_source_blame(struct per_source *p, const struct source *who,
    const struct conf_per_source *c, uint64_t now_ns)
{
	struct per_source_answer a = { .verdict = PER_SOURCE_OK };
	pthread_mutex_t *held;
	struct entry *e;

	if (who->len == 0)
		return a;
	e = take(lock(p, who, &held), who, now_ns);
	if (e != NULL)
		refuse(e, &c->ban, now_ns, &a);
	pthread_mutex_unlock(held);
	return a;
}

const char *
per_source_text(enum per_source_verdict v)
{
	static const char *const texts[] = {
		[PER_SOURCE_OK] = "let in",
		[PER_SOURCE_CONNECTIONS] = "per_source.connections",
		[PER_SOURCE_RATE] = "per_source.connections_per_second",
		[PER_SOURCE_BANNED] = "per_source.ban",
	};

	return texts[v];
}
