/* test_ingress.c — how many visitors of whom a worker takes in a turn. The worker
 * here is its loop, its shares and its table: no thread, no agent; whoever was
 * let in waits.                                                              */
#include "relay/ingress.h"

#include <stdlib.h>

#include "io/sock.h"
#include "relay/mailbox.h"
#include "relay/rcu.h"

#include "../check_main.h"

#define PORTS 3 /* of the flooded tenant; the other has one */
#define FLOOD 100 /* visitors of each of them */
#define OTHERS 5

static char acme[] = "acme", beta[] = "beta", name[] = "web";
static struct conf_service services[PORTS];
static struct conf_tenant list[2];
static struct conf_relay conf;

struct port {
	int fd;
	struct addr at;
};

static void
worker_begin(struct worker *w)
{
	*w = (struct worker){ .conf = &conf, .spare_fd = -1 };
	for (int i = 0; i < PORTS; i++)
		services[i].name = name;
	list[0] = (struct conf_tenant){ .name = acme, .services = services,
		.n_services = PORTS, .limits = { .streams = 1000 } };
	list[1] = (struct conf_tenant){ .name = beta, .services = services,
		.n_services = 1, .limits = { .streams = 1000 } };
	conf = (struct conf_relay){ .tenants = list, .n_tenants = 2,
		.wait_ms = 60000, .limits = { .streams = 10000 } };
	list_init(&w->listeners);
	list_init(&w->waiting);
	ck_assert_int_eq(loop_new(&w->loop, NULL), 0);
	ck_assert_int_eq(tenants_new(&conf, &w->tenants), 0);
	rcu_reader_begin();
}

static void
worker_end(struct worker *w)
{
	ingress_detach_all(w);
	ingress_stop(w);
	rcu_reader_end(w->tenants);
	for (uint32_t i = 0; i < w->n_shares; i++) {
		if (w->shares[i] != NULL)
			share_fini(w->shares[i]);
		free(w->shares[i]);
	}
	free(w->shares);
	tenants_free(&w->tenants);
	loop_free(&w->loop);
}

static void
port_open(struct port *p, struct worker *w, uint32_t tenant, uint32_t service)
{
	ck_assert_int_eq(addr_parse("127.0.0.1:0", &p->at, NULL), 0);
	ck_assert_int_eq(sock_listen(&(struct listen_args){ .addr = &p->at,
	    .backlog = 4096 }, &p->fd, NULL), 0);
	ck_assert_int_eq(sock_local(p->fd, &p->at), 0);
	ingress_attach(w, (struct service_ref){ tenant, service }, p->fd);
}

static void
visit(const struct port *p, int *fd, int n)
{
	for (int i = 0; i < n; i++) {
		int r = sock_connect(&p->at, &fd[i], NULL);

		ck_assert(r == 0 || r == AX_E_AGAIN);
	}
}

static unsigned
streams(struct worker *w, uint32_t tenant)
{
	return atomic_load(&tenants_usage(w->tenants, tenant)->streams);
}

START_TEST(ingress_takes_a_tenants_visitors_within_its_share)
{
	static int flood[PORTS][FLOOD], others[OTHERS];
	struct port port[PORTS], other;
	struct worker w;

	worker_begin(&w);
	for (uint32_t i = 0; i < PORTS; i++)
		port_open(&port[i], &w, 0, i);
	port_open(&other, &w, 1, 0);
	for (int i = 0; i < PORTS; i++)
		visit(&port[i], flood[i], FLOOD);
	visit(&other, others, OTHERS);
	loop_turn(w.loop, AX_NS_PER_S);
	ck_assert_uint_eq(streams(&w, 1), OTHERS);
	ck_assert_uint_gt(streams(&w, 0), 0);
	ck_assert_uint_le(streams(&w, 0), SHARE_TURN / ACCEPT_WORK);
	/* All of them in the end, whichever port they came to. */
	for (int k = 0; k < 100; k++)
		loop_turn(w.loop, 0);
	ck_assert_uint_eq(streams(&w, 0), PORTS * FLOOD);
	worker_end(&w);
	for (int i = 0; i < PORTS; i++) {
		sock_close(&port[i].fd);
		for (int k = 0; k < FLOOD; k++)
			sock_close(&flood[i][k]);
	}
	sock_close(&other.fd);
	for (int k = 0; k < OTHERS; k++)
		sock_close(&others[k]);
}
END_TEST

/* --- who finds no place at once -------------------------------------------------- */

static struct visitor *came; /* to the other worker */

static void
on_mail(void *arg AX_UNUSED, const struct msg *m)
{
	ck_assert_int_eq(m->type, MSG_HANDOFF);
	*came = m->u.visitor;
}

static void
lend_elsewhere(struct worker *w)
{
	struct tunnel_ref ref = { .worker = 1, .slot = 1, .gen = 1 };
	struct lane lane = { .agent = "a" };
	struct service_set set = { { 1 } };
	atomic_uint *load;

	ck_assert_int_eq(tenants_put(w->tenants, 0, ref, &lane, &load), 0);
	ck_assert_int_eq(tenants_offer(w->tenants, 0, ref, &set, &set), 0);
}

/* Which of two agents has the fewer streams may change while he is on his way, so that
 * each worker names the other one; no route changes, and nobody would wake him. */
START_TEST(ingress_looks_again_for_a_visitor_who_was_moved_twice)
{
	struct visitor v = { .fd = -1, .hops = 2 }, there = { .fd = -1, .hops = 99 };
	struct mail_system *mail;
	struct worker w;

	came = &there;
	worker_begin(&w);
	lend_elsewhere(&w);
	ck_assert_int_eq(mail_system_new(2, 10, &mail), 0);
	w.box = mail_system_box(mail, 0);
	ck_assert_int_eq(mailbox_open(w.box, w.loop, on_mail, NULL), 0);
	ck_assert_int_eq(mailbox_open(mail_system_box(mail, 1), w.loop, on_mail, NULL), 0);
	ingress_handoff(&w, &v);
	ck_assert(!list_is_empty(&w.waiting));
	for (int i = 0; i < 100 && !list_is_empty(&w.waiting); i++)
		loop_turn(w.loop, 100 * AX_NS_PER_MS);
	ck_assert(list_is_empty(&w.waiting));
	mailbox_receive(mail_system_box(mail, 1));
	ck_assert_uint_eq(there.hops, 1);
	mailbox_close(w.box);
	mailbox_close(mail_system_box(mail, 1));
	mail_system_free(&mail);
	worker_end(&w);
}
END_TEST

CHECK_MAIN("ingress", ingress_takes_a_tenants_visitors_within_its_share,
    ingress_looks_again_for_a_visitor_who_was_moved_twice)
