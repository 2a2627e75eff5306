/* cmd_dashboard.c — atlax dashboard: a link to the relay's page in a browser.
 *
 * Thread: the only one.                                                      */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "atlax/exit.h"
#include "cmd/ask.h"
#include "cmd/cmd.h"
#include "cmd/doc.h"
#include "cmd/options.h"

/* In place of this process; comes back if there is nothing to open it with. The link
 * stands in the list of processes for a moment, so the operator has to ask for it. */
static void
open_link(const char *link)
{
	if (getenv("DISPLAY") == NULL && getenv("WAYLAND_DISPLAY") == NULL)
		fputs("atlax dashboard: there is no display to open it on\n", stderr);
	else if (execlp("xdg-open", "xdg-open", link, (char *)NULL) < 0)
		fprintf(stderr, "atlax dashboard: cannot run xdg-open: %s\n",
		    strerror(errno));
}

int
cmd_dashboard(int argc, char **argv)
{
	struct ask ask = { .program = "atlax dashboard",
		.page = "/v1/dashboard", .post = "" };
	bool now = false, json = false;
	const struct option_def defs[] = {
		{ 'j', "json", NULL, "print the relay's JSON document", &json, NULL },
		{ 0, "open", NULL, "open it with xdg-open, too", &now, NULL },
		{ 's', "socket", "PATH", "the relay's socket (" ASK_SOCKET ")", NULL,
		    &ask.socket },
	};
	const struct options o = { .program = ask.program, .manual = "atlax(1)",
		.summary = "Prints a link that opens the relay's page in a browser: good "
			   "once, for a minute.",
		.defs = defs, .n = ARRAY_LEN(defs) };
	struct ask_answer answer;
	const char *link;
	int r;

	if (options_read(&o, argc, argv, &r) < 0)
		return r;
	r = ask_relay(&ask, &answer);
	if (r != AX_EXIT_OK)
		return r;
	link = doc_text(answer.doc, "link");
	if (*link == '\0') {
		fprintf(stderr, "%s: the relay's answer has no link; is it a newer one than "
		    "this program?\n", ask.program);
		ask_answer_fini(&answer);
		return AX_EXIT_FAILED;
	}
	if (json)
		ask_print(&answer);
	else
		puts(link);
	r = ask_written(ask.program, AX_EXIT_OK);
	if (r == AX_EXIT_OK && now) {
		open_link(link);
		r = AX_EXIT_FAILED;
	}
	ask_answer_fini(&answer);
	return r;
}
