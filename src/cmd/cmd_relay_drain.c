/* cmd_relay_drain.c — atlax relay drain.
 *
 * Thread: the only one. A relay that has ended does not answer, or another one
 * does: that is how the end is known.                                        */
#include <stdio.h>

#include "atlax/exit.h"
#include "cmd/ask.h"
#include "cmd/cmd.h"
#include "cmd/options.h"
#include "io/loop.h"

#define LOOK_FIRST_MS 50u
#define LOOK_MS 1000u

/* What a relay has. */
struct load {
	json_int_t pid, tunnels, connections;
};

static json_int_t
number(const json_t *o, const char *key)
{
	return json_integer_value(json_object_get(o, key));
}

static struct load
load_of(const json_t *doc)
{
	struct load l = { .pid = number(doc, "pid") };
	const json_t *w;
	size_t i;

	json_array_foreach (json_object_get(doc, "workers"), i, w) {
		l.tunnels += number(w, "sessions");
		l.connections += number(w, "streams");
	}
	return l;
}

/* Asks, and ends the answer. */
static int
ask(const struct ask *what, struct load *out)
{
	struct ask_answer answer;
	int r = ask_relay(what, &answer);

	if (r != AX_EXIT_OK)
		return r;
	*out = load_of(answer.doc);
	ask_answer_fini(&answer);
	return r;
}

static void
say(const struct load *l)
{
	printf("%lld tunnels with %lld connections are left\n",
	    (long long)l->tunnels, (long long)l->connections);
	(void)fflush(stdout);
}

/* Until the relay that was asked has ended. */
static void
watch(struct loop *loop, const char *socket, struct load first)
{
	const struct ask look = { .socket = socket, .page = "/v1/status",
		.quiet = true };
	struct load now = first, said = { .tunnels = -1 };
	unsigned ms = LOOK_FIRST_MS;
	int r;

	do {
		loop_turn(loop, ms * AX_NS_PER_MS);
		ms = MIN(ms * 2, LOOK_MS);
		r = ask(&look, &now);
		if (r != AX_EXIT_OK || now.pid != first.pid || ms < LOOK_MS)
			continue;
		if (now.tunnels != said.tunnels ||
		    now.connections != said.connections)
			say(&now);
		said = now;
	} while (r != AX_EXIT_NO_RELAY && now.pid == first.pid);
	puts("the relay has ended");
}

static int
drain(const struct options *o, const struct ask *what, bool wait)
{
	struct loop *loop;
	struct load first;
	struct err e;
	int r;

	if (loop_new(&loop, &e) < 0)
		return options_failed(o, &e);
	r = ask(what, &first);
	if (r == AX_EXIT_OK && wait)
		watch(loop, what->socket, first);
	else if (r == AX_EXIT_OK)
		say(&first);
	loop_free(&loop);
	return r;
}

int
cmd_relay_drain(int argc, char **argv)
{
	struct ask what = { .program = "atlax relay drain",
		.page = "/v1/drain", .post = "" };
	bool no_wait = false;
	const struct option_def defs[] = {
		{ 0, "no-wait", NULL, "do not wait until it has ended", &no_wait, NULL },
		{ 's', "socket", "PATH", "the relay's socket (" ASK_SOCKET ")", NULL,
		    &what.socket },
	};
	const struct options o = { .program = what.program, .manual = "atlax(1)",
		.summary = "Ends the relay on this machine once its connections are "
		    "over, or after relay.drain.", .defs = defs, .n = ARRAY_LEN(defs) };
	int r;

	if (options_read(&o, argc, argv, &r) < 0)
		return r;
	return drain(&o, &what, !no_wait);
}
