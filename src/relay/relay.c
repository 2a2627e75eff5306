/* relay.c — start and stop of the whole server: an ordered list of parts, begun
 * from the first to the last and ended backwards.
 * Thread: boot, then control.
 * Invariant: a part's end works after a begin that failed half-way.          */
#include "relay/relay.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "atlax/version.h"
#include "base/assert.h"
#include "base/clock.h"
#include "base/rng.h"
#include "io/sandbox.h"
#include "io/sock.h"
#include "relay/anchors.h"
#include "relay/audit.h"
#include "relay/control.h"
#include "relay/enrolment.h"
#include "relay/operators.h"
#include "relay/exposures.h"
#include "relay/heir.h"
#include "relay/quotas.h"
#include "relay/rcu.h"
#include "relay/reload.h"
#include "relay/renewals.h"
#include "relay/revoke.h"
#include "relay/seen.h"
#include "relay/spare.h"
#include "relay/status.h"
#include "relay/upgrade.h"

#define BACKLOG 4096
/* What a worker may have on its way to one other thread beyond the ring. */
#define SPILL_BASE 4096
/* So many may come by reloads, at least. */
#define SPARE_AGENTS 10000
#define SPARE_PORTS 1024

struct part {
	const char *name;
	int (*begin)(struct relay *r, struct err *e);
	void (*end)(struct relay *r);
};

/* --- process --------------------------------------------------------------- */

static int
process_begin(struct relay *r, struct err *e)
{
	struct rlimit lim;

	if (getrlimit(RLIMIT_NOFILE, &lim) == 0 && lim.rlim_cur < lim.rlim_max) {
		lim.rlim_cur = lim.rlim_max;
		setrlimit(RLIMIT_NOFILE, &lim);
	}
	rng_secret(r->id, sizeof(r->id));
	r->started_ns = clock_mono_ns();
	return tls_boot(e);
}

static void
process_end(struct relay *r AX_UNUSED)
{
	tls_thread_fini();
	tls_shutdown();
}

static int
log_begin(struct relay *r, struct err *e)
{
	int rc = log_sink_new(STDERR_FILENO, (enum log_level)r->conf->log.level,
	    (enum log_format)r->conf->log.format, &r->sink, e);

	if (rc == 0)
		rc = log_sink_keep(r->sink, e);
	if (rc == 0)
		rc = log_sink_thread(r->sink, e);
	if (rc < 0)
		return rc;
	rc = log_new(r->sink, "control", &r->log);
	return rc < 0 ? err_set(e, rc, "no memory for the log") : 0;
}

static void
log_end(struct relay *r)
{
	log_free(&r->log);
	log_sink_free(&r->sink);
}

static int
loop_begin(struct relay *r, struct err *e)
{
	int rc = loop_new(&r->loop, e);

	if (rc < 0)
		return rc;
	task_init(&r->reclaim, control_reclaim);
	wheel_timer_init(&r->drain_timer, control_drain_over);
	wheel_timer_init(&r->validity_timer, control_validity_due);
	wheel_timer_init(&r->attach_timer, control_attach_again);
	rc = signals_init(&r->signals, r->loop, control_signal);
	return rc < 0 ? err_sys(e, "cannot receive signals") : 0;
}

static void
loop_end(struct relay *r)
{
	if (r->loop == NULL)
		return;
	loop_untimer(r->loop, &r->drain_timer);
	loop_untimer(r->loop, &r->validity_timer);
	loop_untimer(r->loop, &r->attach_timer);
	loop_undefer(&r->reclaim);
	signals_fini(&r->signals, r->loop);
	loop_free(&r->loop);
}

static int
tls_begin(struct relay *r, struct err *e)
{
	const struct conf_relay *c = r->conf;
	struct tls_files files = { .certificate = c->certificate, .key = c->key,
		.ca = c->agent_ca, .crl = c->crl };

	return tls_ctx_new(TLS_RELAY, &files, &r->tls, e);
}

static void
tls_end(struct relay *r)
{
	tls_ctx_free(&r->tls);
}

/* --- tenants and their ports -------------------------------------------------- */

