/* agent.h — the client: keeps a tunnel to a relay up, for ever, and connects its
 * streams to local services. One thread, one loop.                           */
#ifndef ATLAX_AGENT_AGENT_H
#define ATLAX_AGENT_AGENT_H

#include "agent/backoff.h"
#include "agent/dialer.h"
#include "agent/exposer.h"
#include "agent/lanes.h"
#include "agent/renewer.h"
#include "agent/service_map.h"
#include "io/netchange.h"
#include "io/notify.h"
#include "io/signal.h"
#include "link/link.h"
#include "log/log.h"

struct uplink;

struct agent {
	const struct conf_agent *conf;
	struct log_sink *sink;
	struct log *log;
	struct loop *loop;
	struct share share; /* of all uplinks */
	struct signals signals;
	struct notify notify;
	struct tls_ctx *tls;
	struct link_scratch *scratch;
	struct resolver *resolver;
	struct service_map services;
	struct dialer dialer;
	struct backoff backoff;
	struct wheel_timer retry;
	struct netchange network;
	size_t next_relay; /* to begin with: 0, or the one after a relay that
			    * took the connection and then refused */
	struct list uplinks;	/* the current one, and those that drain */
	struct uplink *current; /* the first lane; NULL while dialling */
	struct uplink *heir; /* goes on over the next connection; or NULL */
	struct lanes lanes;	/* the others */
	uint32_t connections;	/* of all uplinks */
	struct task dials; /* places came free: connect_next */
	struct wheel_timer validity;
	struct renewer renewer;
	struct exposer exposer;
	struct wheel_timer announce; /* SERVICES at most once a second */
	uint8_t instance[16];
	bool stopping;
};

/* Runs an agent until SIGTERM or SIGINT. SIGHUP reads the services and log.level,
 * certificate and key again, and connects anew. Fails: any AX_E_, and what went
 * wrong stands in e. Thread: boot.                                           */
AX_CHECKED int agent_run(const struct conf_agent *conf, struct err *e);
/* Certificate, key and targets beyond the text of the configuration, for --check.
 * Fails: AX_E_CONFIG. Thread: boot.                                          */
AX_CHECKED int agent_check(const struct conf_agent *conf, struct err *e);

/* The same without the turning: the caller turns a->loop until it is stopped. *out
 * dials already. Thread: the agent's. Fails: what begins fails with, in e.   */
AX_CHECKED int agent_new(
    const struct conf_agent *conf, struct agent **out, struct err *e);
/* Ends in order, as at SIGTERM; called again: at once. Then the loop is stopped. */
void agent_stop(struct agent *a);
void agent_free(struct agent **a); /* cuts off what is left; nulls */

/* --- for the other files of this directory. Thread: the agent's. ----------- */

/* u, the first lane, is to go on over another connection to the same relay, which
 * is dialled as below. What it has may still be good.                        */
void agent_move(struct agent *a, struct uplink *u, uint64_t delay_ms);
/* u no longer is what new streams come over (it drains, or is gone): dial another
 * one after about delay_ms; AGENT_BACKOFF: as the back-off says.            */
#define AGENT_BACKOFF UINT64_MAX
void agent_redial(struct agent *a, struct uplink *u, uint64_t delay_ms);
/* u's relay goes away: dial the next one at once, or, if there is no other, this one
 * after about so long. u still carries what it carries.                      */
void agent_leave(struct agent *a, struct uplink *u, uint64_t reconnect_ms);
/* The certificate has changed: read it again, and go over to it. What cannot be used
 * is refused, and the old one stays in use.                                  */
void agent_renew(struct agent *a);
/* The CAs that sign relays have changed: they count from the next connection on. */
void agent_trust(struct agent *a);
/* A service's health changed: tell the relay soon. */
void agent_announce(struct agent *a);
/* An uplink was freed; the last one ends a stop. */
void agent_uplink_gone(struct agent *a);

#endif
