/* proc.h — what a process and everything it started have used. Thread: any. */
#ifndef ATLAX_BENCH_PROC_H
#define ATLAX_BENCH_PROC_H

#include <sys/types.h>

#include "base/err.h"

struct proc_use {
	double cpu_s;	    /* user and system, ended children included */
	uint64_t rss_bytes; /* resident; pages shared by a fork count twice */
};

/* Sums over pid and its living descendants: sshd and others fork per
 * connection. Fails: AX_E_SYS when pid is not there, AX_E_NOMEM.            */
AX_CHECKED int proc_use(pid_t pid, struct proc_use *out, struct err *e);

#endif
