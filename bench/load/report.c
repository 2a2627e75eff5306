/* report.c — `atlax-load report`: medians and ratios of many runs, as a table
 * for people and as JSON for later. One thread. It only reads samples, so an
 * old file of samples can be reported again at any time.                     */
#include <math.h>
#include <stdlib.h>

#include "base/json_out.h"
#include "load/run.h"
#include "load/samples.h"

/* In the JSON, not in the table: what the others were computed from. */
static const char *const hidden[] = { "seconds", "bytes", "requests", "conns",
	"stalled", "max_us", "open_s", "handshakes", "agents" };
/* In the table only if any peer had some. */
static const char *const faults[] = { "errors", "bad", "unfinished",
	"bulk_errors", "stalled_errors", "echo_errors" };

static bool
is_among(const char *const *list, size_t n, const char *name)
{
	while (n-- > 0)
		if (strcmp(list[n], name) == 0)
			return true;
	return false;
}

static bool
is_shown(const struct samples *s, unsigned load, unsigned metric)
{
	const char *name = s->metrics.v[metric];
	bool any = false, nonzero = false;
	size_t i;

	for (i = 0; i < s->n; i++)
		if (s->v[i].load == load && s->v[i].metric == metric) {
			any = true;
			nonzero = nonzero || s->v[i].value != 0;
		}
	if (is_among(hidden, ARRAY_LEN(hidden), name))
		return false;
	return is_among(faults, ARRAY_LEN(faults), name) ? nonzero : any;
}

static void
print_median(const struct cell *c)
{
	int digits = 3;

	if (fabs(c->median) >= 10)
		digits = fabs(c->median) >= 1000 ? 0 : 1;
	if (c->n == 0)
		printf("%11s", "-");
	else
		printf("%11.*f", digits, c->median);
}

static void
print_cell(const struct cell *c)
{
	print_median(c);
	if (c->ratio != 0)
		printf(" %6.2fx", c->ratio);
	else
		printf("%8s", "");
}

static void
print_load(const struct samples *s, unsigned load, unsigned yardstick)
{
	struct sample at = { .load = load };
	struct cell c;

	printf("\n%-26s", s->loads.v[load]);
	for (at.peer = 0; at.peer < s->peers.n; at.peer++)
		printf("%19s", s->peers.v[at.peer]);
	printf("\n");
	for (at.metric = 0; at.metric < s->metrics.n; at.metric++) {
		if (!is_shown(s, load, at.metric))
			continue;
		printf("  %-24s", s->metrics.v[at.metric]);
		for (at.peer = 0; at.peer < s->peers.n; at.peer++) {
			samples_cell(s, &at, yardstick, &c);
			print_cell(&c);
		}
		printf("\n");
	}
}

/* A line for each load of the only peer: for loads with the same few metrics. */
static void
print_rows(const struct samples *s)
{
	struct sample at = { 0 };
	struct cell c;

	printf("%-36s", "");
	for (at.metric = 0; at.metric < s->metrics.n; at.metric++)
		printf("%11s", s->metrics.v[at.metric]);
	printf("\n");
	for (at.load = 0; at.load < s->loads.n; at.load++) {
		printf("%-36s", s->loads.v[at.load]);
		for (at.metric = 0; at.metric < s->metrics.n; at.metric++) {
			samples_cell(s, &at, s->peers.n, &c);
			print_median(&c);
		}
		printf("\n");
	}
}

static void
print_table(const struct samples *s, const char *yardstick)
{
	unsigned load;

	printf("medians");
	if (names_find(&s->peers, yardstick) < s->peers.n)
		printf("; x: ratio to %s in the same round", yardstick);
	printf("\n");
	for (load = 0; load < s->loads.n; load++)
		print_load(s, load, names_find(&s->peers, yardstick));
}

static void
write_cell(FILE *out, const struct cell *c)
{
	size_t i;

	fprintf(out, "{\"median\":%.6g,", c->median);
	if (c->ratio != 0)
		fprintf(out, "\"ratio\":%.4g,", c->ratio);
	fprintf(out, "\"values\":[");
	for (i = 0; i < c->n; i++)
		fprintf(out, "%s%.10g", i > 0 ? "," : "", c->values[i]);
	fprintf(out, "]}");
}

static void
write_peer(
    FILE *out, const struct samples *s, struct sample at, unsigned yardstick)
{
	const char *comma = "";
	struct cell c;

	fprintf(out, "{");
	for (at.metric = 0; at.metric < s->metrics.n; at.metric++) {
		samples_cell(s, &at, yardstick, &c);
		if (c.n == 0)
			continue;
		fprintf(out, "%s\n   \"%s\":", comma, s->metrics.v[at.metric]);
		write_cell(out, &c);
		comma = ",";
	}
	fprintf(out, "}");
}

static void
write_loads(FILE *out, const struct samples *s, unsigned yardstick)
{
	struct sample at = { 0 };

	for (at.load = 0; at.load < s->loads.n; at.load++) {
		fprintf(out, "%s\n \"%s\":{", at.load > 0 ? "," : "",
		    s->loads.v[at.load]);
		for (at.peer = 0; at.peer < s->peers.n; at.peer++) {
			fprintf(out, "%s\n  \"%s\":", at.peer > 0 ? "," : "",
			    s->peers.v[at.peer]);
			write_peer(out, s, at, yardstick);
		}
		fprintf(out, "}");
	}
}

/* Lines of "key value" become one object. */
static void
write_machine(FILE *out, const char *path)
{
	char line[1024], mem[8192];
	struct json_out j;
	struct str text;
	FILE *in = path == NULL ? NULL : fopen(path, "re");

	str_init(&text, mem, sizeof(mem));
	json_begin(&j, &text);
	while (in != NULL && fgets(line, sizeof(line), in) != NULL) {
		char *value = strchr(line, ' ');

		if (value == NULL)
			continue;
		*value++ = '\0';
		value[strcspn(value, "\n")] = '\0';
		json_text(&j, line, slice_str(value), 400);
	}
	json_end(&j);
	fprintf(out, "%s", text.p);
	if (in != NULL)
		fclose(in);
}

static int
write_json(const struct samples *s, const struct args *a, struct err *e)
{
	FILE *out = fopen(a->json, "we");

	if (out == NULL)
		return err_sys(e, "%s", a->json);
	fprintf(out, "{\"machine\":");
	write_machine(out, a->machine);
	fprintf(out, ",\n\"yardstick\":\"%s\",\n\"loads\":{", a->yardstick);
	write_loads(out, s, names_find(&s->peers, a->yardstick));
	fprintf(out, "}}\n");
	if (fclose(out) != 0)
		return err_sys(e, "%s", a->json);
	return 0;
}

int
mode_report(struct run *run, struct err *e)
{
	const char *path = run->args.rest[0];
	struct samples s = { 0 };
	FILE *in;
	int r;

	if (path == NULL)
		return err_set(e, AX_E_SYNTAX, "give a file of samples");
	in = fopen(path, "re");
	if (in == NULL)
		return err_sys(e, "%s", path);
	r = samples_read(&s, in, e);
	fclose(in);
	if (r == 0 && run->args.rows)
		print_rows(&s);
	else if (r == 0)
		print_table(&s, run->args.yardstick);
	if (r == 0 && run->args.json != NULL)
		r = write_json(&s, &run->args, e);
	samples_fini(&s);
	return r;
}
