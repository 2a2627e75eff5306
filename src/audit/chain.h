/* chain.h — do the lines of an audit trail fit each other? A line is
 *	{"prev":"HASH","at":"2026-11-23T05:31:56.123Z","event":"NAME",...}
 * with its line break, HASH being SHA-256 over all bytes of the line before, with
 * its line break. The first line of a chain has 64 zeros there. What a writer that
 * was killed left of a line stays; the next line is its mark, event "torn", and says
 * in "after" the hash of the line before the piece. Thread: owner.            */
#ifndef ATLAX_AUDIT_CHAIN_H
#define ATLAX_AUDIT_CHAIN_H

#include "base/err.h"
#include "base/slice.h"

#define CHAIN_HASH_LEN 32
#define CHAIN_HASH_TEXT 65
#define CHAIN_EVENT_AT 116 /* where a line's event begins, after the quote */
#define CHAIN_TORN "torn"

struct chain {
	uint8_t last[CHAIN_HASH_LEN];	/* of the last line */
	uint8_t before[CHAIN_HASH_LEN]; /* of the last whole one before it */
	uint64_t lines, torn;		/* seen so far; torn: pieces, marked */
	bool piece; /* the last line is none: the next one has to say so */
	bool begins; /* the first line begins a chain: none is missing before it */
};

void chain_init(struct chain *c);
/* The next line, with its line break unless the file ends without one.
 * Fails: AX_E_PEER: it does not fit; e says how, without a file's name.       */
AX_CHECKED int chain_take(struct chain *c, struct slice line, struct err *e);
/* There are no more. Fails: AX_E_PEER: what is last is a piece of a line. */
AX_CHECKED int chain_end(const struct chain *c, struct err *e);

/* SHA-256. Fails: AX_E_NOMEM. */
AX_CHECKED int chain_hash(struct slice in, uint8_t out[CHAIN_HASH_LEN], struct err *e);
void chain_hash_text(const uint8_t hash[CHAIN_HASH_LEN], char out[CHAIN_HASH_TEXT]);

#endif
