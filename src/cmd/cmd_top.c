/* cmd_top.c — atlax top: the terminal around top_text.c.
 *
 * Thread: the only one. Invariant: whichever way it ends, but by SIGKILL, the
 * terminal is as it was: signals come through a descriptor, not a handler.   */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

#include "atlax/exit.h"
#include "base/clock.h"
#include "cmd/ask.h"
#include "cmd/cmd.h"
#include "cmd/options.h"
#include "cmd/top_text.h"

#define REFRESH_MS 1000
#define CLEAR "\033[H\033[J"
#define ENTER "\033[?1049h\033[?25l"
#define LEAVE "\033[?25h\033[?1049l"

struct top {
	struct ask ask;
	struct top_view view;
	struct termios was;
	int signals;
	json_t *before, *now; /* NULL: none */
	uint64_t before_ns, now_ns;
};

/* --- the documents ----------------------------------------------------------- */

static int
look(struct top *t)
{
	struct ask_answer a;
	int r = ask_relay(&t->ask, &a);
	json_int_t pid;

	if (r != AX_EXIT_OK)
		return r;
	json_decref(t->before);
	t->before = t->now;
	t->before_ns = t->now_ns;
	t->now = json_incref(a.doc);
	t->now_ns = clock_mono_ns();
	ask_answer_fini(&a);
	pid = json_integer_value(json_object_get(t->now, "pid"));
	if (t->before != NULL &&
	    json_integer_value(json_object_get(t->before, "pid")) != pid) {
		json_decref(t->before); /* another relay */
		t->before = NULL;
	}
	return AX_EXIT_OK;
}

static bool
draw(struct top *t, FILE *out)
{
	return top_text(t->before, t->now, (t->now_ns - t->before_ns) / AX_NS_PER_MS,
	    &t->view, out);
}

/* --- without a terminal --------------------------------------------------------- */

static bool
print_doc(struct top *t)
{
	json_t *doc = top_doc(t->before, t->now, (t->now_ns - t->before_ns) / AX_NS_PER_MS);
	bool ok = doc != NULL && json_dumpf(doc, stdout, JSON_COMPACT) == 0;

	json_decref(doc);
	return ok && putchar('\n') != EOF;
}

/* One list or document after a second; documents go on if they shall. */
static int
plainly(struct top *t, bool json, bool goes_on)
{
	int r = look(t);

	while (r == AX_EXIT_OK) {
		(void)poll(NULL, 0, REFRESH_MS);
		r = look(t);
		if (r != AX_EXIT_OK)
			break;
		if (!(json ? print_doc(t) : draw(t, stdout)) || fflush(stdout) != 0 ||
		    ferror(stdout)) {
			fprintf(stderr, "atlax top: cannot write: %s\n", strerror(errno));
			return AX_EXIT_FAILED;
		}
		if (!goes_on)
			break;
	}
	return r;
}

/* --- a terminal ------------------------------------------------------------------- */

static void
measure(struct top *t)
{
	struct winsize size;

	t->view.columns = 80;
	t->view.lines = 24;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
		t->view.columns = size.ws_col;
		t->view.lines = size.ws_row;
	}
}

/* In one write, or it flickers. */
static bool
paint(struct top *t)
{
	char *screen = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&screen, &n);
	bool ok = f != NULL;

	if (f == NULL)
		return false;
	fputs(CLEAR, f);
	if (t->now == NULL)
		fprintf(f, "no relay answers on %s; trying again\n", t->ask.socket);
	else
		ok = draw(t, f);
	ok = fclose(f) == 0 && ok;
	for (size_t at = 0; ok && at < n;) {
		ssize_t w = write(STDOUT_FILENO, screen + at, n - at);

		if (w > 0)
			at += (size_t)w;
		else
			ok = w < 0 && errno == EINTR;
	}
	free(screen);
	return ok;
}

