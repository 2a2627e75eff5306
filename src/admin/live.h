/* live.h — what goes through the relay right now, and cutting it off; the part of
 * admin.h that GET /v1/streams, POST /v1/streams/close and POST /v1/kick need.
 *
 * Thread: control, for everything here.                                      */
#ifndef ATLAX_ADMIN_LIVE_H
#define ATLAX_ADMIN_LIVE_H

#include "base/defs.h"

struct admin_request; /* one question, open until it is answered */

#define ADMIN_STREAMS_MAX 1000u /* that one answer lists */
#define ADMIN_STREAMS_USUAL 100u
#define ADMIN_STREAM_ID_TEXT 32

/* A visitor's connection that a tunnel carries; valid until the relay ends. */
struct admin_stream_id {
	uint32_t worker;
	uint64_t number; /* of this worker's, from 1 on */
};

struct admin_streams_wish {
	size_t limit;	    /* at most so many; the total is counted anyway */
	bool largest;	    /* those with the most bytes first; else the newest */
	const char *tenant; /* only its; NULL: everybody's */
	const char *agent;  /* only its; NULL: every agent's */
};

struct admin_stream {
	struct admin_stream_id id;
	const char *tenant, *agent, *service;
	const char *client; /* address and port */
	uint64_t bytes_in, bytes_out; /* from the agent, and to it */
	uint64_t age_ms;
};

struct admin_streams {
	const struct admin_stream *streams;
	size_t n;
	uint64_t total; /* that the wish was for */
};

struct admin_agent_name {
	const char *tenant;
	const char *agent; /* NULL: all of the tenant's */
};

/* Take req: it is gone afterwards. */
void admin_reply_streams(struct admin_request *req, const struct admin_streams *s);
void admin_reply_closed(struct admin_request *req, uint64_t n);
void admin_not_found(struct admin_request *req, const char *sentence); /* 404 */

#endif
