/* human.c — numbers for people: two or three digits that matter, and a unit.
 *
 * Thread: any. Rounds down, so that nothing looks larger than it is.         */
#include "cmd/human.h"

#include <inttypes.h>

/* n/unit with one decimal below ten: 1.4, 23. */
static void
amount(struct str *s, uint64_t n, uint64_t unit, const char *name)
{
	uint64_t whole = n / unit, tenth = n % unit / (unit / 10);

	if (whole < 10)
		str_fmt(s, "%" PRIu64 ".%" PRIu64 " %s", whole, MIN(tenth, 9), name);
	else
		str_fmt(s, "%" PRIu64 " %s", whole, name);
}

void
human_bytes(struct str *s, uint64_t bytes)
{
	static const char *const names[] = { "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	uint64_t unit = 1024;
	size_t i = 0;

	if (bytes < unit) {
		str_fmt(s, "%" PRIu64 " B", bytes);
		return;
	}
	for (; i + 1 < ARRAY_LEN(names) && bytes / unit >= 1024; i++)
		unit *= 1024;
	amount(s, bytes, unit, names[i]);
}

void
human_seconds(struct str *s, uint64_t seconds)
{
	uint64_t minutes = seconds / 60, hours = minutes / 60, days = hours / 24;

	if (seconds < 60)
		str_fmt(s, "%" PRIu64 " s", seconds);
	else if (minutes < 60)
		str_fmt(s, "%" PRIu64 " min", minutes);
	else if (hours < 24)
		str_fmt(s, "%" PRIu64 " h %" PRIu64 " min", hours, minutes % 60);
	else
		str_fmt(s, "%" PRIu64 " d %" PRIu64 " h", days, hours % 24);
}

void
human_us(struct str *s, uint64_t us)
{
	if (us < 1000000)
		amount(s, us, 1000, "ms");
	else
		amount(s, us, 1000000, "s");
}

void
human_rtt(struct str *s, uint64_t us)
{
	if (us == 0)
		str_char(s, '-');
	else
		human_us(s, us);
}
