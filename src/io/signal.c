/* signal.c — signals as events of a loop, through a signalfd.
 *
 * Thread: boot, then the loop's.
 * Invariant: the signals stay blocked until the process ends, also after
 * signals_fini: one that comes during shutdown must not cut it short.        */
#include "io/signal.h"

#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "io/sock.h"

static void
on_readable(struct watch *watch, uint32_t events AX_UNUSED)
{
	struct signals *s = container_of(watch, struct signals, watch);
	struct signalfd_siginfo info;

	/* One a call: level-triggered, the next is reported in the next turn,
	 * and fn may have closed us by then. */
	if (read(watch->fd, &info, sizeof(info)) != sizeof(info))
		return;
	s->uid = info.ssi_uid;
	s->pid = info.ssi_pid;
	s->fn(s, (int)info.ssi_signo);
}

int
signals_init(struct signals *s, struct loop *l, void (*fn)(struct signals *, int))
{
	static const int numbers[] = { SIGTERM, SIGINT, SIGHUP, SIGUSR1 };
	sigset_t set;
	int fd, r;

	watch_init(&s->watch, on_readable);
	s->fn = fn;
	sigemptyset(&set);
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
		sigaddset(&set, numbers[i]);
	if (signal(SIGPIPE, SIG_IGN) == SIG_ERR ||
	    signal(SIGXFSZ, SIG_IGN) == SIG_ERR || /* write says so, too */
	    sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return AX_E_SYS;
	fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (fd < 0)
		return AX_E_SYS;
	r = loop_watch(l, &s->watch, fd, LOOP_LEVEL_IN);
	if (r < 0)
		sock_close(&fd);
	return r;
}

void
signals_fini(struct signals *s, struct loop *l)
{
	int fd = s->watch.fd;

	loop_unwatch(l, &s->watch);
	sock_close(&fd);
}
