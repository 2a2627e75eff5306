/* test_listing.c — the database as a table and as JSON. */
#include "pki/listing.h"

#include "../check_main.h"

#define NOW INT64_C(1790000000)

static void
add(struct db *db, const char *names, int64_t end, int64_t revoked)
{
	struct db_row *row = db_add(db);

	ck_assert_ptr_nonnull(row);
	memset(row->serial, 0x4a, CERT_SERIAL_LEN);
	row->kind = CERT_AGENT;
	row->not_before = NOW - 1000;
	row->not_after = end;
	row->revoked = revoked;
	memcpy(row->names, names, strlen(names));
}

static char *
show(void (*print)(const struct db *, int64_t, FILE *), const struct db *db)
{
	char *text = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&text, &n);

	ck_assert_ptr_nonnull(f);
	print(db, NOW, f);
	ck_assert_int_eq(fclose(f), 0);
	return text;
}

START_TEST(listing_tells_valid_expired_and_revoked_apart)
{
	struct db db = {0};
	char *text;

	add(&db, "now", NOW, 0);
	add(&db, "past", NOW - 1, 0);
	add(&db, "gone", NOW + 5, NOW - 5);
	add(&db, "both", NOW - 5, NOW - 9);
	text = show(listing_text, &db);
	ck_assert_ptr_nonnull(strstr(text, "  agent     valid    "));
	ck_assert_uint_eq(strstr(text, "expired") < strstr(text, "past"), true);
	ck_assert_uint_eq(strstr(text, "revoked") < strstr(text, "gone"), true);
	ck_assert_ptr_nonnull(strstr(strstr(text, "gone"), "revoked"));
	free(text);
	db_fini(&db);
}
END_TEST

START_TEST(listing_json_is_an_array_even_of_nothing)
{
	struct db db = {0};
	char *text = show(listing_json, &db);

	ck_assert_str_eq(text, "[\n]\n");
	free(text);
	add(&db, "home/nas", NOW + 5, NOW - 5);
	add(&db, "home", NOW + 5, 0);
	text = show(listing_json, &db);
	ck_assert_str_eq(text,
	    "[\n"
	    "{\"serial\":\"4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a\",\"kind\":"
	    "\"agent\","
	    "\"state\":\"revoked\",\"not_before\":\"2026-09-21T13:56:40Z\","
	    "\"not_after\":\"2026-09-21T14:13:25Z\","
	    "\"revoked\":\"2026-09-21T14:13:15Z\",\"names\":\"home/nas\"},\n"
	    "{\"serial\":\"4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a\",\"kind\":"
	    "\"agent\","
	    "\"state\":\"valid\",\"not_before\":\"2026-09-21T13:56:40Z\","
	    "\"not_after\":\"2026-09-21T14:13:25Z\",\"names\":\"home\"}\n"
	    "]\n");
	free(text);
	db_fini(&db);
}
END_TEST

START_TEST(listing_is_harmless_whatever_a_name_holds)
{
	char names[RELAY_NAMES_TEXT], *text;
	struct db db = {0};

	memset(names, '\x1b', sizeof(names));
	names[sizeof(names) - 1] = '\0';
	add(&db, names, NOW, 0);
	add(&db, "a\"b\\c", NOW, 0);
	text = show(listing_text, &db);
	ck_assert_ptr_null(strchr(text, '\x1b'));
	free(text);
	text = show(listing_json, &db);
	ck_assert_ptr_null(strchr(text, '\x1b'));
	ck_assert_ptr_nonnull(strstr(text, "a\\\"b\\\\c"));
	ck_assert_ptr_nonnull(strstr(text, "}\n]\n"));
	free(text);
	db_fini(&db);
}
END_TEST

CHECK_MAIN("listing", listing_tells_valid_expired_and_revoked_apart,
    listing_json_is_an_array_even_of_nothing,
    listing_is_harmless_whatever_a_name_holds)
