/* meter.c — start and stop. One thread. Invariant: the members before and
 * after have as many valid rows as there are watched processes.              */
#include "load/meter.h"

#include <stdio.h>

#include "base/clock.h"

static int
read_all(const struct args *a, struct proc_use *out, struct err *e)
{
	size_t i;
	int r;

	for (i = 0; i < a->watches; i++) {
		r = proc_use(a->watch[i].pid, &out[i], e);
		if (r < 0)
			return err_prefix(e, r, "%s", a->watch[i].role);
	}
	return 0;
}

int
meter_start(struct meter *m, const struct args *a, struct err *e)
{
	int r;

	*m = (struct meter){ .args = a };
	r = read_all(a, m->before, e);
	m->start_ns = clock_mono_ns();
	return r;
}

int
meter_stop(struct meter *m, struct err *e)
{
	m->stop_ns = clock_mono_ns();
	return read_all(m->args, m->after, e);
}

double
meter_seconds(const struct meter *m)
{
	return (double)(m->stop_ns - m->start_ns) / 1e9;
}

static void
put(struct result *r, const char *what, const char *role, const char *unit,
    double value)
{
	char key[96];

	snprintf(key, sizeof(key), "%s_%s_%s", what, role, unit);
	result_num(r, key, value);
}

static double
cpu_s(const struct meter *m, size_t i)
{
	return m->after[i].cpu_s - m->before[i].cpu_s;
}

void
meter_cpu(
    const struct meter *m, struct result *r, const char *unit, double scale)
{
	size_t i;

	for (i = 0; i < m->args->watches; i++)
		put(r, "cpu", m->args->watch[i].role, unit, cpu_s(m, i) * scale);
}

void
meter_per_cpu(
    const struct meter *m, struct result *r, const char *what, double n)
{
	size_t i;

	for (i = 0; i < m->args->watches; i++)
		put(r, what, m->args->watch[i].role, "per_cpu_s",
		    n / cpu_s(m, i));
}

void
meter_rss_start(const struct meter *m, struct result *r)
{
	size_t i;

	for (i = 0; i < m->args->watches; i++)
		put(r, "rss", m->args->watch[i].role, "start_mb",
		    (double)m->before[i].rss_bytes / 1e6);
}

void
meter_rss(
    const struct meter *m, struct result *r, const char *unit, double scale)
{
	size_t i;

	for (i = 0; i < m->args->watches; i++) {
		double before = (double)m->before[i].rss_bytes;

		put(r, "rss", m->args->watch[i].role, unit,
		    ((double)m->after[i].rss_bytes - before) * scale);
	}
}
