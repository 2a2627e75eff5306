/* clock.h — time. Deadlines use the monotonic clock (CLOCK_BOOTTIME is not
 * used: a sleeping machine's timers fire when it wakes); wall time is for
 * certificates and logs only. Thread: any.                                   */
#ifndef ATLAX_BASE_CLOCK_H
#define ATLAX_BASE_CLOCK_H

#include "base/defs.h"

uint64_t clock_mono_ns(void);
uint64_t clock_wall_ms(void); /* since 1970-01-01 UTC */
uint64_t clock_thread_ns(void); /* that the calling thread has run */

static inline uint64_t
clock_mono_ms(void)
{
	return clock_mono_ns() / AX_NS_PER_MS;
}

static inline int64_t
clock_wall_s(void)
{
	return (int64_t)(clock_wall_ms() / 1000);
}

/* A date as "2026-11-22T20:39:12", UTC. False, and out is "?", when its year has
 * not four digits. Units: seconds since 1970.                                */
#define CLOCK_TEXT 20
bool clock_text(int64_t unix_s, char out[CLOCK_TEXT]);

#endif
