/* tail.h — the last lines of a log, for whoever asks for them: the logger writes,
 * others read, each at its own place. Who reads too late is told how many lines he
 * has missed. Inside log only; readers use log.h.                            */
#ifndef ATLAX_LOG_TAIL_H
#define ATLAX_LOG_TAIL_H

#include <sys/uio.h>

#include "log/log.h"

#define LOG_TAIL_CAP ((size_t)256 << 10) /* some 1,000 lines */

struct log_tail;

/* NULL: out of memory. Thread: boot. */
struct log_tail *tail_new(void);
void tail_free(struct log_tail **t); /* accepts NULL */
/* Adds lines: both parts together are whole ones, at most LOG_TAIL_CAP bytes.
 * Thread: the logger.                                                        */
void tail_add(struct log_tail *t, const struct iovec v[2]);
/* As log_read. Thread: any. */
size_t tail_read(struct log_tail *t, struct log_place *at, char *out, size_t cap,
    uint64_t *lost);
/* As log_last. Thread: any. */
void tail_last(struct log_tail *t, size_t lines, struct log_place *out);

#endif
