/* Tests of cmd/cmd_status.c against the real admin server in a thread. */
#include "cmd/cmd.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>

#include "admin/admin.h"
#include "atlax/exit.h"

#include "../check_main.h"
#include "capture.h"

struct fixture {
	char dir[64], path[108];
	struct admin *admin;
	atomic_bool stop;
	bool refuse;
	pthread_t thread;
	struct capture capture;
};

static void
on_status(struct relay *relay, struct admin_request *req)
{
	const struct fixture *f = (void *)relay;
	const struct admin_status s = { .version = "9.9", .listen = "x:1", .pid = 7 };

	if (f->refuse)
		admin_fail(req, "a worker does not answer");
	else
		admin_reply_status(req, &s);
}

static const struct admin_ops ops = { .status = on_status };

static void *
serve(void *arg)
{
	struct fixture *f = arg;
	struct pollfd p = { .fd = admin_fd(f->admin), .events = POLLIN };

	while (!atomic_load(&f->stop)) {
		(void)poll(&p, 1, admin_timeout_ms(f->admin) == 0 ? 0 : 20);
		admin_run(f->admin);
	}
	return NULL;
}

static void
setup(struct fixture *f, bool refuse)
{
	struct admin_args args = { .socket = f->path, .ops = &ops, .relay = (void *)f };

	*f = (struct fixture){ .dir = "/tmp/atlax-status-XXXXXX", .refuse = refuse };
	ck_assert_ptr_nonnull(mkdtemp(f->dir));
	snprintf(f->path, sizeof(f->path), "%s/s", f->dir);
	ck_assert_int_eq(admin_new(&args, &f->admin, NULL), 0);
	ck_assert_int_eq(pthread_create(&f->thread, NULL, serve, f), 0);
}

static void
teardown(struct fixture *f)
{
	atomic_store(&f->stop, true);
	ck_assert_int_eq(pthread_join(f->thread, NULL), 0);
	admin_free(&f->admin);
	ck_assert_int_eq(rmdir(f->dir), 0);
}

static int
run(struct fixture *f, char *extra, const char **text)
{
	char name[] = "status", option[] = "--socket";
	char *argv[] = { name, option, f->path, extra, NULL };
	int status;

	capture_begin(&f->capture);
	status = cmd_status(extra == NULL ? 3 : 4, argv);
	*text = capture_end(&f->capture);
	return status;
}

START_TEST(people_get_sentences)
{
	static struct fixture f;
	const char *text;

	setup(&f, false);
	ck_assert_int_eq(run(&f, NULL, &text), AX_EXIT_OK);
	ck_assert_str_eq(text, "atlax-relay 9.9, process 7, up 0 s\n"
	    "agents connect to x:1; 0 workers\n0 tenants, 0 agents up, 0 streams open\n");
	teardown(&f);
}
END_TEST

START_TEST(scripts_get_the_document_as_it_came)
{
	static struct fixture f;
	char json[] = "--json";
	const char *text;

	setup(&f, false);
	ck_assert_int_eq(run(&f, json, &text), AX_EXIT_OK);
	ck_assert_int_eq(strncmp(text, "{\"version\":\"9.9\",", 17), 0);
	ck_assert_str_eq(text + strlen(text) - 2, "}\n");
	teardown(&f);
}
END_TEST

START_TEST(what_the_relay_says_against_it_is_passed_on)
{
	static struct fixture f;
	const char *text;

	setup(&f, true);
	ck_assert_int_eq(run(&f, NULL, &text), AX_EXIT_FAILED);
	ck_assert_str_eq(text,
	    "atlax status: the relay says: a worker does not answer\n");
	teardown(&f);
}
END_TEST

START_TEST(no_relay_is_exit_status_4_and_a_hint)
{
	static struct fixture f;
	const char *text;

	snprintf(f.path, sizeof(f.path), "/tmp/atlax-no-such-socket");
	ck_assert_int_eq(run(&f, NULL, &text), AX_EXIT_NO_RELAY);
	ck_assert_ptr_nonnull(strstr(text, "no relay answers on /tmp/atlax-no-such-socket"));
	ck_assert_ptr_nonnull(strstr(text, "--socket"));
}
END_TEST

CHECK_MAIN("cmd/cmd_status", people_get_sentences,
    scripts_get_the_document_as_it_came,
    what_the_relay_says_against_it_is_passed_on,
    no_relay_is_exit_status_4_and_a_hint)
