/* clock.c — what time it is.
 *
 * Thread: any; holds no state.
 * Invariant: clock_mono_ns never goes back. Both calls cannot fail with a
 * clock the kernel always has, so a failure is a broken machine: we stop.    */
#include "base/clock.h"

#include <time.h>

#include "base/assert.h"

uint64_t
clock_mono_ns(void)
{
	struct timespec t;

	ax_assert(clock_gettime(CLOCK_MONOTONIC, &t) == 0);
	return (uint64_t)t.tv_sec * AX_NS_PER_S + (uint64_t)t.tv_nsec;
}

uint64_t
clock_wall_ms(void)
{
	struct timespec t;

	ax_assert(clock_gettime(CLOCK_REALTIME, &t) == 0);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / AX_NS_PER_MS;
}
