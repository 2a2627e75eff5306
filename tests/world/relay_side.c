/* relay_side.c — begin, upgrade and end of the relay. What relay.c does around
 * threads and files, done without them; everything between is the relay's own.
 * Thread: main.                                                              */
#include "relay_side.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "io/sock.h"
#include "loop.h"
#include "memory.h"
#include "plan.h"
#include "relay/denied.h"
#include "relay/snapshot.h"
#include "roads.h"
#include "sink.h"
#include "world.h"

#define SPILL 200

struct relay_side relay_side;

static bool
before_wait(void *arg)
{
	struct relay *r = arg;

	return mailbox_before_sleep(r->box);
}

static void
after_wait(void *arg)
{
	struct relay *r = arg;

	mailbox_after_sleep(r->box);
	mailbox_receive(r->box);
}

static void
listen_at(const char *text, bool shared, int inherited, int *fd)
{
	struct addr a;
	struct listen_args args = { .addr = &a, .backlog = 1, .reuse_port = shared };
	struct err e;

	*fd = inherited;
	if (inherited >= 0)
		return;
	world_check(addr_parse(text, &a, &e) == 0 && sock_listen(&args, fd, &e) == 0,
	    "cannot listen on %s", text);
}

/* heir: NULL, or whose listeners it takes. */
static void
open_ports(struct relay_process *x, struct relay *from)
{
	struct relay *r = x->r;

	for (uint32_t i = 0; i < r->conf->n_tenants; i++) {
		for (uint32_t k = 0; k < r->conf->tenants[i].n_services; k++) {
			struct public_port *p = &r->ports[r->n_ports];

			p->at = (struct service_ref){ i, k };
			listen_at(r->conf->tenants[i].services[k].listen, false,
			    from == NULL ? -1 : net_dup(from->ports[r->n_ports].fd,
			    &x->proc), &p->fd);
			r->n_ports++;
		}
	}
}

static void
make_worker(struct relay_process *x, unsigned i, struct relay *from)
{
	struct relay *r = x->r;
	struct worker *w = &r->workers[i];
	struct err e;
	int rc;

	w->conf = r->conf;
	w->tenants = r->tenants;
	w->relay_id = r->id;
	w->denied = denied_ref(relay_side.denied);
	w->index = i;
	w->control = r->n_workers;
	w->box = mail_system_box(r->mail, i);
	w->cpu = -1;
	w->spare_fd = -1;
	listen_at(r->conf->listen, true, from == NULL ? -1 :
	    net_dup(from->workers[i].agent_fd, &x->proc), &w->agent_fd);
	rc = log_new(sink, "worker", &w->log);
	if (rc == 0)
		rc = tls_ctx_clone(r->tls, &w->tls, &e);
	if (rc == 0)
		rc = worker_init(w, &e);
	world_check(rc == 0, "a worker does not begin");
}

static void
make_parts(struct relay *r)
{
	struct loop_hooks hooks = { before_wait, after_wait, r };
	struct err e;

	rng_secret(r->id, sizeof(r->id));
	world_check(log_new(sink, "control", &r->log) == 0 &&
	    loop_new(&r->loop, &e) == 0 &&
	    tls_ctx_new(TLS_RELAY, NULL, &r->tls, &e) == 0 &&
	    tenants_new(r->conf, &r->tenants) == 0 &&
	    takeovers_init(&r->takeovers) == 0 &&
	    mail_system_new(r->n_workers + 1, SPILL, &r->mail) == 0,
	    "the relay does not begin");
	list_init(&r->stream_queries);
	task_init(&r->reclaim, control_reclaim);
	wheel_timer_init(&r->drain_timer, control_drain_over);
	wheel_timer_init(&r->validity_timer, control_validity_due);
	wheel_timer_init(&r->attach_timer, control_attach_again);
	r->box = mail_system_box(r->mail, r->n_workers);
	loop_set_hooks(r->loop, &hooks);
	world_check(mailbox_open(r->box, r->loop, control_mail, r) == 0, "no mail");
	notify_begin(&r->notify, r->loop, NULL);
}

/* from: whose listeners it takes; NULL: nobody's. */
static struct relay_process *
start(struct relay *from)
{
	struct relay_process *x = calloc(1, sizeof(*x));
	struct relay *r = calloc(1, sizeof(*r));

	proc_begin(&x->proc, "relay");
	x->r = r;
	kernel_run_as(&x->proc);
	memory_hold();
	r->conf = &plan.relay;
	r->n_workers = plan.relay.workers;
	r->ports = calloc(TENANTS * SERVICES, sizeof(*r->ports));
	r->ports_max = TENANTS * SERVICES;
	r->agents_max = 1000;
	r->workers = aligned_alloc(64, r->n_workers * sizeof(*r->workers));
	memset(r->workers, 0, r->n_workers * sizeof(*r->workers));
	make_parts(r);
	open_ports(x, from);
	for (unsigned i = 0; i < r->n_workers; i++)
		make_worker(x, i, from);
	control_attach_ports(r);
	memory_release();
	kernel_run_as(NULL);
	return x;
}

void
relay_start(void)
{
	struct err e;

	if (relay_side.denied == NULL)
		world_check(denied_parse("-", slice_str(""), &relay_side.denied, &e) ==
		    0, "no list");
	relay_side.now = start(NULL);
}

