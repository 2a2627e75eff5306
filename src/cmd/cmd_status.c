/* cmd_status.c — atlax status.
 *
 * Thread: the only one.                                                      */
#include <stdio.h>
#include <time.h>

#include "atlax/exit.h"
#include "cmd/ask.h"
#include "cmd/cmd.h"
#include "cmd/options.h"
#include "cmd/status_text.h"

static int
show(const struct ask_answer *a, bool json)
{
	bool ok = true;

	if (json)
		(void)fwrite(buf_slice(&a->body).p, 1, buf_len(&a->body), stdout);
	else
		ok = status_text(a->doc, (int64_t)time(NULL), stdout);
	if (!ok) {
		fputs("atlax status: out of memory\n", stderr);
		return AX_EXIT_FAILED;
	}
	if (fflush(stdout) != 0 || ferror(stdout)) {
		perror("atlax status: cannot write");
		return AX_EXIT_FAILED;
	}
	return AX_EXIT_OK;
}

int
cmd_status(int argc, char **argv)
{
	struct ask ask = { .program = "atlax status", .socket = ASK_SOCKET,
		.page = "/v1/status" };
	bool json = false;
	const struct option_def defs[] = {
		{ 'j', "json", NULL, "print the relay's JSON document", &json, NULL },
		{ 's', "socket", "PATH", "the relay's socket (" ASK_SOCKET ")", NULL,
		    &ask.socket },
	};
	const struct options o = { .program = ask.program, .manual = "atlax(1)",
		.summary = "Shows what the relay on this machine is doing.",
		.defs = defs, .n = ARRAY_LEN(defs) };
	struct ask_answer answer;
	int r;

	if (options_read(&o, argc, argv, &r) < 0)
		return r;
	r = ask_relay(&ask, &answer);
	if (r != AX_EXIT_OK)
		return r;
	r = show(&answer, json);
	ask_answer_fini(&answer);
	return r;
}
