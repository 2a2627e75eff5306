/* clock.c — what time it is.
 *
 * Thread: any; holds no state.
 * Invariant: clock_mono_ns never goes back. No call can fail with a clock the
 * kernel always has, so a failure is a broken machine: we stop.              */
#include "base/clock.h"

#include <time.h>

#include "base/assert.h"
#include "base/str.h"

static uint64_t
read_ns(clockid_t which)
{
	struct timespec t;

	ax_assert(clock_gettime(which, &t) == 0);
	return (uint64_t)t.tv_sec * AX_NS_PER_S + (uint64_t)t.tv_nsec;
}

uint64_t
clock_mono_ns(void)
{
	return read_ns(CLOCK_MONOTONIC);
}

uint64_t
clock_thread_ns(void)
{
	return read_ns(CLOCK_THREAD_CPUTIME_ID);
}

uint64_t
clock_wall_ms(void)
{
	return read_ns(CLOCK_REALTIME) / AX_NS_PER_MS;
}

/* Not by strftime: it brings the names of months and every time zone along,
 * which is 9 KB of a static program.                                         */
bool
clock_text(int64_t unix_s, char out[CLOCK_TEXT])
{
	time_t t = (time_t)unix_s;
	struct str s;
	struct tm tm;

	str_init(&s, out, CLOCK_TEXT);
	if (gmtime_r(&t, &tm) == NULL || tm.tm_year < 1000 - 1900 ||
	    tm.tm_year > 9999 - 1900) {
		str_char(&s, '?');
		return false;
	}
	str_fmt(&s, "%d-%02d-%02dT%02d:%02d:%02d", tm.tm_year + 1900,
	    tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
	return true;
}
