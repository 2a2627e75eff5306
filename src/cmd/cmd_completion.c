/* cmd_completion.c — atlax completion: prints what a shell is to read.
 *
 * Thread: the only one.                                                      */
#include <stdio.h>
#include <string.h>

#include "atlax/exit.h"
#include "base/defs.h"
#include "cmd/ask.h"
#include "cmd/cmd.h"
#include "cmd/completion.h"
#include "cmd/options.h"

int
cmd_completion(int argc, char **argv)
{
	const struct options o = { .program = "atlax completion",
		.summary = "Prints what lets a shell complete atlax, for example:\n"
			   "  . <(atlax completion bash)",
		.operands = "bash|zsh|fish", .manual = "atlax(1)" };
	int status, at = options_read(&o, argc, argv, &status);

	if (at < 0)
		return status;
	for (size_t i = 0; argc - at == 1 && i < COMPLETIONS; i++) {
		if (strcmp(argv[at], completions[i].shell) != 0)
			continue;
		fputs(completions[i].script, stdout);
		return ask_written(o.program, AX_EXIT_OK);
	}
	return options_wrong(&o, "it takes the name of a shell: %s", o.operands);
}
