/* options.c — one way to read a command line, over getopt_long.
 *
 * Thread: the only one. Usage goes to standard output when asked for, to
 * standard error when something was wrong.                                   */
#include "cmd/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "atlax/exit.h"
#include "atlax/version.h"
#include "base/assert.h"
#include "conf/suggest.h"

#define DEFS_MAX 16
#define FIRST 256 /* val of defs[0], beyond every letter */
#define LETTER_HELP 'h'
#define LETTER_VERSION 'V'
#define HELP_HELP "show this text"
#define HELP_VERSION "show the version"

int
options_wrong(const struct options *o, const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "%s: ", o->program);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fprintf(stderr, "\nTry \"%s --help\".\n", o->program);
	return AX_EXIT_USAGE;
}

int
options_failed(const struct options *o, const struct err *e)
{
	if (e->code == AX_E_RANGE)
		return options_wrong(o, "%s", e->text);
	fprintf(stderr, "%s: %s\n", o->program, e->text);
	return exit_status(e->code);
}

int
exit_status(int code)
{
	if (code == 0)
		return AX_EXIT_OK;
	return err_class(code) == AX_CLASS_CONFIG ? AX_EXIT_CONFIG : AX_EXIT_FAILED;
}

static void
line(char letter, const char *name, const char *value_name, const char *help)
{
	char left[64];

	snprintf(left, sizeof(left), "%c%c%s --%s%s%s", letter == 0 ? ' ' : '-',
	    letter == 0 ? ' ' : letter, letter == 0 ? " " : ",", name,
	    value_name == NULL ? "" : " ", value_name == NULL ? "" : value_name);
	printf("  %-28s %s\n", left, help);
}

static void
help(const struct options *o)
{
	printf("Usage: %s [options]%s%s\n%s\n\n", o->program,
	    o->operands == NULL ? "" : " ", o->operands == NULL ? "" : o->operands,
	    o->summary);
	for (size_t i = 0; i < o->n; i++)
		line(o->defs[i].letter, o->defs[i].name, o->defs[i].value_name,
		    o->defs[i].help);
	line('h', "help", NULL, HELP_HELP);
	line('V', "version", NULL, HELP_VERSION);
	printf("\nMore in %s.\n", o->manual);
}

/* --- completion ------------------------------------------------------------- */

void
options_say_word(const char *word, const char *meaning)
{
	printf("%s\t%s\n", word, meaning);
}

bool
options_asks_words(int argc, char **argv)
{
	return argc > 0 && strcmp(argv[argc - 1], OPTIONS_WORDS) == 0;
}

/* What a value or an operand of this name is. "a|b" are the words themselves. */
static void
say_values(const char *name)
{
	if (strstr(name, "FILE") != NULL || strstr(name, "PATH") != NULL)
		puts(":files");
	else if (strstr(name, "DIR") != NULL)
		puts(":directories");
	else if (name[0] >= 'a' && name[0] <= 'z')
		for (size_t n; *name != '\0'; name += n + (name[n] == '|')) {
			n = strcspn(name, "|");
			printf("%.*s\t\n", (int)n, name);
		}
}

/* The option that word is, if it takes a value and has none yet. */
static const struct option_def *
wants_value(const struct options *o, const char *word)
{
	for (size_t i = 0; word[0] == '-' && i < o->n; i++) {
		const struct option_def *d = &o->defs[i];

		if (d->value_name != NULL && (word[1] == '-' ?
		    strcmp(word + 2, d->name) == 0 :
		    word[1] != '\0' && word[1] == d->letter && word[2] == '\0'))
			return d;
	}
	return NULL;
}

static void
say_words(const struct options *o, const char *last)
{
	const struct option_def *d = wants_value(o, last);
	char word[64];

	if (d != NULL) {
		say_values(d->value_name);
		return;
	}
	if (o->operands != NULL)
		say_values(o->operands);
	for (size_t i = 0; i < o->n; i++) {
		(void)snprintf(word, sizeof(word), "--%s", o->defs[i].name);
		options_say_word(word, o->defs[i].help);
	}
	options_say_word("--help", HELP_HELP);
	options_say_word("--version", HELP_VERSION);
}

/* --- getopt ------------------------------------------------------------------- */

/* getopt's two tables from ours. */
static void
tables(const struct options *o, char letters[3 * DEFS_MAX],
    struct option longs[DEFS_MAX + 3])
{
	char *p = letters;

	ax_assert(o->n <= DEFS_MAX);
	*p++ = ':'; /* we say what is missing */
	*p++ = LETTER_HELP;
	*p++ = LETTER_VERSION;
	for (size_t i = 0; i < o->n; i++) {
		const struct option_def *d = &o->defs[i];

		longs[i] = (struct option){ d->name,
			d->value_name == NULL ? no_argument : required_argument,
			NULL, FIRST + (int)i };
		if (d->letter == 0)
			continue;
		*p++ = d->letter;
		if (d->value_name != NULL)
			*p++ = ':';
	}
	*p = '\0';
	longs[o->n] = (struct option){ "help", no_argument, NULL, LETTER_HELP };
	longs[o->n + 1] = (struct option){ "version", no_argument, NULL, LETTER_VERSION };
	longs[o->n + 2] = (struct option){ NULL, 0, NULL, 0 };
}

