/* denied.h — whom this relay refuses though his certificate is good: what atlax
 * revoke said. A list is immutable once it is made; who changes it makes another.
 * Its text is a line for each, which people may write, too:
 *	name TENANT[/AGENT] 2026-11-23T02:00:00Z
 *	name operator:NAME 2026-11-23T02:00:00Z
 *	key SHA256 2026-11-23T02:00:00Z
 * A name refuses every certificate of it that was not made after that time, a key
 * every certificate of it. Thread: any.                                       */
#ifndef ATLAX_RELAY_DENIED_H
#define ATLAX_RELAY_DENIED_H

#include "base/buf.h"
#include "base/err.h"
#include "parse/identity.h"

#define DENIED_MAX 65536 /* entries; 10 MiB of memory */
#define DENIED_KEY_LEN 32 /* SHA-256 of the SubjectPublicKeyInfo */

struct denied_entry {
	char tenant[IDENTITY_LABEL_MAX + 1]; /* empty: a key, or an operator */
	char agent[IDENTITY_LABEL_MAX + 1];  /* empty: a key, or all of the tenant */
	uint8_t key[DENIED_KEY_LEN];
	int64_t at; /* Unix seconds */
};

struct denied;

/* Fills what and whom; at is the caller's. word: TENANT[/AGENT] or operator:NAME; 64
 * hexadecimal digits. Fails: AX_E_RANGE.                                                 */
AX_CHECKED int denied_name(const char *word, struct denied_entry *out, struct err *e);
AX_CHECKED int denied_key(const char *word, struct denied_entry *out, struct err *e);
bool denied_is_key(const struct denied_entry *d);
bool denied_is_operator(const struct denied_entry *d);
/* TENANT[/AGENT], operator:NAME, or the digits of the key. */
#define DENIED_TEXT (2 * (IDENTITY_LABEL_MAX + 1) + 1)
void denied_text(const struct denied_entry *d, char out[DENIED_TEXT]);

/* A list from its text; empty text makes an empty list. name is for sentences.
 * Fails: AX_E_SYNTAX ("name:line: ..."), AX_E_LIMIT, AX_E_NOMEM.             */
AX_CHECKED int denied_parse(
    const char *name, struct slice text, struct denied **out, struct err *e);
/* Appends the text. Fails: AX_E_NOMEM. */
AX_CHECKED int denied_print(const struct denied *d, struct buf *out);
/* The same list with one more, in the place of an older one of the same name or
 * key. Fails: AX_E_LIMIT, AX_E_NOMEM.                                        */
AX_CHECKED int denied_with(const struct denied *d, const struct denied_entry *more,
    struct denied **out, struct err *e);
/* The same list without one. Fails: AX_E_NOTFOUND, AX_E_NOMEM. */
AX_CHECKED int denied_without(const struct denied *d,
    const struct denied_entry *less, struct denied **out, struct err *e);

struct denied *denied_ref(struct denied *d);
void denied_unref(struct denied **d); /* accepts NULL, nulls; the last one frees */

size_t denied_count(const struct denied *d);
const struct denied_entry *denied_at(const struct denied *d, size_t i);
/* Why this peer is refused, a constant sentence; NULL: he is not. */
const char *denied_why(const struct denied *d, const struct identity *id,
    const uint8_t key[DENIED_KEY_LEN]);

#endif
