/* admin.h — what the relay says about itself by HTTP, and what it is told, over a
 * Unix socket:
 *	GET  /v1/status	JSON
 *	GET  /v1/health, /v1/ready, /metrics	over TCP, too
 *	GET  /v1/pending	JSON
 *	POST /v1/pending/ID/approve	body: the certificate, PEM
 *	POST /v1/pending/ID/reject
 *	POST /v1/expected	JSON; see expect.h
 *	POST /v1/vouchers	JSON; see voucher.h
 *	POST /v1/drain	JSON: the status
 *	GET  /v1/streams	JSON; see live.h
 *	POST /v1/streams/close, /v1/kick
 *	POST /v1/plan, /v1/reload	JSON; see plan.h
 *	POST /v1/dashboard	a link; see dashboard.h
 *	GET  /v1/revoked, /v1/audit	JSON
 *	GET  /v1/logs	text; see logs.h
 *	POST /v1/revoke, /v1/revoke/undo	body: JSON, who
 *	POST /v1/upgrade	JSON
 * Admin does not know relay: the answers come through struct admin_ops, now or
 * later, because the relay must ask its workers first.
 *
 * Thread: control, for everything here.                                      */
#ifndef ATLAX_ADMIN_ADMIN_H
#define ATLAX_ADMIN_ADMIN_H

#include "admin/dashboard.h"
#include "admin/expect.h"
#include "admin/live.h"
#include "admin/plan.h"
#include "admin/refusals.h"
#include "admin/renewed.h"
#include "admin/revocation.h"
#include "admin/timings.h"
#include "admin/voucher.h"
#include "admin/who.h"
#include "base/err.h"
#include "log/log.h"

struct admin;
struct relay;

struct admin_ops {
	/* Somebody asks for the status. Answer exactly once, in here or later,
	 * with admin_reply_status or admin_fail.                             */
	void (*status)(struct relay *relay, struct admin_request *req);
	/* End in peace; answer as status. Harmless while that goes on. */
	void (*drain)(struct relay *relay, struct admin_request *req);
	/* Another process of the program that is installed now takes over. Answer
	 * with admin_reply_upgraded or admin_refuse.                         */
	void (*upgrade)(struct relay *relay, struct admin_request *req);
	/* Enrolment. Answer at once, with admin_reply_pending; with
	 * admin_reply_decided or admin_refuse.                               */
	void (*pending)(struct relay *relay, struct admin_request *req);
	void (*approve)(struct relay *relay, struct admin_request *req, uint32_t id,
	    struct slice certificate);
	void (*reject)(struct relay *relay, struct admin_request *req, uint32_t id);
	/* Approve a key that may not have asked yet; answer as approve. */
	void (*expect)(struct relay *relay, struct admin_request *req,
	    const struct admin_expect *what);
	/* A voucher is about to be made: admin_reply_voucher or admin_refuse. */
	void (*voucher)(struct relay *relay, struct admin_request *req,
	    const struct admin_voucher *what);
	/* What goes through the relay now, and cutting it off: live.h. */
	void (*streams)(struct relay *relay, struct admin_request *req,
	    const struct admin_streams_wish *wish);
	void (*close_stream)(
	    struct relay *relay, struct admin_request *req, struct admin_stream_id id);
	void (*kick)(struct relay *relay, struct admin_request *req,
	    const struct admin_agent_name *name);
	/* What a file would change, and changing it: plan.h. wish is borrowed. */
	void (*plan)(struct relay *relay, struct admin_request *req,
	    const struct admin_wish *wish);
	void (*reload)(struct relay *relay, struct admin_request *req,
	    const struct admin_wish *wish);
	/* Whom the relay refuses: admin_reply_revoked. Refuse somebody, or no
	 * longer; what is borrowed. Answer once, in here or later, with
	 * admin_reply_revocation, admin_refuse or admin_fail.                */
	void (*revoked)(struct relay *relay, struct admin_request *req);
	void (*revoke)(struct relay *relay, struct admin_request *req,
	    const struct admin_revoke *what);
	void (*unrevoke)(struct relay *relay, struct admin_request *req,
	    const struct admin_revoke *what);
	struct admin_trail trail; /* what is written down: who.h */
};

struct admin_args {
	const char *socket; /* the path; copied. NULL: TCP */
	int fd; /* TCP: a listening socket; Unix: one that listens at the path
		 * already, or 0. Taken, also on failure */
	const struct admin_ops *ops; /* borrowed for life */
	struct relay *relay;	     /* for ops, who know what it is */
	struct log *log;	     /* borrowed; may be NULL */
	/* Where links to it are asked for; NULL: there is none. Borrowed. */
	struct dashboard *dashboard;
	bool is_dashboard; /* TCP: its own door, and not for metrics */
	bool is_remote; /* listens nowhere: see remote.h */
	/* is_remote: are we the host of this name? */
	bool (*names)(struct relay *relay, const char *host);
};

/* Binds the socket (0600; a stale one is replaced), or takes args->fd, and serves
 * nothing yet.
 * Fails: AX_E_EXIST another relay answers on the socket; AX_E_SYS; AX_E_NOMEM. */
