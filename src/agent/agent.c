/* agent.c — start, redial, stop.
 * Thread: the agent's only one.
 * Invariant: while not stopping, exactly one of these holds: current is set, the
 * dialer runs, the renewer knocks, or the retry timer is set. heir, which is never
 * current, waits for what comes of that.                                     */
#include "agent/agent.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "agent/connect.h"
#include "agent/uplink.h"
#include "atlax/version.h"
#include "base/assert.h"
#include "log/validity.h"
#include "base/rng.h"
#include "io/sandbox.h"

#define ANNOUNCE_MS 1000
#define STOP_MS 2000

/* --- dialling -------------------------------------------------------------- */

static void
dial(struct agent *a)
{
	a->dialer.door = renewer_port(&a->renewer);
	dialer_start(&a->dialer, a->next_relay);
}

static void
on_connected(struct dialer *d, int fd, const char *host, const struct addr *peer)
{
	struct agent *a = container_of(d, struct agent, dialer);

	if (d->door != 0) {
		renewer_knock(&a->renewer, fd, host);
		return;
	}
	lanes_aim(a, host, peer);
	if (uplink_new(a, &(struct uplink_args){ NULL, fd, host, peer },
	    &a->current) < 0) {
		log_error(a->log, "no memory for a tunnel");
		agent_redial(a, NULL, AGENT_BACKOFF);
	}
}

static void
on_relay_failed(struct dialer *d, const char *relay, const struct err *e)
{
	struct agent *a = container_of(d, struct agent, dialer);

	log_warn(a->log, d->door == 0 ? "cannot reach a relay" :
	    "cannot renew what has expired: the relay needs enrol.listen, on "
	    "agent.enrol_port; or join again",
	    LOG_STR("relay", relay), LOG_STR("reason", e->text));
}

static void
on_exhausted(struct dialer *d)
{
	struct agent *a = container_of(d, struct agent, dialer);

	a->next_relay = a->heir != NULL ? a->heir->relay : 0;
	agent_redial(a, NULL, AGENT_BACKOFF);
}

static void
on_retry(struct wheel_timer *t)
{
	dial(container_of(t, struct agent, retry));
}

void
agent_move(struct agent *a, struct uplink *u, uint64_t delay_ms)
{
	a->heir = u;
	a->next_relay = u->relay;
	agent_redial(a, u, delay_ms);
}

void
agent_redial(struct agent *a, struct uplink *u, uint64_t delay_ms)
{
	if (a->current == u)
		a->current = NULL;
	if (a->stopping)
		return;
	if (delay_ms == AGENT_BACKOFF)
		delay_ms = backoff_next(&a->backoff);
	log_info(a->log, "next try", LOG_U64("in_ms", delay_ms));
	notify_say(&a->notify, "STATUS=no tunnel; trying again");
	loop_timer_in(a->loop, &a->retry, delay_ms);
}

void
agent_leave(struct agent *a, struct uplink *u, uint64_t reconnect_ms)
{
	bool alone = a->conf->n_relays == 1;

	a->next_relay = alone ? u->relay : u->relay + 1;
	agent_redial(a, u, alone ? backoff_after(&a->backoff, reconnect_ms) : 0);
}

/* --- services ---------------------------------------------------------------- */

static void
on_announce(struct wheel_timer *t)
{
	struct agent *a = container_of(t, struct agent, announce);

	struct list *e;

	/* A tunnel that is not up yet begins with an announcement. */
	list_foreach(e, &a->uplinks) {
		struct uplink *u = container_of(e, struct uplink, entry);

		if (u->up && !u->retired && uplink_announce(u) < 0)
			agent_announce(a); /* no memory: later */
	}
}

void
agent_announce(struct agent *a)
{
	if (!wheel_is_set(&a->announce))
		loop_timer_in(a->loop, &a->announce, ANNOUNCE_MS);
}

/* --- the network --------------------------------------------------------------- */

