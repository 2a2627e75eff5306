/* Tests of base/err.c. */
#include "base/err.h"

#include <errno.h>
#include <string.h>

#include "../check_main.h"

START_TEST(err_knows_every_code_of_its_table)
{
#define ERR(name, number, cls, text) \
	ck_assert_int_eq(name, number); \
	ck_assert_str_eq(err_name(name), #name); \
	ck_assert_str_eq(err_text(name), text); \
	ck_assert_int_eq(err_class(name), AX_CLASS_##cls);
#include "base/err.def"
#undef ERR
}
END_TEST

START_TEST(err_has_a_text_for_codes_nobody_knows)
{
	ck_assert_str_eq(err_text(-9999), "unknown error");
	ck_assert_str_eq(err_text(7), "unknown error");
	ck_assert_str_eq(err_text(INT32_MIN), "unknown error");
	ck_assert_str_eq(err_text(0), "no error");
}
END_TEST

START_TEST(err_set_fills_and_returns_the_code)
{
	struct err e = { .sys = 4 };

	ck_assert_int_eq(err_set(&e, AX_E_SYNTAX, "port %u is taken", 80u),
	    AX_E_SYNTAX);
	ck_assert_str_eq(e.text, "port 80 is taken");
	ck_assert_int_eq(e.code, AX_E_SYNTAX);
	ck_assert_int_eq(e.sys, 0);
}
END_TEST

START_TEST(err_accepts_null)
{
	errno = ENOENT;
	ck_assert_int_eq(err_set(NULL, AX_E_PEER, "x"), AX_E_PEER);
	ck_assert_int_eq(err_sys(NULL, "x"), AX_E_SYS);
	ck_assert_int_eq(err_prefix(NULL, AX_E_PEER, "x"), AX_E_PEER);
}
END_TEST

START_TEST(err_sys_keeps_errno_and_tells_it)
{
	struct err e;

	errno = ENOENT;
	ck_assert_int_eq(err_sys(&e, "cannot open %s", "/x"), AX_E_SYS);
	ck_assert_int_eq(e.sys, ENOENT);
	ck_assert_str_eq(e.text, "cannot open /x: No such file or directory");
	errno = ENOMEM;
	ck_assert_int_eq(err_sys(&e, "x"), AX_E_NOMEM);
}
END_TEST

START_TEST(err_prefix_goes_before_the_text)
{
	struct err e;

	errno = EACCES;
	err_sys(&e, "open");
	ck_assert_int_eq(err_prefix(&e, e.code, "line %d", 3), AX_E_SYS);
	ck_assert_str_eq(e.text, "line 3: open: Permission denied");
	ck_assert_int_eq(e.sys, EACCES);
}
END_TEST

START_TEST(err_cuts_a_long_text)
{
	struct err e;
	char big[1000];

	memset(big, 'a', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	err_set(&e, AX_E_PEER, "%s", big);
	ck_assert_uint_eq(strlen(e.text), sizeof(e.text) - 1);
	err_prefix(&e, AX_E_PEER, "%s", big);
	ck_assert_uint_eq(strlen(e.text), sizeof(e.text) - 1);
}
END_TEST

START_TEST(err_never_holds_a_line_break)
{
	struct err e;

	err_set(&e, AX_E_PEER, "%s", "a\nb\r\x1b" "c");
	ck_assert_str_eq(e.text, "a b  c");
	err_prefix(&e, AX_E_PEER, "%s", "d\n");
	ck_assert_str_eq(e.text, "d : a b  c");
}
END_TEST

START_TEST(err_set_may_quote_its_own_text)
{
	struct err e;

	err_set(&e, AX_E_PEER, "inner");
	err_set(&e, AX_E_CONFIG, "outer (%s)", e.text);
	ck_assert_str_eq(e.text, "outer (inner)");
}
END_TEST

CHECK_MAIN("err", err_knows_every_code_of_its_table,
    err_has_a_text_for_codes_nobody_knows, err_set_fills_and_returns_the_code,
    err_accepts_null, err_sys_keeps_errno_and_tells_it,
    err_prefix_goes_before_the_text, err_cuts_a_long_text,
    err_never_holds_a_line_break, err_set_may_quote_its_own_text)
