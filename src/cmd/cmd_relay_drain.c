/* cmd_relay_drain.c — atlax relay drain.
 *
 * Thread: the only one. A relay that has ended does not answer, or another one
 * does: that is how the end is known.                                        */
#include <stdio.h>

#include "atlax/exit.h"
#include "cmd/ask.h"
#include "cmd/cmd.h"
#include "cmd/doc.h"
#include "cmd/options.h"
#include "io/loop.h"

#define LOOK_FIRST_MS 50u
#define LOOK_MS 1000u

struct drain {
	struct ask ask;
	bool no_wait, json;
};

/* What a relay has. */
struct load {
	uint64_t pid, tunnels, connections;
};

static struct load
load_of(const json_t *doc)
{
	struct load l = { .pid = doc_number(doc, "pid") };
	const json_t *w;
	size_t i;

	json_array_foreach (json_object_get(doc, "workers"), i, w) {
		l.tunnels += doc_number(w, "sessions");
		l.connections += doc_number(w, "streams");
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

/* NULL: it has ended. */
static int
say(const struct drain *d, const struct load *l)
{
	if (d->json)
		return ask_print_own(d->ask.program, l == NULL ?
		    json_pack("{s:b}", "ended", 1) : json_pack("{s:b s:I s:I}", "ended",
		    0, "tunnels", (json_int_t)l->tunnels, "connections",
		    (json_int_t)l->connections), AX_EXIT_OK);
	if (l == NULL)
		puts("the relay has ended");
	else
		printf("%ju tunnels with %ju connections are left\n",
		    (uintmax_t)l->tunnels, (uintmax_t)l->connections);
	return ask_written(d->ask.program, AX_EXIT_OK);
}

/* Until the relay that was asked has ended. */
static int
watch(const struct drain *d, struct loop *loop, struct load first)
{
	const struct ask look = { .socket = d->ask.socket, .page = "/v1/status",
		.quiet = true };
	struct load now = first, said = { .tunnels = UINT64_MAX };
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
			(void)say(d, &now);
		said = now;
	} while (r != AX_EXIT_NO_RELAY && now.pid == first.pid);
	return say(d, NULL);
}

static int
drain(const struct options *o, const struct drain *d)
{
	struct loop *loop;
	struct load first;
	struct err e;
	int r;

	if (loop_new(&loop, &e) < 0)
		return options_failed(o, &e);
	r = ask(&d->ask, &first);
	if (r == AX_EXIT_OK)
		r = d->no_wait ? say(d, &first) : watch(d, loop, first);
	loop_free(&loop);
	return r;
}

int
cmd_relay_drain(int argc, char **argv)
{
	struct drain d = { .ask = { .program = "atlax relay drain",
		.page = "/v1/drain", .post = "" } };
	const struct option_def defs[] = {
		{ 0, "no-wait", NULL, "do not wait until it has ended", &d.no_wait,
		    NULL },
		{ 'j', "json", NULL, "each line as JSON", &d.json, NULL },
		{ 's', "socket", "PATH", "the relay's socket (" ASK_SOCKET ")", NULL,
		    &d.ask.socket },
	};
	const struct options o = { .program = d.ask.program, .manual = "atlax(1)",
		.summary = "Ends the relay on this machine once its connections are "
		    "over, or after relay.drain.", .defs = defs, .n = ARRAY_LEN(defs) };
	int r;

	if (options_read(&o, argc, argv, &r) < 0)
		return r;
	return drain(&o, &d);
}