/* What was tried by the old routes is tried again, at once; and whether a
 * connection is still good, the next answer or silence says, unless the machine
 * has lost the address that it comes from. */
static void
on_network(struct netchange *n)
{
	struct agent *a = container_of(n, struct agent, network);
	struct list *e;

	log_debug(a->log, "the network has changed");
	if (wheel_is_set(&a->retry) && !a->stopping)
		loop_timer_in(a->loop, &a->retry, 0);
	else if (a->dialer.running)
		dialer_start(&a->dialer, a->next_relay);
	lanes_hurry(a);
	list_foreach(e, &a->uplinks) {
		struct uplink *u = container_of(e, struct uplink, entry);

		if (!u->up)
			continue;
		if (link_is_stranded(u->link))
			(void)uplink_move(u, 0);
		session_probe(link_session(u->link), loop_now(a->loop));
		link_kick(u->link);
	}
}

/* --- signals ------------------------------------------------------------------ */

void
agent_uplink_gone(struct agent *a)
{
	if (a->stopping && list_is_empty(&a->uplinks))
		loop_stop(a->loop);
}

static void
on_stop_over(struct wheel_timer *t)
{
	loop_stop(container_of(t, struct agent, retry)->loop);
}

void
agent_stop(struct agent *a)
{
	struct list *e, *tmp;

	if (a->stopping) {
		loop_stop(a->loop);
		return;
	}
	a->stopping = true;
	notify_say(&a->notify, "STOPPING=1");
	dialer_cancel(&a->dialer);
	lanes_stop(a);
	list_foreach_safe(e, tmp, &a->uplinks)
		uplink_close(container_of(e, struct uplink, entry),
		    AX_WIRE_NO_ERROR, "agent stopped");
	loop_untimer(a->loop, &a->retry);
	wheel_timer_init(&a->retry, on_stop_over);
	loop_timer_in(a->loop, &a->retry, STOP_MS);
	agent_uplink_gone(a);
}

static int
read_tls(const struct conf_agent *c, bool past, struct tls_ctx **out, struct err *e)
{
	struct tls_files files = { .certificate = c->certificate, .key = c->key,
		.ca = c->relay_ca, .past = past };
	int r = renewer_settle(c, e);

	return r < 0 ? r : tls_ctx_new(TLS_AGENT, &files, out, e);
}

static void
report_validity(struct agent *a)
{
	int64_t from, until;

	tls_ctx_validity(a->tls, &from, &until);
	log_validity(a->log, "the agent's certificate", from, until);
	loop_timer_in(a->loop, &a->validity, VALIDITY_REPORT_MS);
}

static void
begin_to_use(struct agent *a)
{
	int64_t from, until;

	report_validity(a);
	tls_ctx_validity(a->tls, &from, &until);
	renewer_plan(&a->renewer, from, until);
}

static void
on_validity(struct wheel_timer *t)
{
	report_validity(container_of(t, struct agent, validity));
}

/* For connections to come. */
static bool
renew_tls(struct agent *a)
{
	struct tls_ctx *fresh;
	struct err why = { 0 };

	if (read_tls(a->conf, false, &fresh, &why) < 0) {
		log_error(a->log, "reload failed; the old certificate stays in use",
		    LOG_STR("reason", why.text));
		return false;
	}
	tls_ctx_free(&a->tls);
	a->tls = fresh;
	return true;
}

void
agent_trust(struct agent *a)
{
	(void)renew_tls(a);
}

void
agent_renew(struct agent *a)
{
	struct list *e;

	if (!renew_tls(a))
		return;
	log_info(a->log, "certificate read again; connecting anew");
	begin_to_use(a);
	list_foreach(e, &a->uplinks) {
		struct uplink *u = container_of(e, struct uplink, entry);

		/* Who waits for a connection will show it there. */
		if (u->retired || uplink_move(u, 0) || uplink_is_heir(u))
			continue;
		u->retired = true; /* its end is no failure */
		uplink_close(u, AX_WIRE_NO_ERROR, "new certificate");
	}
}