int
control_open_port(const struct conf_relay *c, struct public_port *p, struct err *e)
{
	const struct conf_tenant *t = &c->tenants[p->at.tenant];
	const struct conf_service *s = &t->services[p->at.service];
	struct addr addr;
	struct listen_args args = { .addr = &addr, .backlog = BACKLOG };
	int rc = addr_parse(s->listen, &addr, e);

	if (rc == 0)
		rc = p->fd > 0 ? 0 : sock_listen(&args, &p->fd, e);
	if (rc < 0)
		return err_prefix(e, rc, "service %s of tenant %s on %s", s->name,
		    t->name, s->listen);
	if (sock_local(p->fd, &addr) == 0)
		addr_format(&addr, p->listen);
	return 0;
}

static int
tenants_begin(struct relay *r, struct err *e)
{
	size_t n = 0;
	int rc;

	list_init(&r->resting);
	list_init(&r->lost);
	for (size_t i = 0; i < r->conf->n_tenants; i++)
		n += r->conf->tenants[i].n_services;
	r->ports = calloc(n + 1, sizeof(*r->ports));
	if (r->ports == NULL || tenants_new(r->conf, &r->tenants) < 0 ||
	    per_source_new(&r->per_source) < 0 ||
	    takeovers_init(&r->takeovers) < 0)
		return err_set(e, AX_E_NOMEM, "no memory for the tenants");
	for (uint32_t i = 0; i < r->conf->n_tenants; i++) {
		for (uint32_t k = 0; k < r->conf->tenants[i].n_services; k++) {
			struct public_port *p = &r->ports[r->n_ports];

			p->at = (struct service_ref){ i, k };
			p->fd = heir_port(r, r->conf->tenants[i].services[k].listen);
			if (p->fd <= 0 &&
			    r->conf->tenants[i].services[k].grant != NULL)
				p->fd = -1; /* until an agent asks */
			else if ((rc = control_open_port(r->conf, p, e)) < 0)
				return rc;
			r->n_ports++;
		}
	}
	return 0;
}

static void
tenants_end(struct relay *r)
{
	reload_end(r);
	exposures_end(r);
	for (size_t i = 0; i < r->n_ports; i++)
		sock_close(&r->ports[i].fd);
	free(r->ports);
	tenants_free(&r->tenants);
	per_source_free(&r->per_source);
	takeovers_fini(&r->takeovers);
	conf_relay_free(&r->reloaded);
}

/* --- workers -------------------------------------------------------------------- */

/* With fewer, whatever else runs here has to share with a worker that cannot step
 * aside (doc/decisions/0037). */
#define PIN_FROM 4u

static unsigned
count_cpus(cpu_set_t *cpus)
{
	if (sched_getaffinity(0, sizeof(*cpus), cpus) < 0) {
		CPU_ZERO(cpus);
		return 1;
	}
	return (unsigned)CPU_COUNT(cpus);
}

unsigned
relay_workers(const struct conf_relay *conf)
{
	cpu_set_t cpus;

	return MIN(conf->workers != 0 ? conf->workers : count_cpus(&cpus),
	    (unsigned)RELAY_WORKERS_MAX);
}

/* The i-th of the processors that we may use; -1 when there are fewer. */
static int
nth_cpu(const cpu_set_t *cpus, unsigned i)
{
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (CPU_ISSET((unsigned)cpu, cpus) && i-- == 0)
			return cpu;
	}
	return -1;
}

static int
make_worker(struct relay *r, unsigned i, const struct addr *listen, struct err *e)
{
	struct worker *w = &r->workers[i];
	struct listen_args args = { .addr = listen, .backlog = BACKLOG,
		.reuse_port = true };
	char name[24];
	int rc;

	w->conf = r->conf;
	w->tenants = r->tenants;
	w->per_source = r->per_source;
	w->relay_id = r->id;
	w->denied = denied_ref(revoke_list(r));
	w->index = i;
	w->control = r->n_workers;
	w->box = mail_system_box(r->mail, i);
	w->parked = &r->parked;
	/* An heir's threads stand still until it may serve. */
	ax_assert(sem_init(&w->go, 0, r->heir == NULL) == 0);
	snprintf(name, sizeof(name), "worker %u", i);
	rc = log_new(r->sink, name, &w->log);
	if (rc == 0)
		rc = tls_ctx_clone(r->tls, &w->tls, e);
	if (rc == 0)
		rc = heir_listen(r, &args, &w->agent_fd, e);
	if (rc < 0)
		return err_prefix(e, rc, "relay.listen %s", r->conf->listen);
	return worker_init(w, e);
}

