/* test_vouchers.c — vouchers in the CA's directory: each once, whatever happens to the
 * file. */
#include "pki/vouchers.h"

#include "../check_main.h"
#include "made_ca.h"

#define HOUR 3600

static struct made_ca m;
static struct ca ca;
static struct vouchers v;

static void
open_at(int64_t now_s)
{
	struct err e = {0};

	made_ca_open(&m, now_s, &ca);
	ck_assert_msg(vouchers_open(&ca, &v, &e) == 0, "%s", e.text);
}

static void
close_all(void)
{
	vouchers_close(&v);
	ca_close(&ca);
}

static void
reopen(int64_t now_s)
{
	close_all();
	open_at(now_s);
}

static void
set_up(void)
{
	made_ca_init(&m, IDENTITY_ED25519);
	open_at(NOW);
}

static void
tear_down(void)
{
	close_all();
	tmpdir_remove(&m.tmp);
}

static int
try_add(const char *as, int64_t until, struct pubkey *key, struct voucher **out)
{
	struct agent_name name;
	struct key k;
	struct err e;

	ck_assert_int_eq(key_generate(IDENTITY_ED25519, &k, &e), 0);
	ck_assert_int_eq(agent_name_parse(as, &name, &e), 0);
	*key = k.public;
	return vouchers_add(&v, &name, key, until, out, &e);
}

static struct pubkey
add(const char *as, int64_t until)
{
	struct voucher *it;
	struct pubkey key;

	ck_assert_int_eq(try_add(as, until, &key, &it), 0);
	ck_assert_ptr_eq(it, vouchers_find(&v, &key));
	return key;
}

START_TEST(a_voucher_is_found_by_its_key_and_used_once)
{
	struct pubkey one, two, other = {.type = IDENTITY_ED25519, .len = 32};
	struct voucher *it;
	struct err e;

	set_up();
	one = add("home/nas", NOW + HOUR);
	two = add("home", NOW + 2 * HOUR);
	reopen(NOW);
	ck_assert_ptr_null(vouchers_find(&v, &other));
	it = vouchers_find(&v, &two);
	ck_assert_str_eq(it->name, "home");
	ck_assert_uint_eq(it->id, 2);
	ck_assert_int_eq(it->until, NOW + 2 * HOUR);
	it = vouchers_find(&v, &one);
	ck_assert_ptr_eq(it, vouchers_number(&v, 1));
	ck_assert_int_eq(it->used, 0);
	ck_assert_int_eq(vouchers_use(&v, it, &e), 0);
	reopen(NOW + 60);
	ck_assert_int_eq(vouchers_find(&v, &one)->used, NOW);
	ck_assert_int_eq(vouchers_find(&v, &two)->used, 0);
	tear_down();
}
END_TEST

START_TEST(a_number_is_given_once)
{
	struct voucher *it;
	struct pubkey key;
	struct err e;

	set_up();
	(void)add("home/a", NOW + HOUR);
	(void)add("home/b", NOW + HOUR);
	ck_assert_int_eq(vouchers_remove(&v, vouchers_number(&v, 2), &e), 0);
	ck_assert_ptr_null(vouchers_number(&v, 2));
	ck_assert_str_eq(vouchers_number(&v, 1)->name, "home/a");
	reopen(NOW + HOUR); /* the first is over */
	ck_assert_int_eq(try_add("home/c", NOW + 2 * HOUR, &key, &it), 0);
	ck_assert_uint_eq(it->id, 3);
	ck_assert_uint_eq(v.n, 1);
	reopen(NOW + HOUR);
	ck_assert_uint_eq(v.n, 1);
	tear_down();
}
END_TEST

START_TEST(there_are_so_many_at_most)
{
	struct voucher *it;
	struct pubkey key;

	set_up();
	for (int i = 0; i < VOUCHERS_MAX; i++)
		(void)add("home", NOW + HOUR);
	ck_assert_int_eq(try_add("home", NOW + HOUR, &key, &it), AX_E_LIMIT);
	ck_assert_ptr_null(vouchers_find(&v, &key));
	reopen(NOW + HOUR);
	ck_assert_int_eq(try_add("home", NOW + 2 * HOUR, &key, &it), 0);
	tear_down();
}
END_TEST

