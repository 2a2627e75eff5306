/* options.h — command lines, the same for every program: long and short names,
 * --help and --version, errors that say what to do. Thread: the only one.    */
#ifndef ATLAX_CMD_OPTIONS_H
#define ATLAX_CMD_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

/* One option. A flag sets *flag, one with a value sets *value, which borrows
 * from argv. letter 0: there is only the long name.                          */
struct option_def {
	char letter;
	const char *name;
	const char *value_name; /* NULL: a flag */
	const char *help;
	bool *flag;
	const char **value;
};

struct options {
	const char *program; /* "atlax status" */
	const char *summary; /* one line: what it does */
	const char *operands; /* as shown in the usage; NULL: none allowed */
	const char *manual; /* "atlax(1)" */
	const struct option_def *defs;
	size_t n;
};

/* What a shell asks with to complete a command line: the last word of it. The answer
 * is what may come next, one a line, with a tab and what it means; ":files" and
 * ":directories" stand for such names.                                       */
#define OPTIONS_WORDS "--words"

/* One line of that answer. */
void options_say_word(const char *word, const char *meaning);
/* Is it asked for? The command's words are without the last one then. */
bool options_asks_words(int argc, char **argv);

/* Reads the options; --help, --version and OPTIONS_WORDS are answered here. Returns the
 * index of the first operand, or -1: then *status is what to exit with.      */
int options_read(const struct options *o, int argc, char **argv, int *status);
/* "program: sentence" and where help is, to standard error; AX_EXIT_USAGE. */
int options_wrong(const struct options *o, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* "program: sentence" of e to standard error, and the exit status for it. */
int options_failed(const struct options *o, const struct err *e);
/* What a program ends with after 0 or an AX_E_ code. */
int exit_status(int code);

/* A time like 36h or 90d; from and to, of the same form, bound it. Units: seconds.
 * Fails: AX_E_RANGE.                                                         */
AX_CHECKED int options_seconds(const char *text, const char *from, const char *to,
    int64_t *out, struct err *e);

/* What atlax-relay and atlax-agent take. */
struct daemon_options {
	const char *config; /* borrows from argv, or constant */
	bool check;	    /* --check: read the configuration, then end */
	bool dump;	    /* --dump: print it complete, then end */
};

/* name: "atlax-relay" or "atlax-agent"; fallback: where the configuration is
 * when -c is not given. Returns -1: go on; else the exit status.             */
int daemon_options(int argc, char **argv, const char *name, const char *fallback,
    struct daemon_options *out);

#endif
