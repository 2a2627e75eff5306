/* carried.h — the visitors whom tunnels carry, one by one: for the operator who
 * looks, and who closes one. Control asks every worker; each walks its own in
 * pieces, so that nobody's bytes wait for a list of fifty thousand.          */
#ifndef ATLAX_RELAY_CARRIED_H
#define ATLAX_RELAY_CARRIED_H

#include "io/loop.h"
#include "link/brake.h"
#include "link/splice.h"
#include "relay/msg.h"

struct admin_request;
struct admin_stream_id;
struct admin_streams_wish;
struct relay;
struct tunnel;
struct worker;

/* A visitor's connection, carried by a tunnel. */
struct carried {
	struct splice splice;
	struct brake brake; /* if its tenant or service has one */
	struct list entry; /* worker's streams */
	struct tunnel *tunnel;
	struct service_ref at;
	uint64_t number, since_ns;
	uint16_t client_port;
	uint8_t addr_len, client[16];
	bool counted; /* by per_source.h */
};

/* A worker's. Thread: worker. */
struct carried_here {
	struct list all;  /* oldest first */
	uint64_t last_number;
	struct list asked; /* parts; the first is being worked on */
	struct list mark;  /* on all: everything behind it was looked at */
	struct task look;
};

/* Thread: the worker's; init: boot. */
void carried_init(struct worker *w);
void carried_stop(struct worker *w);
void carried_more(struct worker *w, struct carried *c);
/* Its splice, initialised, keeps to the rates that its tenant and service have now. */
void carried_brake(struct worker *w, struct carried *c);
/* The same for all: another configuration. */
void carried_reload(struct worker *w);
void carried_less(struct worker *w, struct carried *c);
/* Lends part until it comes back by MSG_STREAMS_PART. */
void carried_ask(struct worker *w, struct carried_part *part);

/* Thread: control. Each answers req, later. */
void carried_list(struct relay *r, struct admin_request *req,
    const struct admin_streams_wish *wish);
void carried_close(
    struct relay *r, struct admin_request *req, struct admin_stream_id id);
/* Ends all streams of a tenant that has used up its quota; harmless while that goes
 * on. */
void carried_cut(struct relay *r, uint32_t tenant);
/* A part came back. */
void carried_part(struct relay *r, struct carried_part *part);
/* Forgets what was not answered; no worker runs any more. */
void carried_end(struct relay *r);

#endif
