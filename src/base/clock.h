/* clock.h — time. Deadlines use the monotonic clock (CLOCK_BOOTTIME is not
 * used: a sleeping machine's timers fire when it wakes); wall time is for
 * certificates and logs only. Thread: any.                                   */
#ifndef ATLAX_BASE_CLOCK_H
#define ATLAX_BASE_CLOCK_H

#include "base/defs.h"

uint64_t clock_mono_ns(void);
uint64_t clock_wall_ms(void); /* since 1970-01-01 UTC */

#endif
