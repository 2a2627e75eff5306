/* upgrade.h — another process takes over: the program that is installed now is
 * started, gets the listening sockets, then everything that this one carries
 * (handover.h); and this one ends without closing any of it. Until the last step
 * whatever goes wrong leaves this one as it was, its agents away for a moment.
 * Thread: control, for everything here.                                      */
#ifndef ATLAX_RELAY_UPGRADE_H
#define ATLAX_RELAY_UPGRADE_H

#include "relay/control.h"

struct admin_request;

/* Begins; answers req when it is over, one way or the other. */
void upgrade_begin(struct relay *r, struct admin_request *req);
/* A worker has paused. */
void upgrade_paused(struct relay *r);
/* The relay ends, or begins to: one that goes on is given up. Workers that have
 * paused by then stay so. A second one cannot begin.                         */
void upgrade_end(struct relay *r);

#endif
