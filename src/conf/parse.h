/* parse.h — the tree of a file into the structs of conf.h, by the table; and
 * back to nothing. Inside conf only, and what tests and fuzzers call.
 * Thread: any.                                                               */
#ifndef ATLAX_CONF_PARSE_H
#define ATLAX_CONF_PARSE_H

#include "conf/conf.h"
#include "conf/schema.h"
#include "conf/tree.h"

/* Where each value stands in the file, so that checks across keys can say it. */
struct conf_place {
	const void *member; /* of the struct that was filled */
	struct place at;
};

struct conf_source {
	const char *name; /* for errors */
	const char *dir;  /* that relative paths start from; absolute */
	const struct schema *schema;
	struct conf_place *places;
	size_t n, cap;
};

/* The whole way from text to a checked configuration without any file: name is
 * for errors and becomes out->file. Fails: as conf_relay_load.              */
AX_CHECKED int conf_relay_parse(const char *name, const char *dir,
    struct slice text, struct conf_relay **out, struct err *e);
AX_CHECKED int conf_agent_parse(const char *name, const char *dir,
    struct slice text, struct conf_agent **out, struct err *e);

/* Fills base, zeroed before: defaults, then what the tree says. On failure
 * conf_wipe cleans up. Fails: AX_E_SYNTAX, AX_E_CONFIG, AX_E_NOMEM.         */
AX_CHECKED int conf_fill(
    struct conf_source *s, const struct node *root, void *base, struct err *e);
/* Frees every text and list that the table knows in base. */
void conf_wipe(const struct schema *schema, const char *inside, void *base);

/* "name:line:column: sentence", at the place where member was set. */
int conf_fail(const struct conf_source *s, const void *member, struct err *e,
    const char *fmt, ...) AX_PRINTF(4, 5);

/* check.c: what no single key can say. Fails: AX_E_CONFIG, AX_E_NOMEM. */
AX_CHECKED int conf_relay_check(
    const struct conf_source *s, const struct conf_relay *c, struct err *e);
AX_CHECKED int conf_agent_check(
    const struct conf_source *s, const struct conf_agent *c, struct err *e);

#endif
