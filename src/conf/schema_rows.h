/* schema_rows.h — what makes rows of schema.def. Its includer says which of them it
 * wants by ROW_RELAY, ROW_AGENT and ROW_REMOTE, two of which are empty. Inside conf only.
 * Thread: any; there is nothing but macros.                                  */
#ifndef ATLAX_CONF_SCHEMA_ROWS_H
#define ATLAX_CONF_SCHEMA_ROWS_H

#include <stddef.h>

#include "conf/conf.h"
#include "conf/schema.h"

#define ROW_BOTH(...) __VA_ARGS__
#define SECTION0(w, p, h) \
	ROW_##w({ .path = p, .kind = CONF_SECTION },)
#define SECTION(w, p, s, m, h) \
	ROW_##w({ .path = p, .kind = CONF_SECTION, \
	  .offset = offsetof(struct s, m) },)
#define LIST(w, p, s, m, n, i, h) \
	ROW_##w({ .path = p, .kind = CONF_LIST, \
	  .offset = offsetof(struct s, m), .count = offsetof(struct s, n), \
	  .item = sizeof(struct i) },)
#define WORDS(w, p, s, m, n, k, h) \
	ROW_##w({ .path = p, .kind = CONF_WORDS, \
	  .word = CONF_##k, .offset = offsetof(struct s, m), \
	  .count = offsetof(struct s, n), .item = sizeof(char *) },)
#define KEY(w, p, k, s, m, d, lo, hi, h) \
	ROW_##w({ .path = p, .kind = CONF_##k, \
	  .offset = offsetof(struct s, m), .fallback = d, .least = lo, .most = hi },)

#endif
