/* msg.h — every message between the relay's threads. By value: nothing is
 * allocated to send one. A descriptor or a pointer inside is the receiver's
 * from then on. Thread: any.                                                 */
#ifndef ATLAX_RELAY_MSG_H
#define ATLAX_RELAY_MSG_H

#include <stdatomic.h>

#include "base/defs.h"

struct anchors;
struct conf_relay;
struct denied;
struct revoke_order;
struct renewal_job;
struct turned_away;
struct exposing_job;
struct status_part;
struct carried_part;
struct tls_ctx;
struct tunnel;

#define RELAY_SERVICES_MAX 256 /* of one tenant */
#define RELAY_WORKERS_MAX 64

/* A tunnel, for other threads: no pointer to it ever leaves its worker. */
struct tunnel_ref {
	uint16_t worker;
	uint16_t pad;
	uint32_t slot;
	uint32_t gen; /* a slot that was used again has another one */
};

static inline bool
tunnel_ref_eq(struct tunnel_ref a, struct tunnel_ref b)
{
	return a.worker == b.worker && a.slot == b.slot && a.gen == b.gen;
}

/* Which tunnel of which agent: a process may hold several at a time. */
struct lane {
	char agent[64]; /* name of the certificate */
	uint8_t instance[16]; /* of the process; random */
	uint8_t index;
};

/* Which of its tenant's services an agent lends; bit = index in the
 * configuration.                                                             */
struct service_set {
	uint64_t bits[RELAY_SERVICES_MAX / 64];
};

static inline bool
service_set_has(const struct service_set *s, unsigned i)
{
	return (s->bits[i / 64] >> (i % 64)) & 1;
}

static inline void
service_set_add(struct service_set *s, unsigned i)
{
	s->bits[i / 64] |= UINT64_C(1) << (i % 64);
}

static inline void
service_set_drop(struct service_set *s, unsigned i)
{
	s->bits[i / 64] &= ~(UINT64_C(1) << (i % 64));
}

/* A public port. */
struct service_ref {
	uint32_t tenant; /* index in the tenant table */
	uint32_t service; /* index within the tenant */
};

/* In place of the second: of a connection that came from another process, where its
 * service had been taken out of the configuration. It has no name any more.  */
#define SERVICE_GONE UINT32_MAX

/* A visitor's connection, on its way to the tunnel that will carry it. */
struct visitor {
	int fd;
	struct service_ref at;
	uint16_t client_port, local_port;
	uint8_t addr_len; /* 0, 4 or 16 */
	uint8_t hops;	  /* from worker to worker so far */
	bool counted;	  /* by per_source.h */
	uint8_t client[16], local[16];
};

enum msg_type {
	/* worker → control */
	MSG_TUNNEL_HELLO,    /* an agent said HELLO: may it come in? */
	MSG_TUNNEL_SERVICES, /* what it lends, now */
	MSG_TUNNEL_HERE,     /* it has a connection, or another one */
	MSG_TUNNEL_AWAY,     /* it has none, but may have one again */
	MSG_TUNNEL_DOWN,     /* it is gone, with code */
	MSG_LISTEN_FAILED,   /* it cannot poll a listener; say it again later */
	MSG_RENEW,	     /* its agent wants a certificate: takes renewal */
	MSG_TURNED_AWAY,     /* an agent was: takes turned */
	MSG_EXPOSE,	     /* its agent wants ports exposed: takes exposing */
	MSG_LISTEN_CLOSED,   /* it does not look at a listener any more */
	MSG_STATUS_PART,     /* a worker's share of a status answer: takes part */
	MSG_STREAMS_PART,    /* the same of an answer about streams */
	MSG_DENIED_DONE,     /* whom the list names is cut off */
	MSG_DRAINED,	     /* no tunnel left while draining */
	MSG_RELOADED,	     /* the configuration before is not looked at any more */
	MSG_PAUSED,	     /* nothing of it is on its way to another worker */
	/* control → worker */
	MSG_TUNNEL_VERDICT, /* code 0: come in; or move to verdict.worker */
	MSG_TUNNEL_EVICT,   /* close it with code */
	MSG_LISTEN_ATTACH,  /* poll this listener; the fd stays control's */
	MSG_LISTEN_DETACH,
	MSG_ROUTES_CHANGED, /* look again for visitors of this tenant who wait */
	MSG_TLS,	    /* a new generation: takes ctx */
	MSG_RELOAD,	    /* another configuration: answer MSG_RELOADED */
	MSG_DENIED,	    /* a new list of who is refused: takes it */
	MSG_TRUST,	    /* a new trust bundle: takes anchors */
	MSG_CERTIFICATE,    /* what came of MSG_RENEW: takes renewal */
	MSG_EXPOSED,	    /* what came of MSG_EXPOSE: takes exposing */
	MSG_LISTEN_CLOSE,   /* for good: detach, turn away who waits, answer */
	MSG_STATUS,
	MSG_STREAMS, /* look through the streams: lends streams */
	MSG_DRAIN,
	MSG_PAUSE, /* to go to another process: take nothing in */
	MSG_PARK,  /* stand still until worker.go: control has what is yours */
	MSG_STOP,
	/* worker → worker */
	MSG_HANDOFF, /* takes visitor.fd */
	MSG_TUNNEL_MOVE, /* past HELLO, to live there: takes moving */
};

struct msg {
	enum msg_type type;
	uint16_t code; /* wire error */
	struct tunnel_ref tunnel;
	union {
		struct {
			uint32_t tenant;
			struct lane lane;
			uint8_t lanes_wanted;
			uint8_t moves; /* from worker to worker so far */
			bool resumes; /* it wants the session that it had */
		} hello;
		struct {
			atomic_uint *load; /* streams; the tenant table's */
			uint16_t worker;
			uint8_t lanes; /* granted */
			bool enough; /* refused only because it needs no more */
			struct tunnel_ref heir; /* resumes: who has the session */
		} verdict;
		struct {
			uint32_t tenant;
			struct service_set offers, healthy;
		} services;
		struct {
			uint32_t tenant;
			uint16_t port;
			bool was_away;
			uint8_t addr_len; /* 0, 4 or 16 */
			uint8_t ip[16];
		} here;
		struct {
			uint32_t tenant;
			char why[80]; /* may be cut */
		} down;
		struct {
			struct service_ref at;
			int fd;
		} listen;
		uint32_t tenant;
		struct tls_ctx *tls;
		struct anchors *anchors;
		const struct conf_relay *conf;
		struct {
			struct denied *list;
			struct revoke_order *order; /* control's, untouched */
			uint32_t sessions; /* done: that were ended */
		} denied;
		struct status_part *part;
		struct carried_part *streams;
		struct renewal_job *renewal;
		struct turned_away *turned;
		struct exposing_job *exposing;
		struct visitor visitor;
		struct tunnel *moving;
	} u;
};

#endif