/* Do they differ in more than what a running agent takes over? */
static bool
needs_restart(const struct conf_agent *a, const struct conf_agent *b)
{
	const struct conf_agent *both[] = { a, b };
	char *text[2] = { NULL, NULL };
	bool differ;

	for (size_t i = 0; i < 2; i++) {
		struct conf_agent c = *both[i];
		size_t n;
		FILE *f = open_memstream(&text[i], &n);

		c.n_services = 0;
		c.log.level = 0;
		if (f != NULL) {
			conf_agent_dump(&c, f);
			(void)fclose(f);
		}
	}
	differ = text[0] != NULL && text[1] != NULL && strcmp(text[0], text[1]) != 0;
	free(text[0]);
	free(text[1]);
	return differ;
}

static void
tell_idle(struct agent *a)
{
	if (service_map_count(&a->services) == 0)
		log_info(a->log, "nothing is lent: add services, or see atlax expose");
}

static void
reread(struct agent *a)
{
	struct conf_agent *next = NULL;
	struct err e;

	if (conf_agent_load(a->conf->file, &next, &e) < 0 ||
	    service_map_update(&a->services, next, &e) < 0) {
		log_error(a->log, "reload failed; the services stay as they are",
		    LOG_STR("reason", e.text));
		conf_agent_free(&next);
		return;
	}
	log_set_level(a->sink, (enum log_level)next->log.level);
	log_info(a->log, "services read again",
	    LOG_U64("services", service_map_count(&a->services)));
	tell_idle(a);
	if (needs_restart(a->conf, next))
		log_warn(a->log, "other changes than those of services and log.level "
		    "need a restart");
	conf_agent_free(&next);
	agent_announce(a);
}

static void
on_signal(struct signals *s, int signo)
{
	struct agent *a = container_of(s, struct agent, signals);

	if (signo == SIGHUP) {
		reread(a);
		agent_renew(a);
	} else if (signo == SIGTERM || signo == SIGINT) {
		agent_stop(a);
	}
}

/* --- start and end --------------------------------------------------------------- */

static int
begin(struct agent *a, struct err *e)
{
	struct rlimit lim;
	int r = tls_boot(e);

	if (getrlimit(RLIMIT_NOFILE, &lim) == 0 && lim.rlim_cur < lim.rlim_max) {
		lim.rlim_cur = lim.rlim_max;
		/* Not setrlimit: musl's would bring what stops other threads. */
		(void)prlimit(0, RLIMIT_NOFILE, &lim, NULL);
	}
	if (r == 0)
		r = log_sink_new(STDERR_FILENO, (enum log_level)a->conf->log.level,
		    (enum log_format)a->conf->log.format, &a->sink, e);
	if (r == 0 && (r = log_new(a->sink, "agent", &a->log)) < 0)
		err_set(e, r, "out of memory");
	if (r == 0)
		r = loop_new(&a->loop, e);
	if (r == 0)
		share_init(&a->share, a->loop);
	if (r == 0 && (r = signals_init(&a->signals, a->loop, on_signal)) < 0)
		err_sys(e, "cannot receive signals");
	if (r == 0 && (r = link_scratch_new(&a->scratch)) < 0)
		err_set(e, r, "no memory for buffers");
	if (r == 0)
		r = resolver_new(a->loop, &a->resolver, e);
	if (r == 0)
		r = service_map_init(&a->services, a->conf, e);
	if (r == 0 && (r = lanes_init(&a->lanes, a)) < 0)
		err_set(e, r, "out of memory");
	if (r == 0)
		r = read_tls(a->conf, renewer_is_able(), &a->tls, e);
	if (r == 0)
		begin_to_use(a);
	return r;
}

