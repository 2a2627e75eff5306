/* schema_agent.c — the keys of agent.yaml: in a file of its own, so that neither
 * program carries the other's.
 *
 * Thread: any; nothing here changes.                                         */
#include "conf/schema_rows.h"

#define ROW_AGENT(...) __VA_ARGS__
#define ROW_RELAY(...)
#define ROW_REMOTE(...)

static const struct conf_row rows[] = {
#include "conf/schema.def"
};

const struct schema schema_agent = { rows, ARRAY_LEN(rows) };
