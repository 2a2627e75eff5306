/* report.c — prints what a simulated run found. Used by the simulator, the
 * fault sweep and the two-peer fuzzer, so it knows nothing but a name, a seed
 * and a virtual time. It aborts instead of returning a failure: a broken
 * oracle has no sensible way on, and a debugger or a fuzzer wants the stack.
 * Thread: owner.                                                             */
#include "report.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void
report_fail(const struct report *r, const char *fmt, ...)
{
	va_list ap;

	fflush(stdout);
	fprintf(stderr, "FAILED at %.6f s: ", (double)r->now_ns / 1e9);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	if (r->program != NULL)
		fprintf(stderr, "repeat: %s --scenario %s --seed %" PRIu64
		    " --verbose\n", r->program, r->scenario, r->seed);
	abort();
}

void
report_say(const struct report *r, const char *fmt, ...)
{
	va_list ap;

	if (!r->verbose)
		return;
	printf("%12.6f ", (double)r->now_ns / 1e9);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
}
