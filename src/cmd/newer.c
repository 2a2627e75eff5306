/* newer.c — what is newer than a backup.
 *
 * Thread: the only one.
 * Invariant: nobody who is refused now is let in afterwards, and no number of a
 * revocation list is used twice. Where it cannot be told what is newer, what is in
 * use stays.                                                                 */
#include "cmd/newer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd/doc.h"
#include "cmd/tree.h"
#include "parse/crl.h"
#include "pki/ca.h"
#include "pki/key.h"
#include "pki/pem.h"
#include "relay/denied.h"
#include "relay/ledger.h"

#define DENIED "denied"
#define TRAIL "audit.log"
#define PIECE 16384

struct keeper {
	const char *is, *next;
	json_t **own; /* NULL: say it */
};

/* A file of the same name in both directories, if both have it. */
struct two {
	struct store is, next;
	const char *base;
	struct buf ours, theirs; /* in use, of the backup */
	mode_t mode;
	bool both;
};

static void
say(const struct keeper *k, const char *name, const char *what)
{
	if (k->own != NULL)
		doc_append(k->own, "kept", json_pack("{s:s++ s:s}", "file",
		    k->is, "/", name, "why", what));
	else
		printf("%s/%s: %s\n", k->is, name, what);
}

static void
path_of(const char *dir, const struct tree_item *item, char out[TREE_NAME_MAX])
{
	size_t n = strlen(item->name) - (*item->name == '\0' ? 0 : strlen(item->base));

	(void)snprintf(out, TREE_NAME_MAX, "%s/%.*s", dir, (int)n, item->name);
}

static void
give_like(const struct store *s, const char *name, const struct stat *st)
{
	if (geteuid() == 0)
		(void)!fchownat(s->fd, name, st->st_uid, st->st_gid,
		    AT_SYMLINK_NOFOLLOW);
}

/* --- which is newer ---------------------------------------------------------------- */

/* The number of the list of the same CA and key; 0: there is none. */
static uint64_t
number_of(struct slice pem, const struct crl *like, uint8_t *mem, size_t cap)
{
	struct crl c;
	size_t n;

	for (; pem.p != NULL; pem = pem_after(pem, PEM_CRL))
		if (pem_read(pem, PEM_CRL, mem, cap, &n, NULL) == 0 &&
		    crl_walk(slice_of(mem, n), &c, NULL) == 0 &&
		    slice_eq(c.issuer, like->issuer) &&
		    slice_eq(c.authority, like->authority))
			return c.number;
	return 0;
}

/* Does one file have a list with a higher number than the other's? */
static bool
crl_is_newer(struct slice a, struct slice b)
{
	struct buf first, second;
	uint8_t *p, *q;
	struct crl c;
	bool newer = false;
	size_t n;

	buf_init(&first);
	buf_init(&second);
	p = buf_reserve(&first, a.n + 1);
	q = buf_reserve(&second, b.n + 1);
	for (; p != NULL && q != NULL && a.p != NULL && !newer; a = pem_after(a, PEM_CRL))
		newer = pem_read(a, PEM_CRL, p, a.n, &n, NULL) == 0 &&
		    crl_walk(slice_of(p, n), &c, NULL) == 0 &&
		    c.number > number_of(b, &c, q, b.n);
	buf_fini(&first);
	buf_fini(&second);
	return newer || p == NULL || q == NULL;
}

static bool
is_crl(const char *base)
{
	size_t n = strlen(base);

	return strcmp(base, "crl-in-force") == 0 ||
	    strcmp(base, "operator-crl-in-force") == 0 ||
	    (n > 4 && strcmp(base + n - 4, ".crl") == 0);
}

/* --- files ---------------------------------------------------------------------------- */

static int
keep(const struct keeper *k, const struct tree_item *item, struct two *t, struct err *e)
{
	int r = store_replace(&t->next, t->base, t->mode, buf_slice(&t->ours), e);

	if (r == 0)
		give_like(&t->next, t->base, item->st);
	if (r == 0)
		say(k, item->name, t->both ?
		    "is newer than the backup's and stays" :
		    "is not in the backup and stays");
	return r;
}