static bool
enter(struct top *t)
{
	struct termios raw;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGWINCH);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0 ||
	    (t->signals = signalfd(-1, &set, SFD_CLOEXEC)) < 0 ||
	    tcgetattr(STDIN_FILENO, &t->was) < 0)
		return false;
	raw = t->was;
	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	raw.c_cc[VSUSP] = _POSIX_VDISABLE; /* it would leave the screen as it is */
	return tcsetattr(STDIN_FILENO, TCSAFLUSH, &raw) == 0 &&
	    write(STDOUT_FILENO, ENTER, strlen(ENTER)) > 0;
}

static void
leave(struct top *t)
{
	(void)!write(STDOUT_FILENO, LEAVE, strlen(LEAVE));
	(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &t->was);
	(void)close(t->signals);
}

/* False: that was the end. */
static bool
on_keys(struct top *t)
{
	char keys[64];
	ssize_t n = read(STDIN_FILENO, keys, sizeof(keys));

	for (ssize_t i = 0; i < n; i++) {
		if (keys[i] == 'q' || keys[i] == 'Q')
			return false;
		(void)top_key(&t->view, keys[i]);
	}
	return n > 0 || (n < 0 && errno == EINTR);
}

static bool
on_signal(struct top *t)
{
	struct signalfd_siginfo s;

	if (read(t->signals, &s, sizeof(s)) != (ssize_t)sizeof(s) ||
	    s.ssi_signo != SIGWINCH)
		return false;
	measure(t);
	return true;
}

/* Keys and signals, until it is time to look again; false: that was the end. */
static bool
attend(struct top *t)
{
	uint64_t until = clock_mono_ns() + (uint64_t)REFRESH_MS * AX_NS_PER_MS, now;
	struct pollfd p[] = { { .fd = STDIN_FILENO, .events = POLLIN },
		{ .fd = t->signals, .events = POLLIN } };

	while ((now = clock_mono_ns()) < until) {
		if (poll(p, ARRAY_LEN(p), (int)((until - now) / AX_NS_PER_MS) + 1) < 0)
			return errno == EINTR;
		if (((p[0].revents & (POLLHUP | POLLERR)) && !(p[0].revents & POLLIN)) ||
		    ((p[0].revents & POLLIN) && !on_keys(t)) ||
		    (p[1].revents && !on_signal(t)))
			return false;
		if ((p[0].revents || p[1].revents) && !paint(t))
			return false;
	}
	return true;
}

static int
live(struct top *t)
{
	int r = look(t); /* what is wrong at once is said in words */

	if (r != AX_EXIT_OK)
		return r;
	measure(t);
	if (!enter(t)) {
		fprintf(stderr, "atlax top: cannot use the terminal: %s\n",
		    strerror(errno));
		return AX_EXIT_FAILED;
	}
	t->ask.quiet = true;
	while (paint(t) && attend(t)) {
		if (look(t) == AX_EXIT_OK)
			continue;
		json_decref(t->before);
		json_decref(t->now);
		t->before = t->now = NULL;
	}
	leave(t);
	return AX_EXIT_OK;
}

int
cmd_top(int argc, char **argv)
{
	struct top t = { .ask = { .program = "atlax top",
		.page = "/v1/status" }, .view = { .sort = TOP_BY_IN, .columns = 160 } };
	bool once = false, json = false;
	const struct option_def defs[] = {
		{ 0, "once", NULL, "print one list, after a second, and end", &once,
		    NULL },
		{ 'j', "json", NULL, "print a JSON document every second", &json, NULL },
		{ 's', "socket", "PATH", "the relay's socket (" ASK_SOCKET ")", NULL,
		    &t.ask.socket },
	};
	const struct options o = { .program = t.ask.program, .manual = "atlax(1)",
		.summary = "Shows live what goes through the relay.", .defs = defs,
		.n = ARRAY_LEN(defs) };
	int r;

	if (options_read(&o, argc, argv, &r) < 0)
		return r;
	t.view.bold = !once && !json && isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
	r = t.view.bold ? live(&t) : plainly(&t, json, json && !once);
	json_decref(t.before);
	json_decref(t.now);
	return r;
}
