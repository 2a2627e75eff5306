/* test_db.c — the database: written, read, edited into nonsense. */
#include "pki/db.h"

#include "../check_main.h"

#define ROW                                                            \
	"4cbe3eca4ecce2187317fc997b6e098a agent 2026-01-02T03:04:05Z " \
	"2027-01-02T03:04:05Z - home/nas\n"

static int
parse(const char *text, struct db *db)
{
	struct err e;

	*db = (struct db){0};
	return db_parse(db, slice_str(text), &e);
}

START_TEST(db_reads_what_it_wrote)
{
	struct rng rng;
	struct db a = {0}, b = {0};
	struct db_row *row;
	struct buf text;
	struct err e;

	rng_seed(&rng, test_seed());
	for (int i = 0; i < 300; i++) {
		row = db_add(&a);
		ck_assert_ptr_nonnull(row);
		cert_serial(row->serial);
		row->kind = (enum cert_kind)rng_below(&rng, CERT_KINDS);
		row->not_before = (int64_t)rng_below(&rng, UINT64_C(1) << 33);
		row->not_after = (int64_t)rng_below(&rng, UINT64_C(1) << 33);
		row->revoked = i % 3 == 0 ? row->not_after + 1 : 0;
		(void)snprintf(row->names, sizeof(row->names), "n%d,::1", i);
	}
	a.crl_number = UINT64_MAX;
	buf_init(&text);
	ck_assert_int_eq(db_print(&a, &text), 0);
	ck_assert_int_eq(db_parse(&b, buf_slice(&text), &e), 0);
	ck_assert_uint_eq(b.crl_number, UINT64_MAX);
	ck_assert_uint_eq(b.n, a.n);
	for (size_t i = 0; i < a.n; i++)
		ck_assert_mem_eq(&a.rows[i], &b.rows[i], sizeof(*a.rows));
	buf_fini(&text);
	db_fini(&a);
	db_fini(&b);
}
END_TEST

START_TEST(db_takes_comments_blank_lines_and_other_blanks)
{
	struct db db;

	ck_assert_int_eq(
	    parse("# hello\n\n \t\ncrl-number   7\n\t" ROW, &db), 0);
	ck_assert_uint_eq(db.n, 1);
	ck_assert_uint_eq(db.crl_number, 7);
	ck_assert_str_eq(db.rows[0].names, "home/nas");
	ck_assert_int_eq(db.rows[0].revoked, 0);
	db_fini(&db);
}
END_TEST

START_TEST(db_refuses_what_it_never_wrote)
{
	static const char *const texts[] = {"", ROW, /* no number */
	    "crl-number 1\ncrl-number 1\n", "crl-number\n", "crl-number -1\n",
	    "crl-number 18446744073709551616\n", "crl-number 1 2\n",
	    "crl-number 1\nhello\n",
	    /* serial */
	    "crl-number 1\n4cbe agent 2026-01-02T03:04:05Z "
	    "2027-01-02T03:04:05Z - a\n",
	    "crl-number 1\n4cbe3eca4ecce2187317fc997b6e098g agent "
	    "2026-01-02T03:04:05Z 2027-01-02T03:04:05Z - a\n",
	    /* kind */
	    "crl-number 1\n4cbe3eca4ecce2187317fc997b6e098a queen "
	    "2026-01-02T03:04:05Z 2027-01-02T03:04:05Z - a\n",
	    /* times */
	    "crl-number 1\n4cbe3eca4ecce2187317fc997b6e098a agent "
	    "2026-02-31T03:04:05Z 2027-01-02T03:04:05Z - a\n",
	    "crl-number 1\n4cbe3eca4ecce2187317fc997b6e098a agent "
	    "2026-01-02T03:04:05Z 2027-01-02 - a\n",
	    "crl-number 1\n4cbe3eca4ecce2187317fc997b6e098a agent "
	    "2026-01-02T03:04:05Z 2027-01-02T03:04:05Z yes a\n",
	    /* columns */
	    "crl-number 1\n4cbe3eca4ecce2187317fc997b6e098a agent "
	    "2026-01-02T03:04:05Z 2027-01-02T03:04:05Z -\n",
	    "crl-number 1\n4cbe3eca4ecce2187317fc997b6e098a agent "
	    "2026-01-02T03:04:05Z 2027-01-02T03:04:05Z - a b\n"};
	struct db db;

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		ck_assert_msg(
		    parse(texts[i], &db) == AX_E_SYNTAX, "case %zu", i);
		db_fini(&db);
	}
}
END_TEST

START_TEST(db_refuses_names_longer_than_any)
{
	static const char head[] =
	    "crl-number 1\n4cbe3eca4ecce2187317fc997b6e098a agent "
	    "2026-01-02T03:04:05Z 2027-01-02T03:04:05Z - ";
	char text[sizeof(head) + RELAY_NAMES_TEXT];
	struct db db;

	memcpy(text, head, sizeof(head));
	memset(text + sizeof(head) - 1, 'a', RELAY_NAMES_TEXT);
	text[sizeof(head) - 1 + RELAY_NAMES_TEXT] = '\0';
	ck_assert_int_eq(parse(text, &db), AX_E_SYNTAX);
	db_fini(&db);
	text[sizeof(head) - 2 + RELAY_NAMES_TEXT] = '\0';
	ck_assert_int_eq(parse(text, &db), 0);
	db_fini(&db);
}
END_TEST

START_TEST(db_names_the_line_that_is_wrong)
{
	struct db db = {0};
	struct err e;

	ck_assert_int_eq(
	    db_parse(&db, slice_str("# x\ncrl-number 1\n" ROW "x y\n"), &e),
	    AX_E_SYNTAX);
	ck_assert_ptr_nonnull(strstr(e.text, "line 4"));
	db_fini(&db);
}
END_TEST

START_TEST(db_serials_read_in_either_case)
{
	uint8_t a[CERT_SERIAL_LEN], b[CERT_SERIAL_LEN];
	char text[DB_SERIAL_TEXT];

	cert_serial(a);
	db_serial_text(a, text);
	ck_assert(db_serial_parse(slice_str(text), b));
	ck_assert_mem_eq(a, b, CERT_SERIAL_LEN);
	for (char *p = text; *p != '\0'; p++)
		if (*p >= 'a')
			*p = (char)(*p - 32);
	ck_assert(db_serial_parse(slice_str(text), b));
	ck_assert_mem_eq(a, b, CERT_SERIAL_LEN);
	ck_assert(!db_serial_parse(slice_of(text, 31), b));
	text[0] = '@';
	ck_assert(!db_serial_parse(slice_str(text), b));
}
END_TEST

CHECK_MAIN("db", db_reads_what_it_wrote,
    db_takes_comments_blank_lines_and_other_blanks,
    db_refuses_what_it_never_wrote, db_refuses_names_longer_than_any,
    db_names_the_line_that_is_wrong, db_serials_read_in_either_case)