/* Port 0 in the configuration is one port for all workers. */
static void
same_port(struct relay *r, struct addr *listen)
{
	struct addr bound;

	if (sock_local(r->workers[0].agent_fd, &bound) < 0)
		return;
	*listen = bound;
	addr_format(&bound, r->agents_on);
}

/* --- the service manager --------------------------------------------------------- */

/* Whether every worker has turned since the last look. One that hangs takes its
 * tunnels with it for good: a restart is the lesser evil.                    */
static bool
workers_turn(struct notify *n)
{
	struct relay *r = container_of(n, struct relay, notify);
	bool all = true;

	for (unsigned i = 0; i < r->n_workers; i++) {
		struct worker *w = &r->workers[i];
		uint64_t turns = worker_turns(w);

		if (turns == w->turns_seen)
			log_error(r->log, "a worker hangs", LOG_U64("worker", i));
		all &= turns != w->turns_seen;
		w->turns_seen = turns;
	}
	return all;
}

static int
notify_up(struct relay *r, struct err *e AX_UNUSED)
{
	notify_begin(&r->notify, r->loop, workers_turn);
	notify_say(&r->notify, "READY=1\nSTATUS=serving");
	return 0;
}

static void
notify_down(struct relay *r)
{
	notify_end(&r->notify);
}

static bool
control_before_wait(void *arg)
{
	struct relay *r = arg;

	return mailbox_before_sleep(r->box);
}

static void
control_after_wait(void *arg)
{
	struct relay *r = arg;

	mailbox_after_sleep(r->box);
	mailbox_receive(r->box);
}

static int
workers_alloc(struct relay *r, struct err *e)
{
	struct loop_hooks hooks = { control_before_wait, control_after_wait, r };
	size_t lanes = MIN(r->conf->lanes, r->n_workers);
	size_t spill;

	r->agents_max = MAX(r->conf->limits.agents, (uint32_t)SPARE_AGENTS);
	r->ports_max = r->n_ports + SPARE_PORTS;
	/* All ports may go and come again, before a worker looks; a granted one is
	 * closed by a message more. */
	spill = SPILL_BASE + r->agents_max * lanes + 3 * r->ports_max;
	r->workers = aligned_alloc(64, r->n_workers * sizeof(*r->workers));
	if (r->workers == NULL)
		return err_set(e, AX_E_NOMEM, "no memory for the workers");
	memset(r->workers, 0, r->n_workers * sizeof(*r->workers));
	for (unsigned i = 0; i < r->n_workers; i++)
		r->workers[i].agent_fd = r->workers[i].spare_fd = -1;
	if (mail_system_new(r->n_workers + 1, spill, &r->mail) < 0)
		return err_set(e, AX_E_NOMEM, "no memory for the workers' mail");
	r->box = mail_system_box(r->mail, r->n_workers);
	loop_set_hooks(r->loop, &hooks);
	return mailbox_open(r->box, r->loop, control_mail, r) == 0 ? 0 :
	    err_sys(e, "cannot open control's mailbox");
}

static int
workers_begin(struct relay *r, struct err *e)
{
	cpu_set_t cpus;
	unsigned n_cpus = count_cpus(&cpus);
	struct addr listen;
	int rc = addr_parse(r->conf->listen, &listen, e);

	r->n_workers = relay_workers(r->conf);
	if (rc == 0)
		rc = workers_alloc(r, e);
	for (unsigned i = 0; rc == 0 && i < r->n_workers; i++) {
		r->workers[i].cpu = n_cpus >= PIN_FROM && r->n_workers <= n_cpus ?
		    nth_cpu(&cpus, i) : -1;
		rc = make_worker(r, i, &listen, e);
		if (rc == 0 && i == 0)
			same_port(r, &listen);
	}
	for (unsigned i = 0; rc == 0 && i < r->n_workers; i++)
		rc = worker_start(&r->workers[i], e);
	if (rc == 0)
		control_attach_ports(r);
	return rc;
}

