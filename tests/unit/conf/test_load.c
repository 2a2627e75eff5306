/* Tests of conf/load.c: files on disk. */
#include "conf/conf.h"

#include <sys/stat.h>
#include <unistd.h>

#include "../check_main.h"
#include "files.h"

struct on_disk {
	char dir[64], path[128];
};

static void
setup(struct on_disk *p, const char *text, size_t n)
{
	FILE *f;

	*p = (struct on_disk){ .dir = "/tmp/atlax-conf-XXXXXX" };
	ck_assert_ptr_nonnull(mkdtemp(p->dir));
	snprintf(p->path, sizeof(p->path), "%s/x.yaml", p->dir);
	f = fopen(p->path, "w");
	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite(text, 1, n, f), n);
	fclose(f);
}

static void
teardown(const struct on_disk *p)
{
	ck_assert_int_eq(unlink(p->path), 0);
	ck_assert_int_eq(rmdir(p->dir), 0);
}

START_TEST(paths_are_absolute_even_if_the_files_name_is_not)
{
	struct conf_relay *c = NULL;
	struct on_disk p;
	char want[160];

	setup(&p, relay_yaml, strlen(relay_yaml));
	ck_assert_int_eq(chdir(p.dir), 0);
	ck_assert_int_eq(conf_relay_load("x.yaml", &c, NULL), 0);
	snprintf(want, sizeof(want), "%s/relay.key", p.dir);
	ck_assert_str_eq(c->key, want);
	ck_assert_str_eq(c->file, "x.yaml");
	conf_relay_free(&c);
	ck_assert_int_eq(conf_relay_load(p.path, &c, NULL), 0);
	ck_assert_str_eq(c->key, want);
	conf_relay_free(&c);
	ck_assert_int_eq(chdir("/"), 0);
	teardown(&p);
}
END_TEST

START_TEST(a_remote_file_names_a_relay_and_files_beside_it)
{
	static const char text[] = "relay: relay.example:9443\nkey: /elsewhere/k\n";
	struct conf_remote *c = NULL;
	struct err e = { 0 };
	struct on_disk p;
	char want[160];

	setup(&p, text, sizeof(text) - 1);
	ck_assert_msg(conf_remote_load(p.path, &c, &e) == 0, "%s", e.text);
	ck_assert_str_eq(c->relay, "relay.example:9443");
	ck_assert_str_eq(c->key, "/elsewhere/k");
	snprintf(want, sizeof(want), "%s/operator.crt", p.dir);
	ck_assert_str_eq(c->certificate, want);
	snprintf(want, sizeof(want), "%s/relay-ca.crt", p.dir);
	ck_assert_str_eq(c->ca, want);
	conf_remote_free(&c);
	teardown(&p);
	setup(&p, "key: k\n", 7);
	ck_assert_int_eq(conf_remote_load(p.path, &c, &e), AX_E_CONFIG);
	ck_assert_ptr_nonnull(strstr(e.text, "relay"));
	ck_assert_ptr_null(c);
	teardown(&p);
}
END_TEST

START_TEST(an_agents_file_is_read_the_same_way)
{
	struct conf_agent *c = NULL;
	struct on_disk p;

	setup(&p, agent_yaml, strlen(agent_yaml));
	ck_assert_int_eq(conf_agent_load(p.path, &c, NULL), 0);
	ck_assert_uint_eq(c->n_services, 2);
	conf_agent_free(&c);
	teardown(&p);
}
END_TEST

START_TEST(a_file_that_cannot_be_read_is_told)
{
	struct conf_relay *c = NULL;
	struct err e = { 0 };

	ck_assert_int_eq(conf_relay_load("/no/such/file", &c, &e), AX_E_SYS);
	ck_assert_str_eq(e.text, "cannot open the configuration /no/such/file: "
	    "No such file or directory");
	ck_assert_int_eq(conf_relay_load("/", &c, &e), AX_E_SYS);
	ck_assert_ptr_null(c);
}
END_TEST

START_TEST(a_file_without_end_is_given_up)
{
	struct conf_relay *c = NULL;
	struct err e = { 0 };

	ck_assert_int_eq(conf_relay_load("/dev/zero", &c, &e), AX_E_CONFIG);
	ck_assert_ptr_nonnull(strstr(e.text, "larger than 4 MiB"));
}
END_TEST

CHECK_MAIN("conf/load", paths_are_absolute_even_if_the_files_name_is_not,
    a_remote_file_names_a_relay_and_files_beside_it,
    an_agents_file_is_read_the_same_way, a_file_that_cannot_be_read_is_told,
    a_file_without_end_is_given_up)
