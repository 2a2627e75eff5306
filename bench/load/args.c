/* args.c — options from a table. Boot thread. An option writes exactly one
 * member of struct args, at the offset its row names.                        */
#include "load/args.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "load/pattern.h"

struct option_row {
	const char *name;
	int (*set)(void *member, const char *value, struct err *e);
	size_t offset;
	bool alone; /* takes no value */
};

static int
set_flag(void *member, const char *value AX_UNUSED, struct err *e AX_UNUSED)
{
	*(bool *)member = true;
	return 0;
}

static int
set_text(void *member, const char *value, struct err *e AX_UNUSED)
{
	*(const char **)member = value;
	return 0;
}

static int
set_u64(void *member, const char *value, struct err *e)
{
	char *end;

	errno = 0;
	*(uint64_t *)member = strtoull(value, &end, 10);
	if (errno != 0 || *end != '\0' || value[0] < '0' || value[0] > '9')
		return err_set(e, AX_E_RANGE, "%s is not a number", value);
	return 0;
}

static int
set_seconds(void *member, const char *value, struct err *e)
{
	double s;
	char *end;

	s = strtod(value, &end);
	if (*end != '\0' || end == value || !(s > 0 && s < 1e6))
		return err_set(e, AX_E_RANGE, "%s is no time", value);
	*(double *)member = s;
	return 0;
}

/* Appends to the list: the row's offset is that of the whole struct. */
static int
set_watch(void *member, const char *value, struct err *e)
{
	struct args *a = member;
	struct watched *w = &a->watch[a->watches];
	const char *eq = strchr(value, '=');
	uint64_t pid = 0;

	if (a->watches == WATCHES_MAX)
		return err_set(e, AX_E_RANGE, "too many --watch");
	if (eq == NULL || eq == value || (size_t)(eq - value) >= sizeof(w->role))
		return err_set(e, AX_E_SYNTAX, "%s is not ROLE=PID", value);
	if (set_u64(&pid, eq + 1, e) < 0 || pid == 0 || pid > INT32_MAX)
		return err_set(e, AX_E_RANGE, "%s is not ROLE=PID", value);
	snprintf(w->role, sizeof(w->role), "%.*s", (int)(eq - value), value);
	w->pid = (pid_t)pid;
	a->watches++;
	return 0;
}

#define ROW(opt, fn, member) { opt, fn, offsetof(struct args, member), false }
#define FLAG(opt, member) { opt, set_flag, offsetof(struct args, member), true }

static const struct option_row rows[] = {
	ROW("--listen", set_text, listen),
	ROW("--connect", set_text, connect),
	ROW("--host", set_text, host),
	ROW("--json", set_text, json),
	ROW("--machine", set_text, machine),
	ROW("--yardstick", set_text, yardstick),
	ROW("--pki", set_text, pki),
	ROW("--service", set_text, service),
	ROW("--conns", set_u64, conns),
	ROW("--streams", set_u64, streams),
	ROW("--size", set_u64, size),
	ROW("--bytes", set_u64, bytes),
	ROW("--requests", set_u64, requests),
	ROW("--seconds", set_seconds, seconds),
	FLAG("--up", up),
	FLAG("--down", down),
	FLAG("--verify", verify),
	FLAG("--close", close),
	FLAG("--rows", rows),
	FLAG("--tenants", tenants),
	{ "--watch", set_watch, 0, false },
};

static const struct option_row *
find_row(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(rows); i++)
		if (strcmp(rows[i].name, name) == 0)
			return &rows[i];
	return NULL;
}

static int
check(const struct args *a, struct err *e)
{
	if (a->conns == 0 || a->conns > 1000000 || a->streams == 0 ||
	    a->streams > 100000 || a->size == 0 || a->size > PATTERN_RUN)
		return err_set(e, AX_E_RANGE,
		    "--conns, --streams or --size is out of range");
	return 0;
}

int
args_parse(char **argv, struct args *out, struct err *e)
{
	const struct option_row *row;
	int r;

	*out = (struct args){ .conns = 1, .streams = 1, .size = 64,
		.seconds = 2, .host = "bench", .yardstick = "haproxy" };
	for (; *argv != NULL && strncmp(*argv, "--", 2) == 0; argv++) {
		row = find_row(*argv);
		if (row == NULL)
			return err_set(
			    e, AX_E_SYNTAX, "unknown option %s", *argv);
		if (!row->alone && argv[1] == NULL)
			return err_set(
			    e, AX_E_SYNTAX, "%s needs a value", *argv);
		if (!row->alone)
			argv++;
		r = row->set((char *)out + row->offset, *argv, e);
		if (r < 0)
			return r;
	}
	out->rest = (const char *const *)argv;
	return check(out, e);
}
