/* control.h — the relay's one writer: agents in and out, listeners, drain.
 * Thread: control (the main thread), for all.                                */
#ifndef ATLAX_RELAY_CONTROL_H
#define ATLAX_RELAY_CONTROL_H

#include "io/notify.h"
#include "io/signal.h"
#include "relay/takeovers.h"
#include "relay/worker.h"

struct admin;
struct anchors;
struct status_query;
struct enrolment;
struct reload;
struct revocation;
struct renewals;
struct upgrade;
struct heir;
struct audit;
struct exposure;
struct operators;
struct quotas;
struct seen;
struct spare;

struct public_port {
	struct service_ref at;
	char listen[ADDR_TEXT_MAX]; /* what was bound: port 0 is a real one here */
	int fd;			    /* -1: the service is gone, or nobody's */
	struct exposure *by;	    /* a granted port: whose; see exposures.h */
	uint64_t attached; /* bit per worker that polls it */
};

struct relay {
	const struct conf_relay *conf; /* in force; another one by reload.h */
	struct log_sink *sink;
	struct log *log;
	struct loop *loop;
	struct signals signals;
	struct notify notify;
	struct tls_ctx *tls; /* the generation that workers have clones of */
	struct tenants *tenants;
	struct per_source *per_source;
	struct takeovers takeovers;
	struct mail_system *mail;
	struct mailbox *box;
	struct worker *workers;
	unsigned n_workers;
	struct public_port *ports; /* of each tenant, of each service */
	size_t n_ports, ports_max; /* max: what mail has room for */
	uint32_t agents_max;	   /* the same */
	char agents_on[ADDR_TEXT_MAX]; /* bound, as the ports' */
	struct task reclaim;
	struct wheel_timer drain_timer, validity_timer, attach_timer;
	sem_t parked; /* posted by each worker that is */
	unsigned drained;
	bool draining;
	uint8_t id[16];
	uint64_t started_ns;
	struct status_service *status;
	struct list stream_queries; /* see carried.h */
	struct enrolment *enrolment;
	struct reload *reload; /* under way; NULL: none */
	struct conf_relay *reloaded; /* conf, if it is not the first one */
	struct revocation *revocation;
	struct renewals *renewals;
	struct anchors *anchors; /* what agents are told; NULL: nothing */
	struct list resting, lost; /* see exposures.c */
	struct upgrade *upgrade; /* that goes on, or NULL */
	struct audit *audit;
	struct quotas *quotas;
	struct seen *seen;
	struct spare *spare;
	struct operators *operators; /* NULL: nobody manages from elsewhere */
	struct heir *heir;	 /* until what another process had is ours */
};

/* Sends m to a worker, to all; there is room for whatever control has to say. */
void control_tell(struct relay *r, unsigned worker, const struct msg *m);
void control_tell_all(struct relay *r, const struct msg *m);
/* Everything is open: attach each public port to a worker. */
void control_attach_ports(struct relay *r);
/* The workers in wanted poll it, others do not; a bit for each. */
void control_attach_port(struct relay *r, struct public_port *p, uint64_t wanted);
/* A port that no agent lends yet is polled by one worker. */
void control_attach_new(struct relay *r, struct public_port *p);
/* A message from a worker. */
void control_mail(void *relay, const struct msg *m);
/* Listens where c says for p->at, unless p->fd does already. Fails: AX_E_SYS, AX_E_SYNTAX. */
AX_CHECKED int control_open_port(
    const struct conf_relay *c, struct public_port *p, struct err *e);
/* Reads the certificates, keys and revocation list that c names, and gives them to
 * the workers; or changes nothing.
 * Fails: AX_E_CONFIG, AX_E_NOMEM, as tls_ctx_new.                            */
AX_CHECKED int control_renew(
    struct relay *r, const struct conf_relay *c, struct err *e);
/* SIGTERM: drain; a second one: stop at once. SIGHUP: reload. */
void control_signal(struct signals *s, int signo);
/* Ends in peace: as at SIGTERM, but asking twice is asking once. */
void control_drain(struct relay *r);
/* How long our certificate and the CRL are good for, to the log; now and daily. */
void control_report_validity(struct relay *r);
void control_validity_due(struct wheel_timer *t);
/* A worker could not poll a port. */
void control_attach_again(struct wheel_timer *t);
/* Puts a context (taken) in the place of the one in force, in every worker.
 * Fails: AX_E_CONFIG (its list is older), AX_E_TLS, AX_E_NOMEM; nothing changed. */
AX_CHECKED int control_take_tls(struct relay *r, struct tls_ctx *ctx, struct err *e);
/* The file of the revocation list has changed. */
void control_read_crl(struct relay *r);
/* The drain's time is over. */
void control_drain_over(struct wheel_timer *t);
/* Frees retired parts of the tenant table, once per turn with changes. */
void control_reclaim(struct task *t);

#endif
