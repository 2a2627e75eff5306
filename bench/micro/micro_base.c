/* micro_base.c — the tables every stream and timer goes through. One thread.
 * Sizes are those of a busy relay: ten thousand streams, as many timers.     */
#include "base/err.h"
#include "base/idmap.h"
#include "base/rng.h"
#include "base/siphash.h"
#include "base/wheel.h"
#include "micro/bench.h"

#define MANY 10000u

struct world {
	uint8_t key[16], text[1024];
	struct idmap map;
	uint32_t id[MANY];
	struct wheel wheel;
	struct wheel_timer timer[MANY];
	uint64_t now_ns;
};

static uint64_t
siphash_short(void *context, uint64_t n)
{
	struct world *w = context;
	uint64_t sum = 0;

	while (n-- > 0)
		sum += siphash24(w->key, slice_of(w->text + sum % 8, 16));
	return sum;
}

static uint64_t
siphash_long(void *context, uint64_t n)
{
	struct world *w = context;
	uint64_t sum = 0;

	while (n-- > 0)
		sum += siphash24(w->key, slice_of(w->text + sum % 8, 1000));
	return sum;
}

static uint64_t
idmap_hit(void *context, uint64_t n)
{
	struct world *w = context;
	uint64_t sum = 0, i;

	for (i = 0; i < n; i++)
		sum += (uintptr_t)idmap_get(&w->map, w->id[i % MANY]);
	return sum;
}

static uint64_t
idmap_del_and_put(void *context, uint64_t n)
{
	struct world *w = context;
	uint64_t i, failed = 0;

	for (i = 0; i < n; i++) {
		uint32_t id = w->id[i % MANY];

		failed += idmap_put(&w->map, id, idmap_del(&w->map, id)) < 0;
	}
	return failed;
}

/* What every record that arrives does: a deadline moves away. */
static uint64_t
wheel_move(void *context, uint64_t n)
{
	struct world *w = context;
	uint64_t i;

	for (i = 0; i < n; i++)
		wheel_set(&w->wheel, &w->timer[i % MANY],
		    w->now_ns + 15 * AX_NS_PER_S + i % 1024 * AX_NS_PER_MS);
	return w->wheel.count;
}

static uint64_t
wheel_set_and_cancel(void *context, uint64_t n)
{
	struct world *w = context;
	uint64_t i;

	for (i = 0; i < n; i++) {
		wheel_set(&w->wheel, &w->timer[i % MANY],
		    w->now_ns + i % 4096 * AX_NS_PER_MS);
		wheel_cancel(&w->wheel, &w->timer[i % MANY]);
	}
	return w->wheel.count;
}

/* Sets one timer a millisecond ahead and lets it fire. */
static uint64_t
wheel_fire(void *context, uint64_t n)
{
	struct world *w = context;
	uint64_t i;

	for (i = 0; i < n; i++) {
		w->now_ns += AX_NS_PER_MS;
		wheel_set(&w->wheel, &w->timer[i % MANY], w->now_ns);
		wheel_advance(&w->wheel, w->now_ns + AX_NS_PER_MS);
	}
	return w->wheel.count;
}

static void
fired(struct wheel_timer *t AX_UNUSED)
{
}

static int
world_init(struct world *w)
{
	struct rng rng;
	uint32_t i;

	rng_seed(&rng, 1);
	idmap_init(&w->map, alloc_libc(), rng_u64(&rng));
	wheel_init(&w->wheel, 0);
	for (i = 0; i < MANY; i++) {
		w->id[i] = 2 * i + 1;
		wheel_timer_init(&w->timer[i], fired);
		if (idmap_put(&w->map, w->id[i], &w->id[i]) < 0)
			return AX_E_NOMEM;
	}
	return 0;
}

int
main(void)
{
	static struct world w;
	const struct bench rows[] = {
		{ "siphash24/16", siphash_short, 16, NULL },
		{ "siphash24/1000", siphash_long, 1000, NULL },
		{ "idmap/get", idmap_hit, 0, NULL },
		{ "idmap/del+put", idmap_del_and_put, 0, NULL },
		{ "wheel/move-15s-ahead", wheel_move, 0, NULL },
		{ "wheel/set+cancel", wheel_set_and_cancel, 0, NULL },
		{ "wheel/set+fire", wheel_fire, 0, NULL },
	};
	size_t i;

	if (world_init(&w) < 0)
		return 1;
	for (i = 0; i < ARRAY_LEN(rows); i++)
		bench_print(&rows[i], &w);
	bench_print_bytes("idmap/memory-of-an-id",
	    (double)(w.map.cap * sizeof(struct idmap_slot)) / MANY);
	idmap_fini(&w.map);
	return 0;
}
