/* listing.c — prints the database.
 *
 * Thread: any.
 * Invariant: names hold nothing that JSON or a terminal would mistake, but the
 * database is a file that somebody may have edited, so both are escaped.     */
#include "pki/listing.h"

#include "base/json_out.h"
#include "pki/ca.h"

struct row_text {
	char serial[DB_SERIAL_TEXT], from[DB_TIME_TEXT], to[DB_TIME_TEXT];
	const char *kind, *state;
};

static void
row_text(const struct db_row *row, int64_t now_s, struct row_text *t)
{
	db_serial_text(row->serial, t->serial);
	db_time_text(row->not_before, t->from);
	db_time_text(row->not_after, t->to);
	t->kind = cert_kind_name(row->kind);
	t->state = ca_state(row, now_s);
}

void
listing_text(const struct db *db, int64_t now_s, FILE *out)
{
	char names[4 * RELAY_NAMES_TEXT];
	struct row_text t;
	struct str s;

	fprintf(out, "%-32s  %-8s  %-7s  %-20s  %-20s  %s\n", "SERIAL", "KIND",
	    "STATE", "NOT BEFORE", "NOT AFTER", "NAMES");
	for (size_t i = 0; i < db->n; i++) {
		row_text(&db->rows[i], now_s, &t);
		str_init(&s, names, sizeof(names));
		str_untrusted(
		    &s, slice_str(db->rows[i].names), RELAY_NAMES_TEXT);
		fprintf(out, "%-32s  %-8s  %-7s  %-20s  %-20s  %s\n", t.serial,
		    t.kind, t.state, t.from, t.to, names);
	}
}

static void
put_text(struct json_out *j, const char *key, const char *value)
{
	json_text(j, key, slice_str(value), RELAY_NAMES_TEXT);
}

static void
row_json(const struct db_row *row, int64_t now_s, FILE *out)
{
	char line[8 * RELAY_NAMES_TEXT], revoked[DB_TIME_TEXT];
	struct json_out j;
	struct row_text t;
	struct str s;

	row_text(row, now_s, &t);
	str_init(&s, line, sizeof(line));
	json_begin(&j, &s);
	put_text(&j, "serial", t.serial);
	put_text(&j, "kind", t.kind);
	put_text(&j, "state", t.state);
	put_text(&j, "not_before", t.from);
	put_text(&j, "not_after", t.to);
	if (row->revoked != 0) {
		db_time_text(row->revoked, revoked);
		put_text(&j, "revoked", revoked);
	}
	put_text(&j, "names", row->names);
	json_end(&j);
	fputs(line, out);
}

void
listing_json(const struct db *db, int64_t now_s, FILE *out)
{
	fputs("[", out);
	for (size_t i = 0; i < db->n; i++) {
		fputs(i == 0 ? "\n" : ",\n", out);
		row_json(&db->rows[i], now_s, out);
	}
	fputs("\n]\n", out);
}
