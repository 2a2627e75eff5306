/* json_out.h — JSON, written straight into a str: objects, arrays and values, as
 * they come. What is written is one line. Escapes everything; input that is not
 * valid UTF-8 is shown escaped as \u00NN. Thread: owner.
 *
 *	json_begin(&j, &s);			{
 *	json_u64(&j, "n", 1);			"n":1
 *	json_open_array(&j, "of");			,"of":[
 *	json_u64(&j, NULL, 2);			2
 *	json_end(&j);				]
 *	json_end(&j);				}
 *
 * A key is NULL in an array, and nowhere else. It is a word of ours, with nothing in
 * it to escape.                                                              */
#ifndef ATLAX_BASE_JSON_OUT_H
#define ATLAX_BASE_JSON_OUT_H

#include "base/str.h"

#define JSON_DEPTH_MAX 31u

struct json_out {
	struct str *s;
	bool any;	 /* something stands before, on this level */
	unsigned depth;	 /* 0: inside an object that somebody else opened */
	uint32_t arrays; /* a bit for each level */
};

void json_begin(struct json_out *j, struct str *s); /* writes { */
void json_open_object(struct json_out *j, const char *key);
void json_open_array(struct json_out *j, const char *key);
/* At most max bytes of value are shown, then "...". */
void json_text(
    struct json_out *j, const char *key, struct slice value, size_t max);
void json_u64(struct json_out *j, const char *key, uint64_t value);
void json_i64(struct json_out *j, const char *key, int64_t value);
void json_bool(struct json_out *j, const char *key, bool value);
void json_end(struct json_out *j); /* of the innermost: writes } or ] */

#endif
