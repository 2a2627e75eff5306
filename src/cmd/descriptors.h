/* descriptors.h — how near a process is to its limit of open files. Thread: any. */
#ifndef ATLAX_CMD_DESCRIPTORS_H
#define ATLAX_CMD_DESCRIPTORS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct descriptors {
	uint64_t open, most;
};

/* False: there is none, or it is another user's; of one that holds keys, only root
 * sees it (io/process.h).                                                    */
bool descriptors_of(pid_t pid, struct descriptors *out);
/* The process that listens at a Unix socket; 0: none does, or we may not ask. */
pid_t descriptors_owner(const char *path);

#endif
