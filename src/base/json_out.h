/* json_out.h — one flat JSON object on one line, for log records. Documents
 * go through jansson. Escapes everything; input that is not valid UTF-8 is
 * shown escaped as \u00NN. Thread: owner.                                    */
#ifndef ATLAX_BASE_JSON_OUT_H
#define ATLAX_BASE_JSON_OUT_H

#include "base/str.h"

struct json_out {
	struct str *s;
	bool any;
};

void json_begin(struct json_out *j, struct str *s); /* writes { */
/* At most max bytes of value are shown, then "...". */
void json_text(
    struct json_out *j, const char *key, struct slice value, size_t max);
void json_u64(struct json_out *j, const char *key, uint64_t value);
void json_i64(struct json_out *j, const char *key, int64_t value);
void json_bool(struct json_out *j, const char *key, bool value);
void json_end(struct json_out *j); /* writes } */

#endif
