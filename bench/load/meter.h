/* meter.h — the clock of a run, and what the watched processes used while it
 * ran. /proc is read before the clock starts and after it stops.
 * Thread: owner.                                                             */
#ifndef ATLAX_BENCH_METER_H
#define ATLAX_BENCH_METER_H

#include "load/args.h"
#include "load/proc.h"
#include "load/result.h"

struct meter {
	const struct args *args;
	uint64_t start_ns, stop_ns;
	struct proc_use before[WATCHES_MAX], after[WATCHES_MAX];
};

/* Fails: AX_E_SYS when a watched process is gone, AX_E_NOMEM. */
AX_CHECKED int meter_start(
    struct meter *m, const struct args *a, struct err *e);
AX_CHECKED int meter_stop(struct meter *m, struct err *e);
double meter_seconds(const struct meter *m);

/* One number per watched process: "cpu_ROLE_" and unit, CPU seconds × scale;
 * what, "_ROLE_per_cpu_s", n by CPU seconds: what one whole core would do;
 * "rss_ROLE_" and unit, growth in bytes × scale; "rss_ROLE_start_mb", what was
 * resident before the run.                                                   */
void meter_cpu(
    const struct meter *m, struct result *r, const char *unit, double scale);
void meter_per_cpu(
    const struct meter *m, struct result *r, const char *what, double n);
void meter_rss(
    const struct meter *m, struct result *r, const char *unit, double scale);
void meter_rss_start(const struct meter *m, struct result *r);

#endif
