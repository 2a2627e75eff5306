/* schema.h — the tables of every key, made from schema.def, and the pieces that
 * read them. Inside conf only. Thread: any; the tables are constant.         */
#ifndef ATLAX_CONF_SCHEMA_H
#define ATLAX_CONF_SCHEMA_H

#include "base/err.h"
#include "base/slice.h"
#include "base/str.h"

enum conf_kind {
	CONF_SECTION,	/* a mapping of its own */
	CONF_LIST,	/* a list of mappings */
	CONF_WORDS,	/* a list of texts of kind word */
	CONF_DURATION,	/* uint64_t, milliseconds */
	CONF_SIZE,	/* uint64_t, bytes */
	CONF_COUNT,	/* uint32_t */
	CONF_WORKERS,	/* uint32_t, or auto: 0 */
	CONF_MEMORY,	/* uint64_t, bytes, or auto: 0 */
	CONF_CHOICE,	/* int, the index of the word */
	CONF_PATH,	/* char *, from here on */
	CONF_ADDRESS,
	CONF_HOSTPORT,
	CONF_TARGET,
	CONF_LABEL,
	CONF_SERVICE,
	CONF_RANGE, /* of addresses */
	CONF_PORTS, /* see grant.h */
};

struct conf_row {
	const char *path;
	const char *fallback, *least, *most; /* see schema.def */
	enum conf_kind kind, word;
	size_t offset;	/* in the struct of the enclosing mapping */
	size_t count;	/* lists: offset of the number of items */
	size_t item;	/* lists: size of one item */
};

/* What one program may be told. */
struct schema {
	const struct conf_row *rows;
	size_t n;
};

extern const struct schema schema_relay, schema_agent, schema_remote;

/* The rows in order; NULL after the last. */
const struct conf_row *schema_row(const struct schema *schema, size_t index);
/* The rows directly inside a mapping ("" is the file, an item of a list ends in
 * "[]"): at is NULL to begin; NULL after the last.                           */
const struct conf_row *schema_next(
    const struct schema *schema, const char *inside, const struct conf_row *at);
/* The key called name inside a mapping, or NULL. */
const struct conf_row *schema_find(
    const struct schema *schema, const char *inside, struct slice name);
const char *row_name(const struct conf_row *row); /* the last part of the path */
/* help.c: its sentences for the manual, which the programs themselves lack. */
const char *row_help(const struct schema *schema, const struct conf_row *row);

#define CONF_PATH_MAX 96
/* The path of what is inside a section or list: its own, with "[]" for a list. */
void row_inside(const struct conf_row *row, char out[CONF_PATH_MAX]);

/* The member of the enclosing mapping's struct that a row describes. */
uint64_t row_get(const struct conf_row *row, const void *base); /* numbers */
void row_set(const struct conf_row *row, void *base, uint64_t v);
char *row_text(const struct conf_row *row, const void *base); /* texts */
void row_text_set(const struct conf_row *row, void *base, char *text);
void *row_list(const struct conf_row *row, const void *base, size_t *n);
void row_list_set(const struct conf_row *row, void *base, void *items, size_t n);

/* value.c: a text of the file as the number to store; for kinds that are text
 * only the check, *out untouched. e says what is wrong and what to write.
 * Fails: AX_E_CONFIG.                                                        */
AX_CHECKED int value_read(
    const struct conf_row *row, const char *text, uint64_t *out, struct err *e);
/* The number the way the file says it: 65536 is 64K. */
void value_show(const struct conf_row *row, uint64_t v, struct str *out);
bool kind_is_text(enum conf_kind k); /* stored as char * */
bool kind_is_number(enum conf_kind k);

#endif
