/* chain.c — one line after the other, and their hashes.
 *
 * Thread: owner. Invariant: a line that is not whole is accepted only if the next
 * one marks it, by its hash and by that of the line before it.                */
#include "audit/chain.h"

#include <string.h>

#include "base/str.h"
#include "tls/wolf.h"

#define PREV "{\"prev\":\""
#define AT "\",\"at\":\""
#define EVENT "\",\"event\":\""
#define AFTER "\",\"after\":\""
#define TIME_LEN 24
#define HEX_LEN (CHAIN_HASH_TEXT - 1)
#define PREV_AT (sizeof(PREV) - 1)
#define TIME_AT (PREV_AT + HEX_LEN + sizeof(AT) - 1)
#define AFTER_AT (CHAIN_EVENT_AT + sizeof(CHAIN_TORN AFTER) - 1)

_Static_assert(TIME_AT + TIME_LEN + sizeof(EVENT) - 1 == CHAIN_EVENT_AT,
    "where the event begins");

int
chain_hash(struct slice in, uint8_t out[CHAIN_HASH_LEN], struct err *e)
{
	return wc_Sha256Hash(in.p, (word32)in.n, out) == 0 ? 0 :
	    err_set(e, AX_E_NOMEM, "no memory for a hash");
}

void
chain_hash_text(const uint8_t hash[CHAIN_HASH_LEN], char out[CHAIN_HASH_TEXT])
{
	struct str s;

	str_init(&s, out, CHAIN_HASH_TEXT);
	str_hex(&s, slice_of(hash, CHAIN_HASH_LEN));
}

void
chain_init(struct chain *c)
{
	*c = (struct chain){ 0 };
}

static bool
stands(struct slice line, size_t at, const char *text)
{
	size_t n = strlen(text);

	return line.n >= at + n && memcmp(line.p + at, text, n) == 0;
}

static bool
is_whole(struct slice line)
{
	for (size_t i = 0; i + 1 < line.n; i++)
		if (line.p[i] < ' ')
			return false;
	return line.n > CHAIN_EVENT_AT && stands(line, 0, PREV) &&
	    stands(line, PREV_AT + HEX_LEN, AT) &&
	    stands(line, TIME_AT + TIME_LEN, EVENT) && stands(line, line.n - 2, "}\n");
}

static bool
names(struct slice line, size_t at, const uint8_t hash[CHAIN_HASH_LEN])
{
	char text[CHAIN_HASH_TEXT];

	chain_hash_text(hash, text);
	return stands(line, at, text);
}

/* Why a whole line does not fit, or NULL. */
static const char *
misfit(struct chain *c, struct slice line)
{
	static const uint8_t none[CHAIN_HASH_LEN];
	bool mark = stands(line, CHAIN_EVENT_AT, CHAIN_TORN AFTER);

	if (c->lines == 0) {
		c->begins = names(line, PREV_AT, none);
		return NULL;
	}
	if (!names(line, PREV_AT, c->last))
		return "does not fit the line before it: that one was changed, or lines "
		       "between them are missing";
	if (c->piece && !mark)
		return "comes after a piece of a line and does not say so";
	if (mark && !names(line, AFTER_AT, c->before))
		return "marks a torn line, and does not fit the line before that";
	c->torn += mark;
	return NULL;
}

int
chain_take(struct chain *c, struct slice line, struct err *e)
{
	uint8_t hash[CHAIN_HASH_LEN];
	bool whole = is_whole(line);
	const char *why = NULL;

	if (whole)
		why = misfit(c, line);
	if (why != NULL)
		return err_set(e, AX_E_PEER, "%s", why);
	if (chain_hash(line, hash, e) < 0)
		return AX_E_NOMEM;
	if (!c->piece || whole)
		memcpy(c->before, c->last, sizeof(hash));
	memcpy(c->last, hash, sizeof(hash));
	c->piece = !whole;
	c->lines++;
	return 0;
}

int
chain_end(const struct chain *c, struct err *e)
{
	return !c->piece ? 0 : err_set(e, AX_E_PEER, "is not whole: its writer was "
	    "killed or had no room, or somebody cut it; the writer marks it with its "
	    "next line");
}
