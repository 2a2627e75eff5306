/* validity.c — an end that is no surprise.
 *
 * Thread: the log's.                                                         */
#include "log/validity.h"

#include "base/clock.h"
#include "base/validity.h"

void
log_validity(
    struct log *l, const char *what, int64_t not_before, int64_t not_after)
{
	static const struct {
		enum log_level level;
		const char *text;
	} says[] = {
		[VALIDITY_GOOD] = { LOG_INFO, "valid" },
		[VALIDITY_HALF] = { LOG_WARN,
		    "less than half of its life is left: renew it soon" },
		[VALIDITY_LATE] = { LOG_ERROR,
		    "less than a fifth of its life is left: renew it now" },
		[VALIDITY_OVER] = { LOG_ERROR, "has expired" },
	};
	int64_t now = clock_wall_s();
	enum validity v = validity_of(not_before, not_after, now);

	LOG_AT(l, says[v].level, says[v].text, LOG_STR("what", what),
	    LOG_I64("days_left", (not_after - now) / 86400));
}