static void
workers_end(struct relay *r)
{
	struct msg m = { .type = MSG_STOP };

	for (unsigned i = 0; r->workers != NULL && i < r->n_workers; i++) {
		if (r->workers[i].running &&
		    mailbox_send(r->box, i, &m) < 0)
			log_error(r->log, "a worker cannot be told to stop");
	}
	for (unsigned i = 0; r->workers != NULL && i < r->n_workers; i++)
		worker_join(&r->workers[i]);
	for (unsigned i = 0; r->workers != NULL && i < r->n_workers; i++)
		worker_fini(&r->workers[i]);
	if (r->mail != NULL) {
		mailbox_receive(r->box); /* the last agents' goodbyes */
		mailbox_close(r->box);
	}
	mail_system_free(&r->mail);
	free(r->workers);
}

/* --- all of it ---------------------------------------------------------------------- */

static const struct part parts[] = {
	{ "process", process_begin, process_end },
	{ "log", log_begin, log_end },
	{ "loop", loop_begin, loop_end },
	{ "tls", tls_begin, tls_end },
	{ "revocation", revoke_begin, revoke_end },
	{ "audit", audit_begin, audit_end },
	{ "heir", heir_begin, heir_end },
	{ "tenants", tenants_begin, tenants_end },
	{ "quotas", quotas_begin, quotas_end },
	{ "seen", seen_begin, seen_end },
	{ "spare", spare_begin, spare_end },
	{ "admin", status_begin, status_end }, /* lends to workers until they end */
	{ "workers", workers_begin, workers_end },
	{ "enrolment", enrolment_begin, enrolment_end },
	{ "operators", operators_begin, operators_end },
	{ "renewals", renewals_begin, renewals_end },
	{ "anchors", anchors_begin, anchors_end },
	{ "upgrade", heir_take, upgrade_end },
	{ "notify", notify_up, notify_down },
};

static void
announce(struct relay *r)
{
	log_info(r->log, "relay up", LOG_STR("version", AX_VERSION),
	    LOG_STR("agents_on", r->agents_on), LOG_U64("workers", r->n_workers),
	    LOG_U64("tenants", r->conf->n_tenants), LOG_STR("tls", tls_describe()));
	for (size_t i = 0; i < r->n_ports; i++) {
		const struct public_port *p = &r->ports[i];
		const struct conf_tenant *t = tenants_conf(r->tenants, p->at.tenant);

		if (p->fd < 0)
			continue; /* granted only */
		log_info(r->log, "public port", LOG_STR("tenant", t->name),
		    LOG_STR("service", t->services[p->at.service].name),
		    LOG_STR("listen", p->listen));
	}
}

/* When everything is open and all threads run. */
static void
confine(const struct relay *r)
{
	struct err e;

	if (r->conf->sandbox != 0)
		log_info(r->log, "no sandbox, as configured");
	else if (sandbox_enter(SANDBOX_RELAY, &e) < 0)
		log_warn(r->log, "no sandbox", LOG_STR("reason", e.text));
}

int
relay_run(const struct conf_relay *conf, struct err *e)
{
	struct relay *r = calloc(1, sizeof(*r));
	size_t n = 0;
	int rc = 0;

	if (r == NULL)
		return err_set(e, AX_E_NOMEM, "out of memory");
	r->conf = conf;
	ax_assert(sem_init(&r->parked, 0, 0) == 0);
	while (n < ARRAY_LEN(parts) && rc == 0)
		rc = parts[n++].begin(r, e);
	if (rc == 0) {
		confine(r);
		announce(r);
		audit_started(r);
		control_report_validity(r);
		loop_run(r->loop);
		log_info(r->log, "relay stopped");
	} else if (r->heir != NULL) {
		heir_give_up(r, e);
	}
	while (n-- > 0)
		parts[n].end(r);
	free(r);
	return rc;
}

int
relay_check(const struct conf_relay *conf, struct err *e)
{
	struct relay r = { .conf = conf };
	int rc = process_begin(&r, e);

	if (rc == 0)
		rc = tls_begin(&r, e);
	if (rc == 0)
		rc = enrolment_check(conf, e);
	if (rc == 0)
		rc = operators_check(conf, e);
	if (rc == 0)
		rc = revoke_check(conf, e);
	tls_end(&r);
	process_end(&r);
	return rc;
}
