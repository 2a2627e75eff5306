/* args.h — the command line: one set of options for every mode, since they
 * mean the same everywhere. Thread: boot.                                    */
#ifndef ATLAX_BENCH_ARGS_H
#define ATLAX_BENCH_ARGS_H

#include <sys/types.h>

#include "base/err.h"

#define WATCHES_MAX 8

/* --watch relay=123: a process whose use of CPU and memory is wanted. */
struct watched {
	char role[32];
	pid_t pid;
};

struct args {
	const char *listen, *connect; /* addresses */
	const char *host;	      /* the Host of HTTP requests */
	const char *json, *machine, *yardstick; /* of the report */
	const char *pki; /* atlax-crowd: directory of the CA */
	const char *service; /* atlax-crowd: what the agents lend */
	uint64_t conns, streams;
	uint64_t size;	   /* bytes of one echo */
	uint64_t bytes;	   /* per bulk stream; 0: until the time is over */
	uint64_t requests; /* in all; 0: until the time is over */
	double seconds;
	bool up, down, verify, close;
	bool rows;    /* of the report: a line for each load */
	bool tenants; /* atlax-crowd: each agent is of a tenant of its own */
	struct watched watch[WATCHES_MAX];
	size_t watches;
	const char *const *rest; /* what is not an option */
};

/* argv is what follows the mode, up to NULL; out borrows from it.
 * Fails: AX_E_SYNTAX, AX_E_RANGE.                                            */
AX_CHECKED int args_parse(char **argv, struct args *out, struct err *e);

#endif
