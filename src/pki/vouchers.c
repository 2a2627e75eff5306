/* vouchers.c — vouchers as lines of a text file.
 *
 * Thread: owner of the ca.
 * Invariant: what is printed is what is read; a file that is torn, or that was edited
 * into nonsense, is refused as a whole, so that no voucher counts because of a line
 * that says used is missing.                                                 */
#include "pki/vouchers.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/scan.h"
#include "base/str.h"

#define NAME     "vouchers"
#define HEAD     "# Vouchers of this CA: number, until, used, key, agent. See atlax voucher.\n"
#define LAST     "last "
#define LINE_MAX 512
#define KEY_LEN  32

/* --- reading -------------------------------------------------------------- */

static bool
read_time(const char *text, int64_t *out)
{
	return db_time_parse(slice_str(text), out);
}

static bool
read_key(const char *hex, struct pubkey *out)
{
	*out = (struct pubkey){.type = IDENTITY_ED25519, .len = KEY_LEN};
	return scan_hex(slice_str(hex), out->bytes, KEY_LEN);
}

static void
print_line(const struct voucher *it, struct str *s)
{
	char until[DB_TIME_TEXT], used[DB_TIME_TEXT] = "-";

	db_time_text(it->until, until);
	if (it->used != 0)
		db_time_text(it->used, used);
	str_fmt(s, "%" PRIu32 " %s %s ", it->id, until, used);
	str_hex(s, slice_of(it->key.bytes, it->key.len));
	str_fmt(s, " %s\n", it->name);
}

/* The line, with its end, is one that print_line would write. */
static bool
read_line(const char *line, struct voucher *out)
{
	char until[DB_TIME_TEXT], used[DB_TIME_TEXT], key[2 * KEY_LEN + 1];
	char again[LINE_MAX];
	struct agent_name name;
	struct str s;

	*out = (struct voucher){.id = 0};
	if (sscanf(line, "%" SCNu32 " %23s %23s %64s %127s", &out->id, until, used, key,
		out->name) != 5)
		return false;
	if (!read_time(until, &out->until) || !read_key(key, &out->key) ||
	    (strcmp(used, "-") != 0 && !read_time(used, &out->used)) ||
	    agent_name_parse(out->name, &name, NULL) < 0)
		return false;
	str_init(&s, again, sizeof(again));
	print_line(out, &s);
	return strcmp(line, again) == 0;
}

/* Its number follows the one before, and none is above the last. */
static int
take_line(struct vouchers *v, const char *line, uint32_t *before)
{
	struct voucher it;

	if (!read_line(line, &it) || it.id <= *before || it.id > v->last_id ||
	    v->n == VOUCHERS_MAX)
		return AX_E_SYNTAX;
	*before = it.id;
	v->list[v->n++] = it;
	return 0;
}

static bool
read_last(const char *line, uint32_t *out)
{
	char again[LINE_MAX];

	if (sscanf(line, LAST "%" SCNu32, out) != 1)
		return false;
	(void)snprintf(again, sizeof(again), LAST "%" PRIu32 "\n", *out);
	return strcmp(line, again) == 0;
}

/* The next line, with its end, is in out; false: it has none, or is too long. */
static bool
next_line(struct slice *text, char out[LINE_MAX])
{
	struct slice line;

	if (!scan_line(text, &line) || line.n + 1 >= LINE_MAX)
		return false;
	memcpy(out, line.p, line.n + 1);
	out[line.n + 1] = '\0';
	return true;
}

static int
parse(struct vouchers *v, struct slice text, struct err *e)
{
	char line[LINE_MAX];
	uint32_t before = 0;
	int r = 0;

	if (!next_line(&text, line) || strcmp(line, HEAD) != 0 ||
	    !next_line(&text, line) || !read_last(line, &v->last_id))
		r = AX_E_SYNTAX;
	while (r == 0 && text.n > 0)
		r = next_line(&text, line) ? take_line(v, line, &before) : AX_E_SYNTAX;
	return r == 0 ? 0 : err_set(e, r, "%s/" NAME " is not what atlax "
	    "voucher wrote: remove it, and all vouchers are void", v->ca->dir.path);
}

