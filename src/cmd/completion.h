/* completion.h — what shells are given to complete command lines. The texts are
 * those of src/cmd/completion, which are installed as well.                  */
#ifndef ATLAX_CMD_COMPLETION_H
#define ATLAX_CMD_COMPLETION_H

#define COMPLETIONS 3

struct completion {
	const char *shell; /* "bash" */
	const char *script;
};

extern const struct completion completions[COMPLETIONS];

#endif
