/* validity.h — says in the log how long a certificate of ours still lasts: when it
 * is read, and once a day. Thread: the log's.                                */
#ifndef ATLAX_LOG_VALIDITY_H
#define ATLAX_LOG_VALIDITY_H

#include "log/log.h"

#define VALIDITY_REPORT_MS UINT64_C(86400000)

/* Info; a warning when less than half of its life is left, an error when less
 * than a fifth is. Units: Unix seconds.                                      */
void log_validity(
    struct log *l, const char *what, int64_t not_before, int64_t not_after);

#endif
