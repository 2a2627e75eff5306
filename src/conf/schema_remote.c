/* schema_remote.c — the keys of remote.yaml, which only atlax reads.
 *
 * Thread: any; nothing here changes.                                         */
#include "conf/schema_rows.h"

#undef ROW_BOTH
#define ROW_BOTH(...)
#define ROW_RELAY(...)
#define ROW_AGENT(...)
#define ROW_REMOTE(...) __VA_ARGS__

static const struct conf_row rows[] = {
#include "conf/schema.def"
};

const struct schema schema_remote = { rows, ARRAY_LEN(rows) };
