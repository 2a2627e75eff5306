/* format.h — one record as one line, for people or as JSON. Inside log only. */
#ifndef ATLAX_LOG_FORMAT_H
#define ATLAX_LOG_FORMAT_H

#include "base/json_out.h"
#include "log/log.h"

#define LOG_LINE_MAX 4096  /* with the line break: a pipe takes it whole */
#define LOG_FIELD_MAX 256  /* bytes of a text field that are shown */

struct log_record {
	uint64_t wall_ms;
	enum log_level level;
	const char *thread, *msg;
	const struct log_field *fields;
	size_t n;
};

/* A field as a member of an object. Thread: any. */
void log_json_field(struct json_out *j, const struct log_field *f);

/* Writes the line and its line break into out. Fields that do not fit are left
 * out and "cut=true" stands in their place: the line is always whole.
 * Thread: any. Returns the length.                                           */
size_t log_line(
    const struct log_record *r, enum log_format format, char out[LOG_LINE_MAX]);

#endif