/* Who is refused by either list. */
static int
merge(const struct keeper *k, const struct tree_item *item, struct two *t, struct err *e)
{
	struct denied *all = NULL, *theirs = NULL;
	struct buf text;
	bool more = true;
	int r;

	buf_init(&text);
	r = buf_append(&text, buf_slice(&t->ours).p, buf_len(&t->ours));
	if (r == 0)
		r = buf_append(&text, "\n", 1);
	if (r == 0)
		r = buf_append(&text, buf_slice(&t->theirs).p, buf_len(&t->theirs));
	if (r == 0 && denied_parse(DENIED, buf_slice(&t->theirs), &theirs, NULL) == 0 &&
	    denied_parse(DENIED, buf_slice(&text), &all, NULL) == 0) {
		more = denied_count(all) != denied_count(theirs);
		for (size_t i = 0; !more && i < denied_count(all); i++)
			more = denied_at(all, i)->at != denied_at(theirs, i)->at;
		buf_consume(&text, buf_len(&text));
		r = denied_print(all, &text);
	} else if (r == 0)
		r = (buf_consume(&text, buf_len(&text)), buf_append(&text,
		    buf_slice(&t->ours).p, buf_len(&t->ours)));
	if (r < 0)
		(void)err_set(e, r, "out of memory");
	if (r == 0 && more)
		r = store_replace(&t->next, t->base, t->mode, buf_slice(&text), e);
	if (r == 0 && more) {
		give_like(&t->next, t->base, item->st);
		say(k, item->name, all == NULL ?
		    "one of the two lists cannot be read; that which is here stays" :
		    "refuses somebody whom the backup does not know, and goes on so");
	}
	denied_unref(&all);
	denied_unref(&theirs);
	buf_fini(&text);
	return r;
}

/* What either says was used. Where one cannot be read the backup's stays. */
static int
merge_used(const struct keeper *k, const struct tree_item *item, struct two *t,
    struct err *e)
{
	struct ledger all, ours;
	struct buf text;
	int r = AX_E_SYNTAX;

	buf_init(&text);
	ledger_init(&all);
	ledger_init(&ours);
	if (ledger_parse(&all, LEDGER_FILE, buf_slice(&t->theirs), NULL) == 0 &&
	    ledger_parse(&ours, LEDGER_FILE, buf_slice(&t->ours), NULL) == 0)
		r = ledger_merge(&all, &ours);
	if (r == 0)
		r = ledger_print(&all, &text);
	if (r == AX_E_NOMEM)
		(void)err_set(e, r, "out of memory");
	if (r == 0 && !slice_eq(buf_slice(&text), buf_slice(&t->theirs)) &&
	    (r = store_replace(&t->next, t->base, t->mode, buf_slice(&text), e)) == 0) {
		give_like(&t->next, t->base, item->st);
		say(k, item->name, "of each month the larger use counts");
	}
	ledger_fini(&all);
	ledger_fini(&ours);
	buf_fini(&text);
	return r == AX_E_SYNTAX ? 0 : r;
}

static int
keep_file(const struct keeper *k, const struct tree_item *item, struct two *t,
    struct err *e)
{
	struct slice ours = buf_slice(&t->ours), theirs = buf_slice(&t->theirs);

	if (!t->both)
		return keep(k, item, t, e);
	if (slice_eq(ours, theirs))
		return 0;
	if (strcmp(t->base, DENIED) == 0)
		return merge(k, item, t, e);
	if (strcmp(t->base, LEDGER_FILE) == 0)
		return merge_used(k, item, t, e);
	return crl_is_newer(ours, theirs) ? keep(k, item, t, e) : 0;
}

/* Lines were added since: all of the backup's is its beginning. */
static bool
goes_on(int ours, int theirs)
{
	char a[PIECE], b[PIECE];
	ssize_t n, m;

	do {
		n = read(theirs, b, sizeof(b));
		m = n > 0 ? read(ours, a, (size_t)n) : 0;
	} while (n > 0 && m == n && memcmp(a, b, (size_t)n) == 0);
	return n == 0;
}

/* Of any length, so it is not copied: it gets another name. */
static int
keep_trail(const struct keeper *k, const struct tree_item *item, struct two *t,
    struct err *e)
{
	int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
	int ours = openat(t->is.fd, t->base, flags);
	int theirs = openat(t->next.fd, t->base, flags);
	bool stays = ours >= 0 && (theirs < 0 || goes_on(ours, theirs));
	int r = 0;

	if (ours >= 0)
		(void)close(ours);
	if (theirs >= 0)
		(void)close(theirs);
	if (stays) {
		(void)unlinkat(t->next.fd, t->base, 0);
		if (linkat(t->is.fd, t->base, t->next.fd, t->base, 0) < 0)
			r = err_sys(e, "cannot keep %s/%s", k->is, item->name);
	} else
		say(k, item->name, "is not the backup's trail, which takes its place");
	return r;
}

static int
read_both(struct two *t, struct err *e)
{
	int r = store_read(&t->is, t->base, STORE_PUBLIC, &t->ours, e);

	if (r == 0) {
		r = store_read(&t->next, t->base, STORE_PUBLIC, &t->theirs, e);
		t->both = r == 0;
		r = r == AX_E_NOTFOUND ? 0 : r;
	}
	return r;
}

