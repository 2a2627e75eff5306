/* spare.c — see spare.h. From the first line of /proc/stat (proc(5)), in ticks:
 *	cpu  USER NICE SYSTEM IDLE IOWAIT IRQ SOFTIRQ STEAL ...                 */
#include "relay/spare.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "relay/control.h"
#include "relay/relay.h"

#define LOOK_MS 1000
#define TIMES 8
#define IDLE 3
#define IOWAIT 4

struct spare {
	struct relay *relay;
	struct wheel_timer timer;
	int fd; /* -1: there is none, or nobody will ask */
	unsigned n_cpus, percent;
	uint64_t idle, all; /* at the last look */
};

static bool
read_times(int fd, uint64_t of[TIMES])
{
	char text[256], *p = text, *end;
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);

	if (n < 4)
		return false;
	text[n] = '\0';
	p += 3; /* "cpu" */
	for (unsigned i = 0; i < TIMES; i++) {
		of[i] = strtoull(p, &end, 10);
		if (end == p)
			return false;
		p = end;
	}
	return true;
}

static void
look(struct spare *s)
{
	uint64_t of[TIMES], idle, all = 0;

	if (!read_times(s->fd, of))
		return;
	idle = of[IDLE] + of[IOWAIT];
	for (unsigned i = 0; i < TIMES; i++)
		all += of[i];
	/* Idle time may go back by a tick (proc(5)). */
	if (all > s->all)
		s->percent = (unsigned)((idle > s->idle ? idle - s->idle : 0) * 100 *
		    s->n_cpus / (all - s->all));
	s->idle = idle;
	s->all = all;
}

static void
on_timer(struct wheel_timer *t)
{
	struct spare *s = container_of(t, struct spare, timer);

	look(s);
	loop_timer_in(s->relay->loop, t, LOOK_MS);
}

int
spare_begin(struct relay *r, struct err *e)
{
	struct spare *s = calloc(1, sizeof(*s));
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	r->spare = s;
	if (s == NULL)
		return err_set(e, AX_E_NOMEM, "no memory for the processors' time");
	s->relay = r;
	s->n_cpus = n > 0 ? (unsigned)n : 1;
	s->percent = 100 * s->n_cpus;
	s->fd = MIN(r->conf->lanes, relay_workers(r->conf)) < 2 ? -1 :
	    open("/proc/stat", O_RDONLY | O_CLOEXEC);
	wheel_timer_init(&s->timer, on_timer);
	if (s->fd >= 0)
		on_timer(&s->timer);
	return 0;
}

void
spare_end(struct relay *r)
{
	struct spare *s = r->spare;

	if (s == NULL)
		return;
	loop_untimer(r->loop, &s->timer);
	if (s->fd >= 0)
		(void)close(s->fd);
	free(s);
	r->spare = NULL;
}

unsigned
spare_percent(const struct relay *r)
{
	return r->spare->percent;
}
