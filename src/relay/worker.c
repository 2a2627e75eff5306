/* worker.c — one pinned thread: its turn, its mail.
 * Thread: its own; init, start, join and fini are called by control.
 * Invariant: after worker_start nobody else touches the struct until
 * worker_join. The thread is an RCU reader that is online except while it
 * sleeps.                                                                    */
#include "relay/worker.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/assert.h"
#include "base/clock.h"
#include "io/sock.h"
#include "relay/anchors.h"
#include "relay/carried.h"
#include "relay/denied.h"
#include "relay/exposures.h"
#include "relay/ingress.h"
#include "relay/rcu.h"
#include "relay/renewals.h"
#include "relay/status.h"
#include "relay/tunnel.h"

#define SWEEP_MS 1000

static void
drop_mail(const struct msg *m)
{
	struct msg copy = *m;

	if (m->type == MSG_HANDOFF)
		sock_close(&copy.u.visitor.fd);
	else if (m->type == MSG_TLS)
		tls_ctx_free(&copy.u.tls);
	else if (m->type == MSG_DENIED)
		denied_unref(&copy.u.denied.list);
	else if (m->type == MSG_TRUST)
		anchors_unref(&copy.u.anchors);
	else if (m->type == MSG_CERTIFICATE)
		renewal_drop(&copy.u.renewal);
	else if (m->type == MSG_EXPOSED)
		exposing_drop(&copy.u.exposing);
	else if (m->type == MSG_TUNNEL_MOVE)
		tunnel_discard(m->u.moving);
}

static void
stop_listening(struct worker *w)
{
	loop_unwatch(w->loop, &w->agent_watch);
	loop_undefer(&w->agent_accept);
	ingress_detach_all(w);
	ingress_stop(w);
}

static void
begin_drain(struct worker *w)
{
	w->draining = true;
	stop_listening(w);
	tunnels_drain(w);
	worker_check_drained(w);
}

static void
begin_pause(struct worker *w)
{
	w->paused = true;
	loop_unwatch(w->loop, &w->agent_watch);
	loop_undefer(&w->agent_accept);
	ingress_detach_all(w);
	tunnels_suspend(w);
	loop_defer(w->loop, &w->pausing);
}

static void
on_pausing(struct task *t)
{
	struct worker *w = container_of(t, struct worker, pausing);
	struct msg m = { .type = MSG_PAUSED };

	if (mailbox_is_flushed(w->box))
		worker_tell_control(w, &m);
	else
		loop_defer(w->loop, t); /* what spilled leaves first */
}

static void
watch_agents(struct worker *w)
{
	if (loop_watch(w->loop, &w->agent_watch, w->agent_fd, LOOP_LEVEL_IN) < 0)
		log_error(w->log, "cannot watch the agents' port any more");
}

static void
wait_for_go(struct worker *w)
{
	while (sem_wait(&w->go) < 0)
		ax_assert(errno == EINTR);
}

/* All others have paused: whatever they sent is there. If this ever returns, nobody
 * has taken what is ours, and agents come back to it.                        */
static void
park(struct task *t)
{
	struct worker *w = container_of(t, struct worker, parking);

	mailbox_receive(w->box);
	ax_assert(sem_post(w->parked) == 0);
	wait_for_go(w);
	w->paused = false;
	if (!w->draining && !w->stopping)
		watch_agents(w);
}

static void
stop(struct worker *w)
{
	w->stopping = true;
	stop_listening(w);
	tunnels_stop(w);
	carried_stop(w);
	loop_stop(w->loop);
}

/* Its listeners come and go by messages of their own, before this one. */
static void
reload(struct worker *w, const struct conf_relay *conf)
{
	struct msg m = { .type = MSG_RELOADED };

	w->conf = conf;
	ingress_reload(w);
	carried_reload(w);
	tunnels_reload(w);
	worker_tell_control(w, &m);
}

static void
on_listener(struct worker *w, const struct msg *m)
{
	if (m->type == MSG_LISTEN_ATTACH)
		ingress_attach(w, m->u.listen.at, m->u.listen.fd);
	else if (m->type == MSG_LISTEN_DETACH)
		ingress_detach(w, m->u.listen.at);
	else
		ingress_close(w, m->u.listen.at, m->u.listen.fd);
}

/* Mail that brings something to keep; see drop_mail. */
static void
on_delivery(struct worker *w, const struct msg *m)
{
	if (m->type == MSG_TLS)
		tunnels_renew(w, m->u.tls);
	else if (m->type == MSG_DENIED)
		tunnels_deny(w, m);
	else if (m->type == MSG_TRUST)
		anchors_change(w, m->u.anchors);
	else if (m->type == MSG_CERTIFICATE)
		renewal_answer(w, m->u.renewal);
	else
		exposures_answer(w, m->u.exposing);
}

