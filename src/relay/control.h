/* control.h — the relay's one writer: agents in and out, listeners, drain.
 * Thread: control (the main thread), for all.                                */
#ifndef ATLAX_RELAY_CONTROL_H
#define ATLAX_RELAY_CONTROL_H

#include "io/notify.h"
#include "io/signal.h"
#include "relay/takeovers.h"
#include "relay/worker.h"

struct admin;
struct status_query;
struct enrolment;

struct public_port {
	struct service_ref at;
	char listen[ADDR_TEXT_MAX]; /* what was bound: port 0 is a real one here */
	int fd;
	uint64_t attached; /* bit per worker that polls it */
};

struct relay {
	const struct conf_relay *conf;
	struct log_sink *sink;
	struct log *log;
	struct loop *loop;
	struct signals signals;
	struct notify notify;
	struct tls_ctx *tls; /* the generation that workers have clones of */
	struct tenants *tenants;
	struct takeovers takeovers;
	struct mail_system *mail;
	struct mailbox *box;
	struct worker *workers;
	unsigned n_workers;
	struct public_port *ports;
	size_t n_ports;
	char agents_on[ADDR_TEXT_MAX]; /* bound, as the ports' */
	struct task reclaim;
	struct wheel_timer drain_timer, validity_timer;
	unsigned drained;
	bool draining;
	uint8_t id[16];
	uint64_t started_ns;
	struct status_service *status;
	struct list stream_queries; /* see carried.h */
	struct enrolment *enrolment;
};

/* Everything is open: attach each public port to a worker. */
void control_attach_ports(struct relay *r);
/* A message from a worker. */
void control_mail(void *relay, const struct msg *m);
/* SIGTERM: drain; a second one: stop at once. SIGHUP: renew. */
void control_signal(struct signals *s, int signo);
/* Ends in peace: as at SIGTERM, but asking twice is asking once. */
void control_drain(struct relay *r);
/* How long our certificate and the CRL are good for, to the log; now and daily. */
void control_report_validity(struct relay *r);
void control_validity_due(struct wheel_timer *t);
/* The drain's time is over. */
void control_drain_over(struct wheel_timer *t);
/* Frees retired parts of the tenant table, once per turn with changes. */
void control_reclaim(struct task *t);

#endif
