/* roll.h — the agents that the relay has seen: when and where each was there last, and
 * why it went. Who has gone is kept for ROLL_DAYS, at most ROLL_TENANT_MAX of a tenant
 * and ROLL_MAX in all: who went first is forgotten first. Its text is as in lines.h, a
 * line for each agent:
 *	acme/nas 1796083199 192.0.2.7:40112 no sign of life
 * Thread: owner.                                                             */
#ifndef ATLAX_RELAY_ROLL_H
#define ATLAX_RELAY_ROLL_H

#include "base/buf.h"
#include "base/err.h"
#include "parse/identity.h"

#define ROLL_FILE "seen" /* in the relay's state directory */
#define ROLL_DAYS 30
#define ROLL_TENANT_MAX 1024u
#define ROLL_MAX 10000u
#define ROLL_WHY_MAX 80u /* bytes, with the end */

struct roll_entry {
	char tenant[IDENTITY_LABEL_MAX + 1], agent[IDENTITY_LABEL_MAX + 1];
	char address[56];	/* empty: not known */
	char why[ROLL_WHY_MAX]; /* empty: nobody saw it go */
	int64_t last_s;		/* Unix seconds */
	bool here;		/* the owner's; not in the text */
};

struct roll {
	struct roll_entry **v; /* sorted by tenant and agent */
	size_t n, cap;
};

void roll_init(struct roll *r);
void roll_fini(struct roll *r);

/* An agent's entry, which is made if it is not there; NULL: no memory. Borrowed until
 * it is forgotten.                                                           */
struct roll_entry *roll_open(struct roll *r, const char *tenant, const char *agent);
/* Those of a tenant, *n of them. Borrowed until the next change. */
struct roll_entry *const *roll_of(const struct roll *r, const char *tenant, size_t *n);
/* Forgets those for whom over() says so, and of those not here who went too long ago
 * and who are too many. arg is over's.                                       */
void roll_trim(struct roll *r, int64_t now_s,
    bool (*over)(void *arg, const struct roll_entry *x), void *arg);

/* Reads a text into r, which is initialised; nobody is in it after a failure. name is
 * for sentences. Fails: AX_E_SYNTAX ("name:line: ..."), AX_E_NOMEM.          */
AX_CHECKED int roll_parse(
    struct roll *r, const char *name, struct slice text, struct err *e);
/* Appends the text. Fails: AX_E_NOMEM. */
AX_CHECKED int roll_print(const struct roll *r, struct buf *out);

#endif
