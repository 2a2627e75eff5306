/* metrics.h — the status for Prometheus: its text format, version 0.0.4, or
 * OpenMetrics 1.0.0, for who asks for that by Accept. Inside admin only. Thread: any. */
#ifndef ATLAX_ADMIN_METRICS_H
#define ATLAX_ADMIN_METRICS_H

#include "admin/admin.h"

#define METRICS_TEXT "text/plain; version=0.0.4; charset=utf-8"
#define METRICS_OPEN "application/openmetrics-text; version=1.0.0; charset=utf-8"

/* The document, from malloc; NULL: out of memory. open: OpenMetrics. */
char *metrics_render(const struct admin_status *s, bool open);

#endif
