/* cmd_audit.c — atlax audit verify, and atlax audit tail: the relay's audit trail, or
 * files of one.
 *
 * Thread: the only one. Invariant: files are only read. What is in them is other
 * people's: it is shown as JSON, or so that a terminal obeys nothing in it.   */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "atlax/exit.h"
#include "audit/chain.h"
#include "base/str.h"
#include "cmd/ask.h"
#include "cmd/cmd.h"
#include "cmd/doc.h"
#include "cmd/options.h"

#define FOLLOW_MS 300

/* Where the relay writes, and what it wrote last. Returns an exit status. */
static int
ask_file(const char *program, const char *socket, struct ask_answer *answer)
{
	struct ask ask = { .program = program, .socket = socket, .page = "/v1/audit" };

	return ask_relay(&ask, answer);
}

static FILE *
open_file(const char *program, const char *path)
{
	FILE *f = fopen(path, "re");

	if (f == NULL)
		fprintf(stderr, "%s: cannot read %s: %s\n", program, path,
		    strerror(errno));
	return f;
}

/* --- verify --------------------------------------------------------------------- */

#define VERIFY "atlax audit verify"

struct check {
	struct chain chain;
	const char *wanted; /* a hash that has to be in it; NULL: none */
	bool found;
	const char *file;
	uint64_t line; /* of the file */
	struct err err;
};

static int
check_line(struct check *c, struct slice line)
{
	char hash[CHAIN_HASH_TEXT];
	int r;

	c->line++;
	r = chain_take(&c->chain, line, &c->err);
	chain_hash_text(c->chain.last, hash);
	c->found = c->found || c->wanted == NULL || strcmp(hash, c->wanted) == 0;
	return r;
}

/* An exit status, or -1: it does not fit. */
static int
check_file(struct check *c, const char *path)
{
	FILE *f = open_file(VERIFY, path);
	char *line = NULL;
	size_t cap = 0;
	ssize_t n;
	int r = 0;

	if (f == NULL)
		return AX_EXIT_FAILED;
	c->file = path;
	c->line = 0;
	while (r == 0 && (n = getline(&line, &cap, f)) > 0)
		r = check_line(c, slice_of(line, (size_t)n));
	free(line);
	if (r == 0 && ferror(f)) {
		fprintf(stderr, VERIFY ": cannot read %s\n", path);
		r = AX_EXIT_FAILED;
	}
	(void)fclose(f);
	return r;
}

static int
say(const struct check *c, bool ok, bool json)
{
	char last[CHAIN_HASH_TEXT];
	json_t *o;

	chain_hash_text(c->chain.last, last);
	if (!json && ok)
		printf("%" PRIu64 " lines fit%s; torn and marked: %" PRIu64 "\nlast: %s\n",
		    c->chain.lines, c->chain.begins || c->chain.lines == 0 ? "" :
		    ", and follow some that are not here", c->chain.torn, last);
	else if (!json)
		printf("%s:%" PRIu64 ": %s\n", c->file, c->line, c->err.text);
	if (!json)
		return ask_written(VERIFY, ok ? AX_EXIT_OK : AX_EXIT_FAILED);
	o = ok ? json_pack("{s:b, s:I, s:I, s:b, s:s}", "ok", 1, "lines",
	    (json_int_t)c->chain.lines, "torn", (json_int_t)c->chain.torn, "begins",
	    c->chain.begins, "last", last) :
		 json_pack("{s:b, s:s, s:I, s:s}", "ok", 0, "file", c->file, "line",
	    (json_int_t)c->line, "reason", c->err.text);
	return ask_print_own(VERIFY, o, ok ? AX_EXIT_OK : AX_EXIT_FAILED);
}

static int
verify(struct check *c, char **files, int n, bool json)
{
	int r = 0;

	chain_init(&c->chain);
	for (int i = 0; r == 0 && i < n; i++)
		r = check_file(c, files[i]);
	if (r > 0)
		return r;
	if (r == 0)
		r = chain_end(&c->chain, &c->err);
	if (r == 0 && c->wanted != NULL && !c->found)
		r = err_set(&c->err, AX_E_PEER, "the line that the relay wrote last is "
		    "not in the file: lines were cut off at its end");
	return say(c, r == 0, json);
}

int
cmd_audit_verify(int argc, char **argv)
{
	const char *socket = NULL;
	bool json = false;
	const struct option_def defs[] = {
		{ 'j', "json", NULL, "print the result as JSON", &json, NULL },
		{ 's', "socket", "PATH", "the relay's socket (" ASK_SOCKET ")", NULL,
		    &socket },
	};
	const struct options o = { .program = VERIFY, .manual = "atlax(1)",
		.summary = "Looks whether the lines of an audit trail fit each other: of "
			   "the relay's, or of files, oldest first.",
		.operands = "[FILE...]", .defs = defs, .n = ARRAY_LEN(defs) };
	struct ask_answer answer = { .doc = NULL };
	struct check c = { .wanted = NULL };
	char *own;
	int r, at = options_read(&o, argc, argv, &r);

	if (at < 0)
		return r;
	if (at < argc)
		return verify(&c, argv + at, argc - at, json);
	r = ask_file(VERIFY, socket, &answer);
	if (r != AX_EXIT_OK)
		return r;
	own = strdup(doc_text(answer.doc, "file"));
	c.wanted = doc_text(answer.doc, "last");
	if (*c.wanted == '\0')
		c.wanted = NULL;
	r = own == NULL ? AX_EXIT_FAILED : verify(&c, &own, 1, json);
	free(own);
	ask_answer_fini(&answer);
	return r;
}