static void
on_mail(void *arg, const struct msg *m)
{
	struct worker *w = arg;

	if (w->stopping) {
		drop_mail(m);
		return;
	}
	switch (m->type) {
	case MSG_TUNNEL_VERDICT:
		tunnel_verdict(w, m);
		break;
	case MSG_TUNNEL_EVICT:
		tunnel_evict(w, m->tunnel, m->code);
		break;
	case MSG_LISTEN_ATTACH:
	case MSG_LISTEN_DETACH:
	case MSG_LISTEN_CLOSE:
		on_listener(w, m);
		break;
	case MSG_ROUTES_CHANGED:
		ingress_routes_changed(w, m->u.tenant);
		break;
	case MSG_TLS:
	case MSG_DENIED:
	case MSG_TRUST:
	case MSG_CERTIFICATE:
	case MSG_EXPOSED:
		on_delivery(w, m);
		break;
	case MSG_RELOAD:
		reload(w, m->u.conf);
		break;
	case MSG_STATUS:
		status_fill(w, m->u.part);
		break;
	case MSG_STREAMS:
		carried_ask(w, m->u.streams);
		break;
	case MSG_DRAIN:
		begin_drain(w);
		break;
	case MSG_PAUSE:
		begin_pause(w);
		break;
	case MSG_PARK:
		loop_defer(w->loop, &w->parking);
		break;
	case MSG_STOP:
		stop(w);
		break;
	case MSG_HANDOFF:
		ingress_handoff(w, &m->u.visitor);
		break;
	case MSG_TUNNEL_MOVE:
		tunnel_arrive(w, m->u.moving);
		break;
	case MSG_TUNNEL_HELLO:
	case MSG_TUNNEL_SERVICES:
	case MSG_TUNNEL_AWAY:
	case MSG_TUNNEL_HERE:
	case MSG_TUNNEL_DOWN:
	case MSG_LISTEN_FAILED:
	case MSG_RENEW:
	case MSG_TURNED_AWAY:
	case MSG_EXPOSE:
	case MSG_LISTEN_CLOSED:
	case MSG_STATUS_PART:
	case MSG_STREAMS_PART:
	case MSG_RELOADED:
	case MSG_DENIED_DONE:
	case MSG_DRAINED:
	case MSG_PAUSED:
		ax_assert(!"control's mail at a worker");
	}
}

/* The port is watched by level: whoever is left over is reported again. */
static void
accept_agents(struct task *t)
{
	struct worker *w = container_of(t, struct worker, agent_accept);
	struct addr peer;
	int fd;

	while (share_is_left(&w->strangers) && w->half_open < HALF_OPEN_MAX) {
		int r = sock_accept(w->agent_fd, &w->spare_fd, &fd, &peer);

		share_charge(&w->strangers, ACCEPT_WORK);
		if (r == AX_E_CLOSED)
			continue;
		if (r == AX_E_LIMIT)
			worker_out_of_fds(w);
		if (r < 0)
			return;
		tunnel_accept(w, fd, &peer);
	}
	if (w->half_open >= HALF_OPEN_MAX)
		loop_unwatch(w->loop, &w->agent_watch);
}

static void
on_agent(struct watch *watch, uint32_t events AX_UNUSED)
{
	struct worker *w = container_of(watch, struct worker, agent_watch);

	share_defer(&w->strangers, &w->agent_accept);
}

void
worker_half_open_less(struct worker *w)
{
	ax_assert(w->half_open > 0);
	if (w->half_open-- == HALF_OPEN_MAX && !w->draining && !w->stopping &&
	    !w->paused)
		watch_agents(w);
}

void
worker_out_of_fds(struct worker *w)
{
	uint64_t now = loop_now(w->loop);

	if (now < w->fds_warned_ns + AX_NS_PER_S)
		return;
	w->fds_warned_ns = now;
	log_warn(w->log, "out of descriptors: connections are turned away; "
	    "raise LimitNOFILE");
}

static void
measure(struct worker *w)
{
	uint64_t ran = clock_thread_ns(), now = clock_mono_ns();
	uint64_t passed = now - w->busy_at_ns;

	if (passed > 0)
		atomic_store_explicit(&w->busy, (unsigned)(MIN(ran - w->busy_ran_ns,
		    passed) * 100 / passed), memory_order_relaxed);
	w->busy_ran_ns = ran;
	w->busy_at_ns = now;
}

static void
on_sweep(struct wheel_timer *t)
{
	struct worker *w = container_of(t, struct worker, sweep);

	if (w->spare_fd < 0)
		w->spare_fd = sock_spare();
	tunnels_sweep(w);
	measure(w);
	loop_timer_in(w->loop, t, SWEEP_MS);
}

static bool
before_wait(void *arg)
{
	struct worker *w = arg;

	if (!mailbox_before_sleep(w->box))
		return false;
	rcu_sleep(w->tenants);
	return true;
}

static void
after_wait(void *arg)
{
	struct worker *w = arg;

	rcu_awake();
	rcu_quiescent(w->tenants);
	mailbox_after_sleep(w->box);
	mailbox_receive(w->box);
	atomic_store_explicit(&w->turns, worker_turns(w) + 1,
	    memory_order_relaxed);
}

