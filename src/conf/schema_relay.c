/* schema_relay.c — the keys of relay.yaml: in a file of its own, so that neither
 * program carries the other's.
 *
 * Thread: any; nothing here changes.                                         */
#include "conf/schema_rows.h"

#define ROW_RELAY(...) __VA_ARGS__
#define ROW_AGENT(...)
#define ROW_REMOTE(...)

static const struct conf_row rows[] = {
#include "conf/schema.def"
};

const struct schema schema_relay = { rows, ARRAY_LEN(rows) };
