/* Tests of io/notify.c: the datagrams, as a service manager receives them. */
#include "io/notify.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "io/sock.h"

#include "../check_main.h"

struct manager {
	struct loop *loop;
	struct notify notify;
	int fd;
	bool alive;
};

/* Listens where the kernel likes: an abstract name of five characters. */
static void
begin(struct manager *m, const char *watchdog_us, const char *watchdog_pid)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	socklen_t len = sizeof(at.sun_family);
	char name[sizeof(at.sun_path) + 1];

	*m = (struct manager){ .alive = true };
	m->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	ck_assert_int_ge(m->fd, 0);
	ck_assert_int_eq(bind(m->fd, (struct sockaddr *)&at, len), 0);
	len = sizeof(at);
	ck_assert_int_eq(getsockname(m->fd, (struct sockaddr *)&at, &len), 0);
	len -= (socklen_t)sizeof(at.sun_family);
	snprintf(name, sizeof(name), "@%.*s", (int)len - 1, at.sun_path + 1);
	ck_assert_int_eq(setenv("NOTIFY_SOCKET", name, 1), 0);
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
	if (watchdog_us != NULL)
		setenv("WATCHDOG_USEC", watchdog_us, 1);
	if (watchdog_pid != NULL)
		setenv("WATCHDOG_PID", watchdog_pid, 1);
	ck_assert_int_eq(loop_new(&m->loop, NULL), 0);
}

static bool
is_alive(struct notify *n)
{
	return container_of(n, struct manager, notify)->alive;
}

static void
hear(struct manager *m, const char *wanted)
{
	char text[128];
	ssize_t n = recv(m->fd, text, sizeof(text) - 1, 0);

	if (wanted == NULL) {
		ck_assert_int_lt(n, 0);
		return;
	}
	ck_assert_int_ge(n, 0);
	text[n] = '\0';
	ck_assert_str_eq(text, wanted);
}

static void
end(struct manager *m)
{
	notify_end(&m->notify);
	notify_end(&m->notify);
	loop_free(&m->loop);
	sock_close(&m->fd);
}

START_TEST(what_is_said_arrives)
{
	struct manager m;

	begin(&m, NULL, NULL);
	notify_begin(&m.notify, m.loop, NULL);
	ck_assert_uint_eq(m.notify.beat_ms, 0);
	notify_say(&m.notify, "READY=1\nSTATUS=up");
	hear(&m, "READY=1\nSTATUS=up");
	end(&m);
}
END_TEST

START_TEST(heart_beats_while_alive)
{
	struct manager m;

	begin(&m, "30000", NULL);
	notify_begin(&m.notify, m.loop, is_alive);
	ck_assert_uint_eq(m.notify.beat_ms, 10);
	hear(&m, NULL);
	loop_turn(m.loop, 20 * AX_NS_PER_MS);
	hear(&m, "WATCHDOG=1");
	m.alive = false;
	loop_turn(m.loop, 20 * AX_NS_PER_MS);
	hear(&m, NULL);
	m.alive = true;
	loop_turn(m.loop, 20 * AX_NS_PER_MS);
	hear(&m, "WATCHDOG=1");
	end(&m);
}
END_TEST

START_TEST(watchdog_of_another_process_is_not_ours)
{
	struct manager m;

	begin(&m, "30000", "1");
	notify_begin(&m.notify, m.loop, NULL);
	ck_assert_uint_eq(m.notify.beat_ms, 0);
	end(&m);
}
END_TEST

START_TEST(nobody_asked)
{
	static const char *const names[] = { NULL, "", "@", "relative",
		"/nonexistent/socket", "vsock:2:1" };
	struct manager m;

	begin(&m, "30000", NULL);
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		unsetenv("NOTIFY_SOCKET");
		if (names[i] != NULL)
			setenv("NOTIFY_SOCKET", names[i], 1);
		notify_begin(&m.notify, m.loop, NULL);
		ck_assert_int_lt(m.notify.fd, 0);
		ck_assert_uint_eq(m.notify.beat_ms, 0);
		notify_say(&m.notify, "READY=1");
		notify_end(&m.notify);
	}
	end(&m);
}
END_TEST

CHECK_MAIN("notify", what_is_said_arrives, heart_beats_while_alive,
    watchdog_of_another_process_is_not_ours, nobody_asked)