static bool
shares_grow(struct worker *w, uint32_t n)
{
	struct share **more = realloc(w->shares, n * sizeof(struct share *));

	if (more == NULL)
		return false;
	while (w->n_shares < n)
		more[w->n_shares++] = NULL;
	w->shares = more;
	return true;
}

struct share *
worker_share(struct worker *w, uint32_t tenant)
{
	if (tenant >= w->n_shares && !shares_grow(w, MAX(tenant + 1, 2 * w->n_shares)))
		return &w->strangers;
	if (w->shares[tenant] == NULL) {
		w->shares[tenant] = calloc(1, sizeof(struct share));
		if (w->shares[tenant] == NULL)
			return &w->strangers;
		share_init(w->shares[tenant], w->loop);
	}
	return w->shares[tenant];
}

static void
shares_end(struct worker *w)
{
	for (uint32_t i = 0; i < w->n_shares; i++) {
		if (w->shares[i] != NULL)
			share_fini(w->shares[i]);
		free(w->shares[i]);
	}
	if (w->loop != NULL)
		share_fini(&w->strangers);
	free(w->shares);
}

int
worker_init(struct worker *w, struct err *e)
{
	struct loop_hooks hooks = { before_wait, after_wait, w };
	int r;

	list_init(&w->listeners);
	list_init(&w->tunnels);
	list_init(&w->waiting);
	carried_init(w);
	watch_init(&w->agent_watch, on_agent);
	task_init(&w->agent_accept, accept_agents);
	task_init(&w->pausing, on_pausing);
	task_init(&w->parking, park);
	wheel_timer_init(&w->sweep, on_sweep);
	w->free_slot = UINT32_MAX;
	w->spare_fd = sock_spare();
	r = loop_new(&w->loop, e);
	if (r < 0)
		return r;
	loop_set_hooks(w->loop, &hooks);
	share_init(&w->strangers, w->loop);
	r = link_scratch_new(&w->scratch);
	if (r < 0)
		return err_set(e, r, "worker %u: no memory for its buffers", w->index);
	r = mailbox_open(w->box, w->loop, on_mail, w);
	if (r < 0)
		return err_sys(e, "worker %u: cannot open its mailbox", w->index);
	r = loop_watch(w->loop, &w->agent_watch, w->agent_fd, LOOP_LEVEL_IN);
	if (r < 0)
		return err_sys(e, "worker %u: cannot watch the agents' port", w->index);
	loop_timer_in(w->loop, &w->sweep, SWEEP_MS);
	return 0;
}

static void *
worker_main(void *arg)
{
	struct worker *w = arg;

	wait_for_go(w);
	rcu_reader_begin();
	loop_run(w->loop);
	rcu_reader_end(w->tenants);
	tls_thread_fini();
	return NULL;
}

int
worker_start(struct worker *w, struct err *e)
{
	pthread_attr_t attr;
	cpu_set_t cpus;
	char name[24];
	int r;

	if (pthread_attr_init(&attr) != 0)
		return err_set(e, AX_E_NOMEM, "worker %u: no memory", w->index);
	if (w->cpu >= 0) {
		CPU_ZERO(&cpus);
		CPU_SET((unsigned)w->cpu, &cpus);
		pthread_attr_setaffinity_np(&attr, sizeof(cpus), &cpus);
	}
	r = pthread_create(&w->thread, &attr, worker_main, w);
	pthread_attr_destroy(&attr);
	if (r != 0)
		return err_set(e, AX_E_SYS, "worker %u: cannot start: %s",
		    w->index, strerror(r));
	snprintf(name, sizeof(name), "worker %u", w->index);
	pthread_setname_np(w->thread, name);
	w->running = true;
	return 0;
}

void
worker_join(struct worker *w)
{
	if (w->running)
		pthread_join(w->thread, NULL);
	w->running = false;
}

void
worker_fini(struct worker *w)
{
	ax_assert(!w->running);
	if (w->loop != NULL) {
		loop_unwatch(w->loop, &w->agent_watch);
		loop_undefer(&w->agent_accept);
		loop_undefer(&w->pausing);
		loop_untimer(w->loop, &w->sweep);
	}
	w->stopping = true;
	if (w->loop != NULL)
		mailbox_receive(w->box);
	if (w->box != NULL) /* it never came to be */
		mailbox_close(w->box);
	sock_close(&w->agent_fd);
	sock_close(&w->spare_fd);
	free(w->slots);
	tls_ctx_free(&w->tls);
	denied_unref(&w->denied);
	anchors_unref(&w->anchors);
	link_scratch_free(&w->scratch);
	shares_end(w);
	loop_free(&w->loop);
	log_free(&w->log);
}

void
worker_tell_control(struct worker *w, const struct msg *m)
{
	int r = mailbox_send(w->box, w->control, m);

	ax_assert(r == 0);
}

void
worker_check_drained(struct worker *w)
{
	struct msg m = { .type = MSG_DRAINED };

	if (!w->draining || w->drained || !list_is_empty(&w->tunnels))
		return;
	w->drained = true;
	worker_tell_control(w, &m);
}