AX_CHECKED int admin_new(const struct admin_args *args, struct admin **out, struct err *e);
/* Answers what is open with an error, removes the socket. The owner of ops must
 * forget requests that it has not answered.                                  */
void admin_free(struct admin **a);

/* Watch this for reading (level-triggered). When it is ready, and when
 * admin_timeout_ms has passed, call admin_run; ask for the timeout again after
 * every admin_run and every answer. UINT64_MAX: no timeout.                  */
int admin_fd(const struct admin *a);
int admin_listener(const struct admin *a); /* borrowed */
void admin_run(struct admin *a);
uint64_t admin_timeout_ms(const struct admin *a);

/* --- the answer -----------------------------------------------------------
 * Plain data, borrowed during the call. Texts may hold anything: they are
 * escaped. The JSON has the same names and the same nesting.                 */

struct admin_worker {
	uint32_t index;
	uint64_t sessions, streams, loop_turns;
	uint64_t busy; /* per cent of a processor, in the last second */
	uint64_t bytes_in, bytes_out; /* to and from agents, payload */
};

struct admin_refused { /* public connections turned away since start */
	uint64_t n[REFUSALS];
};

struct admin_bandwidth { /* bytes a second; 0: no limit */
	uint64_t up, down; /* to the agents, to the visitors */
};

struct admin_service {
	const char *name, *listen;
	uint64_t connections; /* accepted since start */
	struct admin_refused refused;
	struct admin_bandwidth bandwidth;
};

struct admin_health { /* what the agent says about one of its services */
	const char *service;
	bool ok;
	bool unproven; /* ok only as far as nobody knows otherwise */
};

struct admin_lane { /* one of an agent's tunnels */
	uint32_t lane, worker;
	uint64_t rtt_us, streams, bytes_in, bytes_out;
	bool connected;	 /* false: lost, its session is kept for a while */
	uint64_t away_s; /* since when it is not */
};

struct admin_agent {
	const char *agent;   /* name from the certificate; may be empty */
	const char *address; /* where it connects from; off: from where it did last */
	bool connected;	     /* any of its lanes */
	uint64_t away_s, trusted; /* since when none is; number of its trust bundle */
	uint32_t worker;     /* of its first lane, as address and rtt_us */
	uint64_t rtt_us, uptime_s, streams, bytes_in, bytes_out; /* of all */
	uint64_t replay_bytes; /* kept until it says that they arrived */
	const struct admin_lane *lanes;
	size_t n_lanes;
	const char *cipher, *software, *issued_by; /* by: its certificate's CA */
	int64_t not_after; /* of its certificate, Unix seconds */
	const struct admin_health *services_health;
	size_t n_services_health;
	int64_t last_seen; /* of one that is off, Unix seconds; else 0 */
	const char *why;   /* it went; else NULL */
};

struct admin_limits { /* 0: no limit */
	uint64_t agents, streams, connections_per_second, memory, quota;
};

struct admin_tenant {
	const char *name;
	const struct admin_service *services;
	size_t n_services;
	const struct admin_agent *agents;
	size_t n_agents;
	const struct admin_agent *offs; /* that are not there, but were: no lanes */
	size_t n_offs;
	uint64_t streams, memory, used; /* used: bytes, in this month */
	struct admin_limits limits;
	struct admin_bandwidth bandwidth;
	struct admin_refused refused; /* of all its services, also those gone */
	struct admin_renewed renewed;
};

struct admin_status {
	const char *version, *listen, *month; /* "2026-11", UTC */
	int64_t pid;
	uint64_t uptime_s;
	bool draining;
	int64_t not_before, not_after; /* of its certificate, Unix seconds */
	uint64_t crl_number, trust_sequence; /* 0: no trust bundle */
	int64_t crl_next_update; /* Unix seconds */
	uint64_t denied; /* names and keys that atlax revoke has named */
	const char *const *alarms; /* sentences: what must be looked after */
	size_t n_alarms;
	uint64_t handshakes_failed; /* agents turned away by TLS or HELLO, or before */
	uint64_t bans; /* of sources, begun since start */
	uint64_t memory, memory_max; /* of sessions and visitors; max: 0 is no limit */
	struct timings timings;
	struct admin_renewed renewed; /* also of who is not of a tenant here */
	const struct admin_worker *workers;
	size_t n_workers;
	const struct admin_tenant *tenants;
	size_t n_tenants;
};

struct admin_upgraded { /* what another process has now */
	int64_t pid;
	uint64_t tunnels, connections, waiting;
	uint64_t paused_ms; /* nobody was served for so long */
};

/* Take req: it is gone afterwards. */
void admin_reply_upgraded(
    struct admin_request *req, const struct admin_upgraded *u);
void admin_reply_status(struct admin_request *req, const struct admin_status *s);
void admin_reply_pending(
    struct admin_request *req, const struct admin_enrolment *e);
void admin_reply_decided(struct admin_request *req, const struct admin_decided *d);
void admin_reply_revoked(
    struct admin_request *req, const struct admin_revoked_list *a);
void admin_reply_revocation(
    struct admin_request *req, const struct admin_revocation *a);
void admin_refuse(struct admin_request *req, const char *sentence); /* 409 */
void admin_fail(struct admin_request *req, const char *sentence); /* 503 */

#endif