/* As workers_end and what is below it in relay.c. */
static void
finish(struct relay_process *x)
{
	struct relay *r = x->r;
	struct msg m = { .type = MSG_STOP };

	kernel_run_as(&x->proc);
	memory_hold();
	for (unsigned i = 0; i < r->n_workers; i++) {
		world_check(mailbox_send(r->box, i, &m) == 0, "no room for mail");
		loop_turn(r->workers[i].loop, 0);
	}
	for (unsigned i = 0; i < r->n_workers; i++)
		worker_fini(&r->workers[i]);
	mailbox_receive(r->box);
	mailbox_close(r->box);
	loop_untimer(r->loop, &r->drain_timer);
	loop_untimer(r->loop, &r->validity_timer);
	loop_untimer(r->loop, &r->attach_timer);
	loop_undefer(&r->reclaim);
	notify_end(&r->notify);
	mail_system_free(&r->mail);
	free(r->workers);
	for (size_t i = 0; i < r->n_ports; i++)
		sock_close(&r->ports[i].fd);
	free(r->ports);
	tenants_free(&r->tenants);
	takeovers_fini(&r->takeovers);
	tls_ctx_free(&r->tls);
	loop_free(&r->loop);
	log_free(&r->log);
	free(r);
	memory_release();
	kernel_run_as(NULL);
	proc_end(&x->proc);
	free(x);
}

void
relay_kill(void)
{
	proc_kill(&relay_side.now->proc);
	finish(relay_side.now);
	relay_side.now = NULL;
	relay_side.kills++;
}

void
relay_drain(void)
{
	kernel_run_as(&relay_side.now->proc);
	control_drain(relay_side.now->r);
	relay_side.now->pauses = false; /* an upgrade is given up */
	kernel_run_as(NULL);
	relay_side.drains++;
}

/* --- upgrade ------------------------------------------------------------------- */

void
relay_upgrade(void)
{
	struct msg m = { .type = MSG_PAUSE };

	if (relay_side.now->pauses || relay_side.now->r->draining)
		return;
	relay_side.now->pauses = true;
	kernel_run_as(&relay_side.now->proc);
	control_tell_all(relay_side.now->r, &m);
	kernel_run_as(NULL);
}

/* The descriptors that went along, by other numbers. */
static void
pass_fds(struct buf *fds, struct proc *to)
{
	int *all = (int *)(void *)(fds->mem + fds->head);

	for (size_t i = 0; i < buf_len(fds) / sizeof(int); i++)
		all[i] = net_dup(all[i], to);
}

static void
write_state(struct relay_process *x, struct buf *state, struct buf *fds)
{
	struct snapshot_counts n;
	struct frost f;

	kernel_run_as(&x->proc);
	for (unsigned i = 0; i < x->r->n_workers; i++)
		mailbox_receive(x->r->workers[i].box);
	frost_write(&f, state, fds);
	snapshot_write(x->r, &f, &n);
	kernel_run_as(NULL);
	world_check(!f.bad, "the snapshot cannot be written");
	world_say("upgrade: %llu tunnels, %llu connections, %llu wait, %zu bytes",
	    (unsigned long long)n.tunnels, (unsigned long long)n.connections,
	    (unsigned long long)n.waiting, buf_len(state));
}

/* Between MSG_PARK and GO of upgrade.c and heir.c: the same calls, in one process. */
static void
hand_over(void)
{
	struct relay_process *before = relay_side.now, *x;
	struct buf state, fds;
	struct frost f;
	struct err e = { 0 };

	memory_hold();
	buf_init(&state);
	buf_init(&fds);
	write_state(before, &state, &fds);
	x = start(before->r);
	if (buf_len(&fds) > 0)
		pass_fds(&fds, &x->proc);
	kernel_run_as(&x->proc);
	frost_read(&f, buf_slice(&state), &fds);
	world_check(snapshot_read(x->r, &f, &e) == 0,
	    "the snapshot cannot be read: %s", e.text);
	kernel_run_as(NULL);
	proc_kill(&before->proc);
	finish(before);
	buf_fini(&state);
	buf_fini(&fds);
	memory_release();
	relay_side.now = x;
	relay_side.upgrades++;
}

bool
relay_turn(void)
{
	struct relay_process *x = relay_side.now;

	if (x == NULL)
		return false;
	if (x->pauses && x->paused == x->r->n_workers) {
		hand_over();
		return true;
	}
	if (!loop_is_stopped(x->r->loop))
		return false;
	finish(x);
	relay_side.now = NULL;
	return true;
}

/* --- revocation ------------------------------------------------------------------- */

void
relay_deny(const char *tenant, const char *agent)
{
	struct denied *list;
	char text[200];
	struct err e;

	snprintf(text, sizeof(text), tenant == NULL ? "%s%s" :
	    "name %s/%s 2036-01-01T00:00:00Z\n", tenant == NULL ? "" : tenant,
	    tenant == NULL ? "" : agent);
	world_check(denied_parse("-", slice_str(text), &list, &e) == 0, "%s", e.text);
	denied_unref(&relay_side.denied);
	relay_side.denied = list;
	if (relay_side.now == NULL)
		return;
	kernel_run_as(&relay_side.now->proc);
	for (unsigned i = 0; i < relay_side.now->r->n_workers; i++) {
		struct msg m = { .type = MSG_DENIED };

		m.u.denied.list = denied_ref(list);
		control_tell(relay_side.now->r, i, &m);
	}
	kernel_run_as(NULL);
}

void
relay_read_crl(void)
{
	struct tls_ctx *ctx;
	struct err e;

	if (relay_side.now == NULL)
		return;
	kernel_run_as(&relay_side.now->proc);
	memory_hold();
	world_check(tls_ctx_new_crl(relay_side.now->r->tls, "", &ctx, &e) == 0 &&
	    control_take_tls(relay_side.now->r, ctx, &e) == 0, "no list: %s", e.text);
	memory_release();
	kernel_run_as(NULL);
}

void
relay_end(void)
{
	if (relay_side.now != NULL)
		finish(relay_side.now);
	denied_unref(&relay_side.denied);
	relay_side = (struct relay_side){ 0 };
}