int
vouchers_open(struct ca *ca, struct vouchers *out, struct err *e)
{
	struct buf text;
	int r;

	*out = (struct vouchers){.ca = ca,
	    .list = calloc(VOUCHERS_MAX, sizeof(*out->list))};
	if (out->list == NULL)
		return err_set(e, AX_E_NOMEM, "out of memory");
	buf_init(&text);
	r = store_read(&ca->dir, NAME, STORE_SECRET, &text, e);
	if (r == 0)
		r = parse(out, buf_slice(&text), e);
	else if (r == AX_E_NOTFOUND)
		r = 0;
	buf_fini(&text);
	if (r < 0)
		vouchers_close(out);
	return r;
}

void
vouchers_close(struct vouchers *v)
{
	free(v->list);
	*v = (struct vouchers){.n = 0};
}

/* --- changes -------------------------------------------------------------- */

static int
save(const struct vouchers *v, struct err *e)
{
	char line[LINE_MAX];
	struct buf text;
	struct str s;
	int r;

	buf_init(&text);
	str_init(&s, line, sizeof(line));
	str_fmt(&s, HEAD LAST "%" PRIu32 "\n", v->last_id);
	r = buf_append(&text, s.p, s.len);
	for (size_t i = 0; r == 0 && i < v->n; i++) {
		str_init(&s, line, sizeof(line));
		print_line(&v->list[i], &s);
		r = buf_append(&text, s.p, s.len);
	}
	if (r < 0)
		(void)err_set(e, r, "out of memory");
	else
		r = store_replace(
		    &v->ca->dir, NAME, STORE_SECRET, buf_slice(&text), e);
	buf_fini(&text);
	return r;
}

/* A key that is not known opens nothing, so that who is over may be forgotten. */
static void
forget_old(struct vouchers *v)
{
	size_t n = 0;

	for (size_t i = 0; i < v->n; i++)
		if (v->list[i].until > v->ca->now_s)
			v->list[n++] = v->list[i];
	v->n = n;
}

int
vouchers_add(struct vouchers *v, const struct agent_name *name,
    const struct pubkey *key, int64_t until, struct voucher **out, struct err *e)
{
	struct voucher *it;
	int r;

	forget_old(v);
	if (v->n == VOUCHERS_MAX || v->last_id == UINT32_MAX)
		return err_set(e, AX_E_LIMIT, "there are %d vouchers already: see "
		    "atlax voucher ls", VOUCHERS_MAX);
	it = &v->list[v->n++];
	*it = (struct voucher){.id = ++v->last_id, .until = until, .key = *key};
	(void)str_copy(it->name, sizeof(it->name), name->text);
	r = save(v, e);
	if (r < 0) {
		v->n--;
		v->last_id--;
	} else {
		*out = it;
	}
	return r;
}

struct voucher *
vouchers_find(const struct vouchers *v, const struct pubkey *key)
{
	for (size_t i = 0; i < v->n; i++)
		if (pubkey_eq(&v->list[i].key, key))
			return &v->list[i];
	return NULL;
}

struct voucher *
vouchers_number(const struct vouchers *v, uint32_t id)
{
	for (size_t i = 0; i < v->n; i++)
		if (v->list[i].id == id)
			return &v->list[i];
	return NULL;
}

int
vouchers_use(struct vouchers *v, struct voucher *it, struct err *e)
{
	it->used = v->ca->now_s;
	return save(v, e);
}

int
vouchers_remove(struct vouchers *v, struct voucher *it, struct err *e)
{
	size_t at = (size_t)(it - v->list);

	memmove(it, it + 1, (v->n - at - 1) * sizeof(*it));
	v->n--;
	return save(v, e);
}
