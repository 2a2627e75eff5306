/* report.h — how a test run says what went wrong: the sentence, the virtual
 * time, and the command that repeats it. Thread: owner.                      */
#ifndef ATLAX_TESTS_SIM_REPORT_H
#define ATLAX_TESTS_SIM_REPORT_H

#include "base/defs.h"

struct report {
	const char *program; /* that repeats it; NULL: it said so before */
	const char *scenario;
	uint64_t seed;
	uint64_t now_ns; /* virtual */
	bool verbose;
};

/* Prints the sentence and the command to repeat it, then aborts. */
AX_NORETURN void report_fail(const struct report *r, const char *fmt, ...)
    AX_PRINTF(2, 3);
/* Prints a line with the virtual time, if the run is verbose. */
void report_say(const struct report *r, const char *fmt, ...) AX_PRINTF(2, 3);

/* A statement of the oracle: when it is false, the run has failed. */
#define report_check(r, cond, ...) \
	do { \
		if (!(cond)) \
			report_fail((r), __VA_ARGS__); \
	} while (0)

#endif