/* --- tail ------------------------------------------------------------------------ */

#define TAIL "atlax audit tail"

static void
print_text(const char *text)
{
	char mem[2048];
	struct str s;

	str_init(&s, mem, sizeof(mem));
	str_untrusted(&s, slice_str(text), 1000);
	fputs(mem, stdout);
}

/* key=value, with the names of what it is in before it. */
static void
print_member(const char *inside, const char *key, const json_t *value)
{
	char name[128];
	char *text;
	const char *k;
	json_t *v;

	(void)snprintf(name, sizeof(name), "%s%s%s", inside, *inside == '\0' ? "" : ".",
	    key);
	if (json_is_object(value)) {
		json_object_foreach((json_t *)(uintptr_t)value, k, v)
			print_member(name, k, v);
		return;
	}
	putchar(' ');
	print_text(name);
	putchar('=');
	text = json_is_string(value) ? NULL :
	    json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_ENSURE_ASCII);
	print_text(text != NULL ? text : json_string_value(value));
	free(text);
}

static void
print_line(const char *line, bool json)
{
	json_t *o = json ? NULL : json_loads(line, 0, NULL), *v;
	const char *key;

	if (o == NULL) {
		fputs(json ? line : "(a piece of a line)\n", stdout);
		return;
	}
	print_text(doc_text(o, "at"));
	putchar(' ');
	print_text(doc_text(o, "event"));
	json_object_foreach(o, key, v)
		if (strcmp(key, "prev") != 0 && strcmp(key, "at") != 0 &&
		    strcmp(key, "event") != 0)
			print_member("", key, v);
	putchar('\n');
	json_decref(o);
}

/* Prints whole lines to the end; what is not whole is read again. */
static void
print_rest(FILE *f, bool json)
{
	char *line = NULL;
	size_t cap = 0;
	ssize_t n;
	off_t at = ftello(f);

	while ((n = getline(&line, &cap, f)) > 0 && line[n - 1] == '\n') {
		at = ftello(f);
		print_line(line, json);
	}
	free(line);
	(void)fflush(stdout);
	clearerr(f);
	(void)fseeko(f, at, SEEK_SET);
}

/* To where the last lines begin. */
static void
skip(FILE *f, unsigned long lines)
{
	unsigned long n = 0;
	char *line = NULL;
	size_t cap = 0;

	while (getline(&line, &cap, f) > 0)
		n++;
	rewind(f);
	for (; n > lines && getline(&line, &cap, f) > 0; n--)
		;
	free(line);
}

/* Another file is there now: the old one was read to its end. */
static bool
is_renamed(FILE *f, const char *path)
{
	struct stat is, was;

	return stat(path, &is) == 0 && fstat(fileno(f), &was) == 0 &&
	    (is.st_ino != was.st_ino || is.st_dev != was.st_dev);
}

static int
tail(const char *path, unsigned long lines, bool follow, bool json)
{
	const struct timespec pause = { .tv_nsec = FOLLOW_MS * 1000000L };
	FILE *f = open_file(TAIL, path), *next;

	if (f == NULL)
		return AX_EXIT_FAILED;
	skip(f, lines);
	print_rest(f, json);
	while (follow && !ferror(stdout)) {
		(void)clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, NULL);
		print_rest(f, json);
		if (!is_renamed(f, path) || (next = fopen(path, "re")) == NULL)
			continue;
		print_rest(f, json);
		(void)fclose(f);
		f = next;
	}
	(void)fclose(f);
	return ask_written(TAIL, AX_EXIT_OK);
}

static bool
read_count(const char *text, unsigned long *out)
{
	char *end;

	errno = 0;
	*out = strtoul(text, &end, 10);
	return errno == 0 && *end == '\0' && text[0] >= '0' && text[0] <= '9';
}

int
cmd_audit_tail(int argc, char **argv)
{
	const char *socket = NULL, *count = "10";
	bool json = false, follow = false;
	const struct option_def defs[] = {
		{ 'f', "follow", NULL, "go on as lines come", &follow, NULL },
		{ 'n', "lines", "N", "so many at first (10)", NULL, &count },
		{ 'j', "json", NULL, "print the lines as they are", &json, NULL },
		{ 's', "socket", "PATH", "the relay's socket (" ASK_SOCKET ")", NULL,
		    &socket },
	};
	const struct options o = { .program = TAIL, .manual = "atlax(1)",
		.summary = "Shows the last lines of an audit trail: of the relay's, or of "
			   "a file.",
		.operands = "[FILE]", .defs = defs, .n = ARRAY_LEN(defs) };
	struct ask_answer answer = { .doc = NULL };
	unsigned long lines;
	int r, at = options_read(&o, argc, argv, &r);

	if (at < 0)
		return r;
	if (argc - at > 1 || !read_count(count, &lines))
		return options_wrong(&o, "it takes one file at most, and a number of "
		    "lines");
	if (at < argc)
		return tail(argv[at], lines, follow, json);
	r = ask_file(TAIL, socket, &answer);
	if (r == AX_EXIT_OK)
		r = tail(doc_text(answer.doc, "file"), lines, follow, json);
	ask_answer_fini(&answer);
	return r;
}
