/* ledger.h — what visitors of each tenant have moved in a calendar month (UTC), and
 * what was said about it. Of each tenant two months are kept, so a clock that steps
 * over the end of a month and back finds what it left. Its text is as in lines.h.
 * Thread: owner.                                                             */
#ifndef ATLAX_RELAY_LEDGER_H
#define ATLAX_RELAY_LEDGER_H

#include "base/buf.h"
#include "base/err.h"
#include "parse/identity.h"

#define LEDGER_FILE "used" /* in the relay's state directory */
#define LEDGER_KEPT 2

enum ledger_said { LEDGER_NOTHING, LEDGER_WARNED, LEDGER_SPENT };

struct ledger_month {
	char name[sizeof("2026-11")]; /* empty: none */
	uint8_t said;		      /* enum ledger_said: the last of it */
	uint64_t bytes;
};

struct ledger_entry {
	char tenant[IDENTITY_LABEL_MAX + 1];
	struct ledger_month of[LEDGER_KEPT]; /* the one counted in last comes first */
};

struct ledger {
	struct ledger_entry *v; /* sorted */
	size_t n, cap;
};

void ledger_init(struct ledger *l);
void ledger_fini(struct ledger *l);

/* The month of a time. */
void ledger_name(int64_t unix_s, char out[sizeof("2026-11")]);
/* What is known of a tenant's month; NULL: nothing. Borrowed until the next change. */
struct ledger_month *ledger_find(
    const struct ledger *l, const char *tenant, const char *month);
/* The same; it is made if it is not there. Fails: AX_E_NOMEM. */
AX_CHECKED int ledger_open(struct ledger *l, const char *tenant, const char *month,
    struct ledger_month **out);
/* Forgets a tenant. */
void ledger_forget(struct ledger *l, const char *tenant);

/* How a month stands to a quota now (0: none), which it remembers. Returns what is to
 * be said of it, once: nothing if that was said before.                      */
enum ledger_said ledger_judge(struct ledger_month *m, uint64_t quota);

/* Reads a text into l, which is initialised; none is in it after a failure. name is
 * for sentences. Fails: AX_E_SYNTAX ("name:line: ..."), AX_E_NOMEM.          */
AX_CHECKED int ledger_parse(
    struct ledger *l, const char *name, struct slice text, struct err *e);
/* Appends the text. Fails: AX_E_NOMEM. */
AX_CHECKED int ledger_print(const struct ledger *l, struct buf *out);
/* Takes over what other knows better: later months, and of one month the larger use.
 * Fails: AX_E_NOMEM.                                                         */
AX_CHECKED int ledger_merge(struct ledger *l, const struct ledger *other);

#endif
