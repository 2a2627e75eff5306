/* result.c — writes the result of a run. One thread. Own writer instead of
 * base/json_out.h because that one knows no fractions and needs none. Keys are
 * ours, so nothing is escaped; infinities, which JSON lacks, become 0.       */
#include "load/result.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

void
result_begin(struct result *r, const char *mode)
{
	str_init(&r->text, r->mem, sizeof(r->mem));
	str_fmt(&r->text, "{\"mode\":\"%s\"", mode);
}

void
result_u64(struct result *r, const char *key, uint64_t value)
{
	str_fmt(&r->text, ",\"%s\":%" PRIu64, key, value);
}

void
result_num(struct result *r, const char *key, double value)
{
	str_fmt(&r->text, ",\"%s\":%.6g", key, isfinite(value) ? value : 0.0);
}

void
result_latency(struct result *r, const struct hist *h)
{
	result_num(r, "p50_us", (double)hist_percentile(h, 500) / 1e3);
	result_num(r, "p90_us", (double)hist_percentile(h, 900) / 1e3);
	result_num(r, "p99_us", (double)hist_percentile(h, 990) / 1e3);
	result_num(r, "p999_us", (double)hist_percentile(h, 999) / 1e3);
	result_num(r, "max_us", (double)h->max / 1e3);
}

void
result_print(struct result *r)
{
	str_char(&r->text, '}');
	puts(r->text.p);
	fflush(stdout);
}
