/* Tests of cmd/options.c. */
#include "cmd/options.h"

#include <string.h>

#include "atlax/exit.h"

#include "../check_main.h"
#include "capture.h"

struct result {
	struct daemon_options options;
	int status; /* of daemon_options */
	const char *text;
};

/* atlax-relay with up to four arguments. */
static struct result
run(char *a, char *b, char *c, char *d)
{
	static struct capture capture;
	char name[] = "atlax-relay", *argv[] = { name, a, b, c, d, NULL };
	struct result r;
	int argc = 1;

	while (argv[argc] != NULL)
		argc++;
	capture_begin(&capture);
	r.status = daemon_options(argc, argv, "atlax-relay", "/etc/r.yaml", &r.options);
	r.text = capture_end(&capture);
	return r;
}

#define RUN1(a) run((char[]){ a }, NULL, NULL, NULL)
#define RUN2(a, b) run((char[]){ a }, (char[]){ b }, NULL, NULL)
#define RUN3(a, b, c) run((char[]){ a }, (char[]){ b }, (char[]){ c }, NULL)

START_TEST(without_arguments_the_default_file_is_used)
{
	struct result r = run(NULL, NULL, NULL, NULL);

	ck_assert_int_eq(r.status, -1);
	ck_assert_str_eq(r.options.config, "/etc/r.yaml");
	ck_assert(!r.options.check && !r.options.dump);
}
END_TEST

START_TEST(short_and_long_names_mean_the_same)
{
	char value[] = "x.yaml", s[] = "-c", l[] = "--config", e[] = "--config=x.yaml";

	ck_assert_str_eq(run(s, value, NULL, NULL).options.config, "x.yaml");
	ck_assert_str_eq(run(l, value, NULL, NULL).options.config, "x.yaml");
	ck_assert_str_eq(run(e, NULL, NULL, NULL).options.config, "x.yaml");
	ck_assert(RUN1("--check").options.check);
	ck_assert(RUN1("--dump").options.dump);
}
END_TEST

START_TEST(help_and_version_end_well)
{
	struct result r = RUN1("--help");

	ck_assert_int_eq(r.status, AX_EXIT_OK);
	ck_assert_ptr_nonnull(strstr(r.text, "-c, --config FILE"));
	ck_assert_ptr_nonnull(strstr(r.text, "atlax-relay(8)"));
	r = RUN1("--version");
	ck_assert_int_eq(r.status, AX_EXIT_OK);
	ck_assert_int_eq(strncmp(r.text, "atlax-relay ", 12), 0);
	ck_assert_int_eq(RUN1("-h").status, AX_EXIT_OK);
	ck_assert_int_eq(RUN1("-V").status, AX_EXIT_OK);
}
END_TEST

static void
expect_wrong(struct result r, const char *sentence)
{
	ck_assert_int_eq(r.status, AX_EXIT_USAGE);
	ck_assert_msg(strstr(r.text, sentence) != NULL, "%s", r.text);
	ck_assert_ptr_nonnull(strstr(r.text, "Try \"atlax-relay --help\""));
}

START_TEST(mistakes_are_told_and_end_with_2)
{
	expect_wrong(RUN1("--chekc"), "no option \"--chekc\"; did you mean \"--check\"?");
	expect_wrong(RUN1("--nothing-like-it"), "no option \"--nothing-like-it\"\n");
	expect_wrong(RUN1("-x"), "no option \"-x\"");
	expect_wrong(RUN2("--dump", "-xc"), "no option \"-x\"");
	expect_wrong(RUN1("-c"), "--config needs a value: FILE");
	expect_wrong(RUN1("--config"), "--config needs a value: FILE");
	expect_wrong(RUN1("--dump=yes"), "takes no value");
	expect_wrong(RUN1("--help=me"), "takes no value");
	expect_wrong(RUN3("-c", "a", "b"), "\"b\" is one word too many");
}
END_TEST

CHECK_MAIN("cmd/options", without_arguments_the_default_file_is_used,
    short_and_long_names_mean_the_same, help_and_version_end_well,
    mistakes_are_told_and_end_with_2)