static const struct option_def *
find(const struct options *o, int c)
{
	for (size_t i = 0; i < o->n; i++)
		if (c == FIRST + (int)i || (c != 0 && c == o->defs[i].letter))
			return &o->defs[i];
	return NULL;
}

static int
unknown(const struct options *o, const char *word)
{
	struct suggest near;
	const char *name = word + 2;

	suggest_init(&near, slice_of(name, strcspn(name, "=")));
	for (size_t i = 0; i < o->n; i++)
		suggest_offer(&near, o->defs[i].name);
	suggest_offer(&near, "help");
	suggest_offer(&near, "version");
	if (near.best != NULL)
		return options_wrong(o, "no option \"%s\"; did you mean \"--%s\"?",
		    word, near.best);
	return options_wrong(o, "no option \"%s\"", word);
}

/* getopt did not like something; what, it says in optopt: 0 for a long name
 * it does not know, else a letter, or our number of an option.              */
static int
bad(const struct options *o, int c, const char *word)
{
	const struct option_def *d = find(o, optopt);

	if (optopt == 0)
		return unknown(o, word);
	if (c == ':')
		return options_wrong(o, "--%s needs a value: %s", d->name, d->value_name);
	if (d != NULL || optopt == LETTER_HELP || optopt == LETTER_VERSION)
		return options_wrong(o, "\"%s\": this option takes no value", word);
	return options_wrong(o, "no option \"-%c\"", optopt);
}

/* One option that getopt found. Returns whether to go on. */
static bool
apply(const struct options *o, int c, char **argv, int *status)
{
	const struct option_def *d = find(o, c);

	*status = AX_EXIT_OK;
	if (c == LETTER_HELP) {
		help(o);
	} else if (c == LETTER_VERSION) {
		printf("%s %s\n", o->program, AX_VERSION);
	} else if (d == NULL) {
		*status = bad(o, c, argv[optind - 1]);
	} else if (d->value_name == NULL) {
		*d->flag = true;
		return true;
	} else {
		*d->value = optarg;
		return true;
	}
	return false;
}

int
options_read(const struct options *o, int argc, char **argv, int *status)
{
	struct option longs[DEFS_MAX + 3];
	char letters[3 * DEFS_MAX];
	int c;

	if (options_asks_words(argc, argv)) {
		say_words(o, argv[argc - 2]);
		*status = AX_EXIT_OK;
		return -1;
	}
	tables(o, letters, longs);
	optind = 0; /* glibc: begin anew, a subcommand has an argv of its own */
	opterr = 0;
	while ((c = getopt_long(argc, argv, letters, longs, NULL)) != -1)
		if (!apply(o, c, argv, status))
			return -1;
	if (optind < argc && o->operands == NULL) {
		*status = options_wrong(o, "\"%s\" is one word too many", argv[optind]);
		return -1;
	}
	return optind;
}

/* -1: no such time, or of more than a century. */
static int64_t
seconds(const char *text)
{
	static const struct {
		char name;
		int64_t seconds;
	} units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 } };
	char *end;
	long v;

	errno = 0;
	v = strtol(text, &end, 10);
	for (size_t i = 0; i < ARRAY_LEN(units); i++)
		if (text[0] >= '0' && text[0] <= '9' && errno == 0 &&
		    end[0] == units[i].name && end[1] == '\0' &&
		    v <= INT64_C(36500) * 86400 / units[i].seconds)
			return v * units[i].seconds;
	return -1;
}

int
options_seconds(const char *text, const char *from, const char *to, int64_t *out,
    struct err *e)
{
	int64_t v = seconds(text);

	if (v < seconds(from) || v > seconds(to))
		return err_set(e, AX_E_RANGE, "not a time from %s to %s, like 36h or "
		    "90d: %.60s", from, to, text);
	*out = v;
	return 0;
}

int
daemon_options(int argc, char **argv, const char *name, const char *fallback,
    struct daemon_options *out)
{
	const struct option_def defs[] = {
		{ 'c', "config", "FILE", "the configuration", NULL, &out->config },
		{ 0, "check", NULL, "check the configuration and end", &out->check, NULL },
		{ 0, "dump", NULL, "print it with all defaults and end", &out->dump, NULL },
	};
	char manual[40];
	struct options o = { .program = name, .manual = manual, .defs = defs,
		.n = sizeof(defs) / sizeof(defs[0]) };
	int status;

	snprintf(manual, sizeof(manual), "%s(8)", name);
	o.summary = strcmp(name, "atlax-relay") == 0 ?
	    "Takes connections from the world to agents behind NAT." :
	    "Lends services of this network to the world, through a relay.";
	*out = (struct daemon_options){ .config = fallback };
	return options_read(&o, argc, argv, &status) < 0 ? status : -1;
}
