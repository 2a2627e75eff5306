/* Tests of conf/dump.c. */
#include "conf/conf.h"

#include "../check_main.h"
#include "files.h"

static char *
dump_relay(const struct conf_relay *c)
{
	static char mem[2][8192];
	static int which;
	char *out = mem[which ^= 1];
	FILE *f = fmemopen(out, sizeof(mem[0]), "w");

	ck_assert_ptr_nonnull(f);
	conf_relay_dump(c, f);
	fclose(f);
	return out;
}

START_TEST(a_relay_loads_again_to_the_same)
{
	struct conf_relay *a = relay_of(relay_yaml), *b;
	const char *first = dump_relay(a);

	b = relay_of(first);
	ck_assert_str_eq(first, dump_relay(b));
	ck_assert_uint_eq(b->n_tenants, 2);
	ck_assert_str_eq(b->certificate, "/etc/atlax/relay.crt");
	conf_relay_free(&a);
	conf_relay_free(&b);
}
END_TEST

START_TEST(defaults_are_written_out)
{
	struct conf_relay *c = relay_of(relay_yaml);
	const char *text = dump_relay(c);

	ck_assert_ptr_nonnull(strstr(text, "\n  wait: 5s\n"));
	ck_assert_ptr_nonnull(strstr(text, "\n  workers: auto\n"));
	ck_assert_ptr_nonnull(strstr(text, "\n  - name: \"b-2\"\n    policy: newest\n"));
	ck_assert_ptr_nonnull(strstr(text, "\n    services: []\n"));
	conf_relay_free(&c);
}
END_TEST

START_TEST(texts_are_quoted_so_that_they_stay_texts)
{
	struct conf_relay *c = relay_of(
	    changed(relay_yaml, "relay.key", "'a \"b\" \\c: #d'"));

	ck_assert_ptr_nonnull(strstr(dump_relay(c),
	    "  key: \"/etc/atlax/a \\\"b\\\" \\\\c: #d\"\n"));
	conf_relay_free(&c);
}
END_TEST

START_TEST(an_agent_loads_again_to_the_same)
{
	char first[4096], second[4096];
	struct conf_agent *a = agent_of(agent_yaml), *b;
	FILE *f = fmemopen(first, sizeof(first), "w");

	conf_agent_dump(a, f);
	fclose(f);
	b = agent_of(first);
	f = fmemopen(second, sizeof(second), "w");
	conf_agent_dump(b, f);
	fclose(f);
	ck_assert_str_eq(first, second);
	ck_assert_ptr_nonnull(strstr(first, "\n    - \"[2001:db8::1]:8443\"\n"));
	conf_agent_free(&a);
	conf_agent_free(&b);
}
END_TEST

CHECK_MAIN("conf/dump", a_relay_loads_again_to_the_same, defaults_are_written_out,
    texts_are_quoted_so_that_they_stay_texts, an_agent_loads_again_to_the_same)
