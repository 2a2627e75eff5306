/* metrics.h — the status in the text format of Prometheus, version 0.0.4:
 * <https://prometheus.io/docs/instrumenting/exposition_formats/>. Inside admin
 * only. Thread: any.                                                         */
#ifndef ATLAX_ADMIN_METRICS_H
#define ATLAX_ADMIN_METRICS_H

#include "admin/admin.h"

/* The document, from malloc; NULL: out of memory. */
char *metrics_render(const struct admin_status *s);

#endif