static int
look_at_file(const struct keeper *k, const struct tree_item *item, struct err *e)
{
	char is[TREE_NAME_MAX], next[TREE_NAME_MAX];
	struct two t = { .base = item->base, .mode = item->st->st_mode & 0777,
		.is.fd = -1, .next.fd = -1 };
	int r;

	path_of(k->is, item, is);
	path_of(k->next, item, next);
	buf_init(&t.ours);
	buf_init(&t.theirs);
	r = store_open(is, &t.is, e);
	if (r == 0)
		r = store_open(next, &t.next, e);
	if (r == AX_E_NOTFOUND) { /* what it is in is not in the backup */
		say(k, item->name, "is not in the backup");
		r = 0;
	} else if (r == 0 && strcmp(t.base, TRAIL) == 0)
		r = keep_trail(k, item, &t, e);
	else if (r == 0 && (r = read_both(&t, e)) == 0)
		r = keep_file(k, item, &t, e);
	store_close(&t.is);
	store_close(&t.next);
	buf_fini(&t.ours);
	buf_fini(&t.theirs);
	return r;
}

/* --- the CA ---------------------------------------------------------------------------- */

static bool
same_root(const char *a, const char *b)
{
	struct two t = { .base = "root.crt", .is.fd = -1, .next.fd = -1 };
	bool same = false;

	buf_init(&t.ours);
	buf_init(&t.theirs);
	if (store_open(a, &t.is, NULL) == 0 && store_open(b, &t.next, NULL) == 0 &&
	    read_both(&t, NULL) == 0)
		same = t.both && slice_eq(buf_slice(&t.ours), buf_slice(&t.theirs));
	store_close(&t.is);
	store_close(&t.next);
	buf_fini(&t.ours);
	buf_fini(&t.theirs);
	return same;
}

/* Has it made, or revoked, something of which the backup does not know? */
static bool
ca_is_newer(const char *is, const char *next)
{
	struct db a, b;
	bool newer;

	if (ca_read_db(is, &a, NULL) < 0)
		return false;
	newer = ca_read_db(next, &b, NULL) < 0 ||
	    (same_root(is, next) && (a.crl_number > b.crl_number || a.n > b.n));
	db_fini(&a);
	db_fini(&b);
	return newer;
}

static int
copy_key(void *arg, const struct tree_item *item, struct err *e)
{
	const struct keeper *k = arg;
	struct store is = { .fd = -1 }, next = { .fd = -1 };
	struct buf b;
	int r;

	if (!S_ISREG(item->st->st_mode))
		return 0;
	buf_init(&b);
	r = store_open(k->is, &is, e);
	if (r == 0)
		r = store_open(k->next, &next, e);
	if (r == 0)
		r = store_read(&is, item->name, STORE_PUBLIC, &b, e);
	if (r == 0)
		r = store_replace(&next, item->name, item->st->st_mode & 0777,
		    buf_slice(&b), e);
	store_close(&is);
	store_close(&next);
	key_wipe(&b);
	return r;
}

/* Whole, or not at all: keys, database and lists belong together. */
static int
look_at_dir(const struct keeper *k, const struct tree_item *item, struct err *e)
{
	char is[TREE_NAME_MAX], next[TREE_NAME_MAX];
	struct keeper below = { is, next, k->own };
	struct store s;
	int r;

	(void)snprintf(is, sizeof(is), "%s/%s", k->is, item->name);
	(void)snprintf(next, sizeof(next), "%s/%s", k->next, item->name);
	if (!ca_is_newer(is, next))
		return 0;
	if (mkdir(next, item->st->st_mode & 0777) < 0 && errno != EEXIST)
		return err_sys(e, "%s", next);
	r = store_open(next, &s, e);
	if (r < 0)
		return r;
	store_remove(&s, ""); /* files; a CA has nothing else */
	store_close(&s);
	r = tree_walk(is, copy_key, &below, e);
	if (r == 0)
		say(k, item->name, "this CA has done more than the backup knows, and "
		    "stays as it is");
	return r;
}

static int
look_at(void *arg, const struct tree_item *item, struct err *e)
{
	const struct keeper *k = arg;

	if (S_ISDIR(item->st->st_mode))
		return look_at_dir(k, item, e);
	if (!S_ISREG(item->st->st_mode) || (strcmp(item->base, DENIED) != 0 &&
	    strcmp(item->base, LEDGER_FILE) != 0 && strcmp(item->base, TRAIL) != 0 &&
	    !is_crl(item->base)))
		return 0;
	return look_at_file(k, item, e);
}

int
newer_keep(const char *is, const char *next, json_t **own, struct err *e)
{
	struct keeper k = { is, next, own };

	return tree_walk(is, look_at, &k, e);
}