static void
end(struct agent *a)
{
	struct list *e;

	a->stopping = true;
	while ((e = list_first(&a->uplinks)) != NULL)
		uplink_free(container_of(e, struct uplink, entry));
	if (a->loop != NULL) {
		dialer_cancel(&a->dialer);
		lanes_stop(a);
		loop_untimer(a->loop, &a->retry);
		loop_untimer(a->loop, &a->announce);
		netchange_fini(&a->network);
		loop_untimer(a->loop, &a->validity);
		loop_undefer(&a->dials);
		signals_fini(&a->signals, a->loop);
		notify_end(&a->notify);
	}
	renewer_fini(&a->renewer);
	exposer_fini(&a->exposer);
	resolver_free(&a->resolver);
	service_map_fini(&a->services);
	tls_ctx_free(&a->tls);
	link_scratch_free(&a->scratch);
	if (a->loop != NULL)
		share_fini(&a->share);
	loop_free(&a->loop);
	lanes_fini(&a->lanes);
	log_free(&a->log);
	log_sink_free(&a->sink);
	tls_thread_fini();
	tls_shutdown();
}

static void
prepare(struct agent *a, const struct conf_agent *conf)
{
	uint64_t seed;

	a->conf = conf;
	list_init(&a->uplinks);
	renewer_init(&a->renewer, a);
	exposer_init(&a->exposer, a);
	rng_secret(a->instance, sizeof(a->instance));
	rng_secret(&seed, sizeof(seed));
	backoff_init(&a->backoff, seed, conf->retry_min_ms, conf->retry_max_ms);
	wheel_timer_init(&a->retry, on_retry);
	wheel_timer_init(&a->announce, on_announce);
	wheel_timer_init(&a->validity, on_validity);
	task_init(&a->dials, connect_next);
	a->dialer.relays = conf->relays;
	a->dialer.n_relays = conf->n_relays;
	a->dialer.connected = on_connected;
	a->dialer.failed = on_relay_failed;
	a->dialer.exhausted = on_exhausted;
	dialer_init(&a->dialer);
}

void
agent_free(struct agent **ap)
{
	struct agent *a = *ap;

	end(a);
	free(a);
	*ap = NULL;
}

int
agent_new(const struct conf_agent *conf, struct agent **out, struct err *e)
{
	struct agent *a = calloc(1, sizeof(*a));
	int r;

	if (a == NULL)
		return err_set(e, AX_E_NOMEM, "out of memory");
	prepare(a, conf);
	r = begin(a, e);
	if (r < 0) {
		agent_free(&a);
		return r;
	}
	a->dialer.loop = a->loop;
	a->dialer.resolver = a->resolver;
	if (netchange_init(&a->network, a->loop, on_network) < 0)
		log_info(a->log, "cannot watch the network; lost connections are "
		    "noticed later");
	log_info(a->log, "agent up", LOG_STR("version", AX_VERSION),
	    LOG_U64("services", service_map_count(&a->services)),
	    LOG_STR("tls", tls_describe()));
	tell_idle(a);
	notify_begin(&a->notify, a->loop, NULL);
	notify_say(&a->notify, "READY=1\nSTATUS=looking for a relay");
	dial(a);
	*out = a;
	return 0;
}

int
agent_run(const struct conf_agent *conf, struct err *e)
{
	struct agent *a;
	int r = agent_new(conf, &a, e);

	if (r < 0)
		return r;
	exposer_begin(&a->exposer); /* before its first turn */
	if (conf->sandbox == 0 && sandbox_enter(SANDBOX_AGENT, e) < 0)
		log_warn(a->log, "no sandbox", LOG_STR("reason", e->text));
	loop_run(a->loop);
	log_info(a->log, "agent stopped");
	agent_free(&a);
	return 0;
}

int
agent_check(const struct conf_agent *conf, struct err *e)
{
	struct service_map s = { 0 };
	struct tls_ctx *ctx = NULL;
	int r = tls_boot(e);

	if (r == 0)
		r = service_map_init(&s, conf, e);
	if (r == 0)
		r = read_tls(conf, false, &ctx, e);
	service_map_fini(&s);
	tls_ctx_free(&ctx);
	tls_thread_fini();
	tls_shutdown();
	return r;
}
