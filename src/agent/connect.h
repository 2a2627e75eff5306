/* connect.h — a stream that the relay opened, tied to a local service. Thread: the
 * agent's.                                                                   */
#ifndef ATLAX_AGENT_CONNECT_H
#define ATLAX_AGENT_CONNECT_H

#include "agent/uplink.h"

/* Answers an OPEN: looks the service up in the map, dials it, ties the stream to
 * the socket; or resets the stream with the reason.                          */
void connect_open(struct uplink *u, struct stream *st, const struct session_open *o);
/* A dial has ended while others wait for their turn: a->dials. */
void connect_next(struct task *t);

#endif
