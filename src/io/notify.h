/* notify.h — telling the service manager that started us how we are, and that we
 * are alive: datagrams to $NOTIFY_SOCKET, as sd_notify(3) describes them for
 * programs that do without its library. Nobody asked: everything is a no-op.
 * Thread: the loop's.                                                        */
#ifndef ATLAX_IO_NOTIFY_H
#define ATLAX_IO_NOTIFY_H

#include "io/loop.h"

struct notify {
	struct loop *loop;
	struct wheel_timer beat;
	uint64_t beat_ms; /* a third of $WATCHDOG_USEC; 0: no watchdog */
	bool (*is_alive)(struct notify *n);
	int fd;
};

/* is_alive is asked before each heartbeat; NULL: a loop that turns is alive. */
void notify_begin(struct notify *n, struct loop *l, bool (*is_alive)(struct notify *));
void notify_end(struct notify *n);
/* Says lines like "READY=1\nSTATUS=..." to whom it may concern. */
void notify_say(const struct notify *n, const char *lines);

#endif
