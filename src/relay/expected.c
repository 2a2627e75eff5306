/* expected.c — who is expected, in memory and in a file.
 *
 * Thread: control.
 * Invariant: no two entries of one key. The file is written before anybody is told
 * that an agent is expected; and again when he is not, so that each is used once. */
#include "relay/expected.h"

#include <stdlib.h>

#include "base/str.h"
#include "pki/db.h"
#include "pki/pem.h"

#define NAME "expected"
#define UNTIL "until "
#define DER_MAX 4096

static struct expected_entry *
entry_of(struct list *l)
{
	return container_of(l, struct expected_entry, link);
}

static void
drop(struct expected *x, struct expected_entry *it)
{
	list_del(&it->link);
	x->n--;
	buf_fini(&it->certificate);
	free(it);
}

void
expected_end(struct expected *x)
{
	struct list *l;

	while ((l = list_first(&x->entries)) != NULL)
		drop(x, entry_of(l));
}

void
expected_forget_old(struct expected *x, int64_t now_s)
{
	struct list *l, *tmp;

	list_foreach_safe(l, tmp, &x->entries)
		if (entry_of(l)->until <= now_s)
			drop(x, entry_of(l));
}

/* --- one entry ------------------------------------------------------------------ */

static int
hash_key(struct slice spki, uint8_t out[SPKI_HASH_LEN], struct err *e)
{
	struct pubkey key;
	struct der d;
	int r;

	der_init(&d, spki);
	r = pubkey_read(&d, &key, e);
	if (r == 0)
		spki_hash(&key, out);
	return r;
}

int
expected_key(struct slice certificate, uint8_t spki[SPKI_HASH_LEN], struct err *e)
{
	struct identity id;
	int r = identity_agent(certificate, &id, e);

	return r < 0 ? r : hash_key(id.spki, spki, e);
}

/* At the end of the list, of which it is the newest. */
static int
append(struct expected *x, struct slice certificate, int64_t until,
    struct expected_entry **out, struct err *e)
{
	struct expected_entry *it = calloc(1, sizeof(*it));
	struct identity id;
	struct str s;
	int r;

	if (it == NULL || buf_append(&it->certificate, certificate.p, certificate.n) < 0) {
		free(it);
		return err_set(e, AX_E_NOMEM, "out of memory");
	}
	list_init(&it->link);
	list_add(&x->entries, &it->link);
	x->n++;
	r = identity_agent(certificate, &id, e);
	if (r == 0)
		r = hash_key(id.spki, it->spki, e);
	if (r < 0) {
		drop(x, it);
		return r;
	}
	words_of_key(it->spki, it->words);
	str_init(&s, it->name, sizeof(it->name));
	str_fmt(&s, "%s%s%s", id.tenant, id.agent[0] == '\0' ? "" : "/", id.agent);
	it->until = MIN(until, id.not_after);
	*out = it;
	return 0;
}

struct expected_entry *
expected_find(struct expected *x, const uint8_t spki[SPKI_HASH_LEN])
{
	struct list *l;

	list_foreach(l, &x->entries)
		if (memcmp(entry_of(l)->spki, spki, SPKI_HASH_LEN) == 0)
			return entry_of(l);
	return NULL;
}

struct expected_entry *
expected_number(struct expected *x, uint32_t id)
{
	struct list *l;

	list_foreach(l, &x->entries)
		if (entry_of(l)->id == id)
			return entry_of(l);
	return NULL;
}

/* --- the file ------------------------------------------------------------------- */

static int
print(const struct expected *x, const struct expected_entry *less, struct buf *out)
{
	static const char head[] =
	    "# Whom this relay gives a certificate when he asks: atlax approve --key.\n";
	int r = buf_append(out, head, sizeof(head) - 1);
	struct list *l;

	list_foreach(l, &x->entries) {
		const struct expected_entry *it = entry_of(l);
		char until[DB_TIME_TEXT], line[256];
		struct str s;

		if (it == less || r < 0)
			continue;
		db_time_text(it->until, until);
		str_init(&s, line, sizeof(line));
		str_fmt(&s, UNTIL "%s %s\n", until, it->name);
		r = buf_append(out, s.p, s.len);
		if (r == 0)
			r = pem_write(out, PEM_CERTIFICATE, buf_slice(&it->certificate));
	}
	return r;
}