/* Cut at each byte: none of what is left lets anybody in twice. */
START_TEST(a_torn_file_is_refused_or_has_less)
{
	struct pubkey used, open;
	struct err e = {0};
	struct buf whole;
	size_t refused = 0;

	set_up();
	used = add("home/used", NOW + HOUR);
	open = add("home/open", NOW + HOUR);
	ck_assert_int_eq(vouchers_use(&v, vouchers_find(&v, &used), &e), 0);
	buf_init(&whole);
	ck_assert_int_eq(store_read(&ca.dir, "vouchers", STORE_SECRET, &whole, &e), 0);
	for (size_t n = 0; n < buf_len(&whole); n++) {
		vouchers_close(&v);
		ck_assert_int_eq(store_replace(&ca.dir, "vouchers", STORE_SECRET,
		    slice_of(buf_slice(&whole).p, n), &e), 0);
		if (vouchers_open(&ca, &v, &e) < 0) {
			ck_assert_int_eq(e.code, AX_E_SYNTAX);
			refused++;
			continue;
		}
		ck_assert_ptr_null(vouchers_find(&v, &open));
		ck_assert(vouchers_find(&v, &used) == NULL ||
		    vouchers_find(&v, &used)->used == NOW);
	}
	/* What is whole without the last line, or the last two, is two files. */
	ck_assert_uint_eq(refused, buf_len(&whole) - 2);
	buf_fini(&whole);
	tear_down();
}
END_TEST

START_TEST(a_line_that_nobody_wrote_is_refused)
{
	static const char head[] =
	    "# Vouchers of this CA: number, until, used, key, agent. See atlax voucher.\n";
	static const char key[] =
	    "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
	static const struct {
		const char *last, *line, *who;
		int r;
	} files[] = {
		{"last 7\n", "7 2026-09-21T00:00:00Z - ", " home/a\n", 0},
		{"last 7\n", "8 2026-09-21T00:00:00Z - ", " home/a\n", AX_E_SYNTAX},
		{"last 7\n", "0 2026-09-21T00:00:00Z - ", " home/a\n", AX_E_SYNTAX},
		{"last 7\n", "07 2026-09-21T00:00:00Z - ", " home/a\n", AX_E_SYNTAX},
		{"last 7\n", "7 2026-09-31T00:00:00Z - ", " home/a\n", AX_E_SYNTAX},
		{"last 7\n", "7 2026-09-21T00:00:00Z + ", " home/a\n", AX_E_SYNTAX},
		{"last 7\n", "7 2026-09-21T00:00:00Z - ", " Home/a\n", AX_E_SYNTAX},
		{"last 7\n", "7 2026-09-21T00:00:00Z - ", " home/a b\n", AX_E_SYNTAX},
		{"last 7\n", "7 2026-09-21T00:00:00Z - ", "0 home/a\n", AX_E_SYNTAX},
		{"last x\n", "7 2026-09-21T00:00:00Z - ", " home/a\n", AX_E_SYNTAX},
		{"", "7 2026-09-21T00:00:00Z - ", " home/a\n", AX_E_SYNTAX},
	};
	struct err e;

	set_up();
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		char text[512];

		(void)snprintf(text, sizeof(text), "%s%s%s%s%s", head, files[i].last,
		    files[i].line, key, files[i].who);
		vouchers_close(&v);
		ck_assert_int_eq(store_replace(&ca.dir, "vouchers", STORE_SECRET,
		    slice_str(text), &e), 0);
		ck_assert_msg(vouchers_open(&ca, &v, &e) == files[i].r, "%s", text);
	}
	tear_down();
}
END_TEST

CHECK_MAIN("pki/vouchers", a_voucher_is_found_by_its_key_and_used_once,
    a_number_is_given_once, there_are_so_many_at_most,
    a_torn_file_is_refused_or_has_less, a_line_that_nobody_wrote_is_refused)
