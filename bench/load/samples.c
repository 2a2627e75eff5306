/* samples.c — a list of numbers and searches over it. One thread. Everything is
 * a linear search: a report has a few thousand numbers. Ratios are formed
 * inside a round, before the median: what slows the machine for one round
 * slows the yardstick as well. Invariant: the indices of a sample are below
 * the number of names.                                                       */
#include "load/samples.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "load/stats.h"

unsigned
names_find(const struct names *names, const char *name)
{
	unsigned i;

	for (i = 0; i < names->n; i++)
		if (strcmp(names->v[i], name) == 0)
			break;
	return i;
}

static int
names_add(struct names *names, const char *name, unsigned *at, struct err *e)
{
	*at = names_find(names, name);
	if (*at < names->n)
		return 0;
	if (names->n == NAMES_MAX ||
	    !str_copy(names->v[names->n], sizeof(names->v[0]), name))
		return err_set(e, AX_E_LIMIT, "too many names, or too long");
	names->n++;
	return 0;
}

static int
add(struct samples *s, const struct sample *one, struct err *e)
{
	if (s->n == s->cap) {
		size_t cap = s->cap == 0 ? 1024 : 2 * s->cap;
		struct sample *v = realloc(s->v, cap * sizeof(*v));

		if (v == NULL)
			return err_set(e, AX_E_NOMEM, "out of memory");
		s->v = v;
		s->cap = cap;
	}
	s->v[s->n++] = *one;
	return 0;
}

/* Takes every "key":number of a flat object whose keys are plain; other
 * values, the mode's name, are passed over.                                  */
static int
add_numbers(struct samples *s, struct sample one, const char *p, struct err *e)
{
	char key[48], *end;
	int len, r = 0;

	while (r == 0 && (p = strchr(p, '"')) != NULL) {
		len = 0;
		if (sscanf(p, "\"%47[^\"]\":%n", key, &len) != 1 || len == 0)
			return err_set(e, AX_E_SYNTAX, "no JSON at %s", p);
		p += len;
		if (*p == '"') {
			p = strchr(p + 1, '"');
			if (p == NULL)
				return err_set(
				    e, AX_E_SYNTAX, "no end of %s", key);
			p++;
			continue;
		}
		one.value = strtod(p, &end);
		if (end == p)
			return err_set(e, AX_E_SYNTAX, "no number at %s", p);
		p = end;
		r = names_add(&s->metrics, key, &one.metric, e);
		if (r == 0)
			r = add(s, &one, e);
	}
	return r;
}

static int
add_line(struct samples *s, const char *line, struct err *e)
{
	struct sample one = { 0 };
	char load[48], peer[48];
	int len = 0, r;

	if (sscanf(line, "%47s %47s %u %n", load, peer, &one.round, &len) != 3 ||
	    line[len] != '{' || one.round >= ROUNDS_MAX)
		return err_set(e, AX_E_SYNTAX, "not a sample: %s", line);
	r = names_add(&s->loads, load, &one.load, e);
	if (r == 0)
		r = names_add(&s->peers, peer, &one.peer, e);
	if (r == 0)
		r = add_numbers(s, one, line + len, e);
	return r;
}

int
samples_read(struct samples *s, FILE *in, struct err *e)
{
	char line[8192];
	int r = 0;

	*s = (struct samples){ 0 };
	while (r == 0 && fgets(line, sizeof(line), in) != NULL)
		r = add_line(s, line, e);
	return r;
}

void
samples_fini(struct samples *s)
{
	free(s->v);
	s->v = NULL;
	s->n = s->cap = 0;
}

static bool
is_at(const struct sample *s, const struct sample *where, unsigned peer)
{
	return s->load == where->load && s->metric == where->metric &&
	    s->peer == peer;
}

static double
value_in_round(const struct samples *s, const struct sample *where,
    unsigned peer, unsigned round)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		if (s->v[i].round == round && is_at(&s->v[i], where, peer))
			return s->v[i].value;
	return 0;
}

void
samples_cell(const struct samples *s, const struct sample *where,
    unsigned yardstick, struct cell *out)
{
	double sorted[ROUNDS_MAX], ratios[ROUNDS_MAX], by;
	size_t i, n = 0;

	out->n = 0;
	for (i = 0; i < s->n && out->n < ROUNDS_MAX; i++) {
		if (!is_at(&s->v[i], where, where->peer))
			continue;
		by = value_in_round(s, where, yardstick, s->v[i].round);
		if (by > 0)
			ratios[n++] = s->v[i].value / by;
		out->values[out->n++] = s->v[i].value;
	}
	memcpy(sorted, out->values, out->n * sizeof(sorted[0]));
	out->median = stats_median(sorted, out->n);
	out->ratio = stats_median(ratios, n);
}