/* All but one, which may be NULL. */
static int
write_without(struct expected *x, const struct expected_entry *less, struct err *e)
{
	struct buf text;
	int r;

	buf_init(&text);
	r = print(x, less, &text);
	if (r < 0)
		(void)err_set(e, r, "no memory to write %s/" NAME, x->dir->path);
	else
		r = store_replace(x->dir, NAME, STORE_PUBLIC, buf_slice(&text), e);
	buf_fini(&text);
	return r;
}

/* Where the next line begins that says UNTIL; its end if there is none. */
static size_t
next_until(struct slice text)
{
	const uint8_t *at = text.p, *end = text.p + text.n, *line;

	while (at != NULL && at < end) {
		line = at;
		if ((size_t)(end - line) >= sizeof(UNTIL) - 1 &&
		    memcmp(line, UNTIL, sizeof(UNTIL) - 1) == 0)
			return (size_t)(line - text.p);
		at = memchr(line, '\n', (size_t)(end - line));
		at = at == NULL ? NULL : at + 1;
	}
	return text.n;
}

/* text: what follows UNTIL, up to the next one. */
static int
read_one(struct expected *x, struct slice text, int64_t now_s, struct err *e)
{
	const size_t len = sizeof("2026-01-31T12:00:00Z") - 1;
	struct expected_entry *it;
	uint8_t der[DER_MAX];
	int64_t until;
	size_t n;
	int r;

	if (text.n < len || !db_time_parse(slice_of(text.p, len), &until))
		return err_set(e, AX_E_SYNTAX,
		    "no time like 2026-01-31T12:00:00Z after " UNTIL);
	r = pem_read(text, PEM_CERTIFICATE, der, sizeof(der), &n, e);
	if (r < 0 || until <= now_s)
		return r;
	if (x->n == EXPECTED_MAX)
		return err_set(e, AX_E_SYNTAX, "more than %d entries", EXPECTED_MAX);
	return append(x, slice_of(der, n), until, &it, e);
}

static int
parse(struct expected *x, struct slice text, int64_t now_s, struct err *e)
{
	size_t at = next_until(text), n;
	int r = 0;

	while (at < text.n && r == 0) {
		text = slice_skip(text, at + sizeof(UNTIL) - 1);
		n = next_until(text);
		r = read_one(x, slice_of(text.p, n), now_s, e);
		at = n;
	}
	return r;
}

int
expected_begin(struct expected *x, const struct store *dir, int64_t now_s, struct err *e)
{
	struct buf text;
	int r;

	*x = (struct expected){ .dir = dir };
	list_init(&x->entries);
	buf_init(&text);
	r = store_read(dir, NAME, STORE_PUBLIC, &text, e);
	if (r == AX_E_NOTFOUND)
		r = 0;
	else if (r == 0 && (r = parse(x, buf_slice(&text), now_s, e)) < 0)
		r = err_prefix(e, r, "%s/" NAME, dir->path);
	buf_fini(&text);
	if (r < 0)
		expected_end(x);
	return r;
}

/* --- changes -------------------------------------------------------------------- */

int
expected_add(struct expected *x, struct slice certificate, int64_t until,
    struct expected_entry **out, struct err *e)
{
	struct expected_entry *old = NULL, *it = NULL;
	uint8_t spki[SPKI_HASH_LEN];
	int r = expected_key(certificate, spki, e);

	if (r < 0)
		return r;
	old = expected_find(x, spki);
	if (old == NULL && x->n == EXPECTED_MAX)
		return err_set(e, AX_E_LIMIT, "%d agents are expected already: see "
		    "atlax pending", EXPECTED_MAX);
	r = append(x, certificate, until, &it, e);
	if (r < 0)
		return r;
	r = write_without(x, old, e);
	if (r < 0) {
		drop(x, it);
		return r;
	}
	if (old != NULL)
		drop(x, old);
	*out = it;
	return 0;
}

int
expected_remove(struct expected *x, struct expected_entry *it, struct err *e)
{
	drop(x, it);
	return write_without(x, NULL, e);
}
