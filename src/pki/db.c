/* db.c — the CA's memory as a text file.
 *
 * Thread: owner.
 * Invariant: what db_print writes db_parse reads back equal, and db_parse takes
 * nothing else: a line edited by hand into nonsense stops every command before
 * it can lose a revocation. Columns are separated by blanks; no value has one.
 */
#include "pki/db.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/scan.h"
#include "base/str.h"

#define DB_HEAD                                                            \
	"# Certificates of this CA; written by atlax pki, oldest first.\n" \
	"# serial, kind, not before, not after, revoked, names\n"
#define DB_LINE_MAX (RELAY_NAMES_TEXT + 128)
#define DB_COLUMNS  6

void
db_fini(struct db *db)
{
	free(db->rows);
	*db = (struct db){0};
}

struct db_row *
db_add(struct db *db)
{
	size_t cap = db->cap == 0 ? 64 : db->cap * 2;
	struct db_row *rows;

	if (db->n == db->cap) {
		rows = reallocarray(db->rows, cap, sizeof(*rows));
		if (rows == NULL)
			return NULL;
		db->rows = rows;
		db->cap = cap;
	}
	memset(&db->rows[db->n], 0, sizeof(*db->rows));
	return &db->rows[db->n++];
}

/* --- values --------------------------------------------------------------- */

void
db_time_text(int64_t unix_s, char out[DB_TIME_TEXT])
{
	char text[CLOCK_TEXT];
	struct str s;
	bool ok;

	str_init(&s, out, DB_TIME_TEXT);
	ok = clock_text(unix_s, text);
	str_fmt(&s, "%s%s", text, ok ? "Z" : "");
}

bool
db_time_parse(struct slice s, int64_t *out)
{
	char text[DB_TIME_TEXT], again[DB_TIME_TEXT];
	struct tm tm = {0};
	const char *end;

	if (s.n >= sizeof(text))
		return false;
	memcpy(text, s.p, s.n);
	text[s.n] = '\0';
	end = strptime(text, "%Y-%m-%dT%H:%M:%SZ", &tm);
	if (end == NULL || *end != '\0')
		return false;
	*out = (int64_t)timegm(&tm);
	db_time_text(*out, again); /* refuses 31 February */
	return strcmp(text, again) == 0;
}

void
db_serial_text(const uint8_t serial[CERT_SERIAL_LEN], char out[DB_SERIAL_TEXT])
{
	struct str s;

	str_init(&s, out, DB_SERIAL_TEXT);
	str_hex(&s, slice_of(serial, CERT_SERIAL_LEN));
}

bool
db_serial_parse(struct slice text, uint8_t out[CERT_SERIAL_LEN])
{
	return scan_hex(text, out, CERT_SERIAL_LEN);
}

/* --- reading -------------------------------------------------------------- */

static bool
is_blank(uint8_t c)
{
	return c == ' ' || c == '\t';
}

/* Splits a line; how many columns it has (counted past the maximum too). */
static size_t
split(struct slice line, struct slice columns[DB_COLUMNS])
{
	size_t n = 0, len;

	for (;;) {
		while (line.n > 0 && is_blank(line.p[0]))
			line = slice_skip(line, 1);
		if (line.n == 0)
			return n;
		for (len = 0; len < line.n && !is_blank(line.p[len]);)
			len++;
		if (n < DB_COLUMNS)
			columns[n] = slice_of(line.p, len);
		n++;
		line = slice_skip(line, len);
	}
}

static bool
number_parse(struct slice s, uint64_t *out)
{
	uint64_t v = 0;

	if (s.n == 0)
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < '0' || s.p[i] > '9' ||
		    __builtin_mul_overflow(v, 10u, &v) ||
		    __builtin_add_overflow(v, s.p[i] - '0', &v))
			return false;
	*out = v;
	return true;
}

static bool
row_parse(const struct slice c[DB_COLUMNS], struct db_row *row)
{
	if (!db_serial_parse(c[0], row->serial) ||
	    !cert_kind_parse(c[1], &row->kind) ||
	    !db_time_parse(c[2], &row->not_before) ||
	    !db_time_parse(c[3], &row->not_after))
		return false;
	if (!slice_eq(c[4], slice_str("-")) && !db_time_parse(c[4], &row->revoked))
		return false;
	if (c[5].n >= sizeof(row->names))
		return false;
	memcpy(row->names, c[5].p, c[5].n);
	return true;
}

static int
line_parse(struct db *db, struct slice line, bool *numbered)
{
	struct slice c[DB_COLUMNS];
	size_t n = split(line, c);
	struct db_row *row;

	if (n == 0 || c[0].p[0] == '#')
		return 0;
	if (n == 2 && slice_eq(c[0], slice_str("crl-number")) && !*numbered) {
		*numbered = true;
		return number_parse(c[1], &db->crl_number) ? 0 : AX_E_SYNTAX;
	}
	if (n != DB_COLUMNS)
		return AX_E_SYNTAX;
	row = db_add(db);
	if (row == NULL)
		return AX_E_NOMEM;
	return row_parse(c, row) ? 0 : AX_E_SYNTAX;
}

int
db_parse(struct db *db, struct slice text, struct err *e)
{
	bool numbered = false;
	struct slice line;
	size_t at = 0;
	int r = 0;

	while (r == 0 && text.n > 0) {
		at++;
		(void)scan_line(&text, &line);
		r = line_parse(db, line, &numbered);
	}
	if (r == AX_E_SYNTAX)
		return err_set(
		    e, r, "line %zu is not one that atlax pki wrote", at);
	if (r == 0 && !numbered)
		return err_set(
		    e, AX_E_SYNTAX, "the line with crl-number is missing");
	return r < 0 ? err_set(e, r, "out of memory") : 0;
}

/* --- writing -------------------------------------------------------------- */

static int
print_row(const struct db_row *row, struct buf *out)
{
	char serial[DB_SERIAL_TEXT], from[DB_TIME_TEXT], to[DB_TIME_TEXT];
	char revoked[DB_TIME_TEXT] = "-", line[DB_LINE_MAX];
	struct str s;

	db_serial_text(row->serial, serial);
	db_time_text(row->not_before, from);
	db_time_text(row->not_after, to);
	if (row->revoked != 0)
		db_time_text(row->revoked, revoked);
	str_init(&s, line, sizeof(line));
	str_fmt(&s, "%s %s %s %s %s %s\n", serial, cert_kind_name(row->kind),
	    from, to, revoked, row->names);
	return buf_append(out, s.p, s.len);
}

int
db_print(const struct db *db, struct buf *out)
{
	char line[64];
	int r;

	r = buf_append(out, DB_HEAD, strlen(DB_HEAD));
	if (r < 0)
		return r;
	(void)snprintf(
	    line, sizeof(line), "crl-number %" PRIu64 "\n", db->crl_number);
	r = buf_append(out, line, strlen(line));
	for (size_t i = 0; r == 0 && i < db->n; i++)
		r = print_row(&db->rows[i], out);
	return r;
}
