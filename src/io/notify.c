/* notify.c — the service manager's socket.
 *
 * Thread: the loop's.
 * Invariant: fd < 0 exactly while there is nobody to tell.                   */
#include "io/notify.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "io/sock.h"

#define US_PER_MS 1000

/* A path, or the name of an abstract socket behind an '@'. */
static int
connect_to(const char *name)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	size_t n = name == NULL ? 0 : strlen(name);
	int fd;

	if (n < 2 || n >= sizeof(to.sun_path) || (*name != '/' && *name != '@'))
		return -1;
	memcpy(to.sun_path, name, n);
	if (*name == '@')
		to.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd >= 0 && connect(fd, (const struct sockaddr *)&to, (socklen_t)
	    (offsetof(struct sockaddr_un, sun_path) + n)) < 0)
		sock_close(&fd);
	return fd;
}

/* $WATCHDOG_PID says whom the time limit is for. */
static uint64_t
beat_from_environment(void)
{
	const char *pid = getenv("WATCHDOG_PID"), *us = getenv("WATCHDOG_USEC");

	if (us == NULL || (pid != NULL && strtol(pid, NULL, 10) != getpid()))
		return 0;
	return strtoull(us, NULL, 10) / US_PER_MS / 3;
}

static void
on_beat(struct wheel_timer *t)
{
	struct notify *n = container_of(t, struct notify, beat);

	if (n->is_alive == NULL || n->is_alive(n))
		notify_say(n, "WATCHDOG=1");
	loop_timer_in(n->loop, t, n->beat_ms);
}

void
notify_begin(struct notify *n, struct loop *l, bool (*is_alive)(struct notify *))
{
	*n = (struct notify){ .loop = l, .is_alive = is_alive };
	n->fd = connect_to(getenv("NOTIFY_SOCKET"));
	wheel_timer_init(&n->beat, on_beat);
	if (n->fd >= 0)
		n->beat_ms = beat_from_environment();
	if (n->beat_ms > 0)
		loop_timer_in(l, &n->beat, n->beat_ms);
}

void
notify_end(struct notify *n)
{
	if (n->loop == NULL)
		return;
	loop_untimer(n->loop, &n->beat);
	sock_close(&n->fd);
	n->loop = NULL;
}

void
notify_say(const struct notify *n, const char *lines)
{
	/* If it does not listen, there is nothing that could be done. */
	if (n->fd >= 0)
		(void)send(n->fd, lines, strlen(lines), MSG_NOSIGNAL);
}
