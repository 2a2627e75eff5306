/* help.c — the sentences of schema.def. Only the manual asks for them.
 *
 * Thread: any; nothing here changes.
 * Invariant: they stand in the order of the rows.                            */
#include "base/assert.h"
#include "conf/schema.h"

#define ROW_BOTH(h) h,
#define ROW_REMOTE(h)
#define SECTION0(w, p, h) ROW_##w(h)
#define SECTION(w, p, s, m, h) ROW_##w(h)
#define LIST(w, p, s, m, n, i, h) ROW_##w(h)
#define WORDS(w, p, s, m, n, k, h) ROW_##w(h)
#define KEY(w, p, k, s, m, d, lo, hi, h) ROW_##w(h)

#define ROW_RELAY(h) h,
#define ROW_AGENT(h)
static const char *const relay[] = {
#include "conf/schema.def"
};

#undef ROW_RELAY
#undef ROW_AGENT
#define ROW_RELAY(h)
#define ROW_AGENT(h) h,
static const char *const agent[] = {
#include "conf/schema.def"
};

const char *
row_help(const struct schema *schema, const struct conf_row *row)
{
	size_t i = (size_t)(row - schema->rows);

	ax_assert(i < schema->n);
	return schema == &schema_relay ? relay[i] : agent[i];
}
