/* reload.h — another configuration for a relay that runs: all of it or nothing
 * (doc/decisions/0019). Thread: control, for all.                            */
#ifndef ATLAX_RELAY_RELOAD_H
#define ATLAX_RELAY_RELOAD_H

#include "relay/control.h"

struct admin_request;
struct admin_wish;

/* SIGHUP: reads the configuration again; when it is refused, certificates and
 * revocation list are still read again, as the one in force names them.      */
void reload_signal(struct relay *r);
/* Each answers; reload_ask when every worker has it. */
void reload_ask(struct relay *r, struct admin_request *req,
    const struct admin_wish *wish);
void reload_plan(struct relay *r, struct admin_request *req,
    const struct admin_wish *wish);
/* A worker has it. */
void reload_done(struct relay *r);
/* A configuration in a word. Fails: AX_E_NOMEM. */
AX_CHECKED int reload_digest(
    const struct conf_relay *c, char out[17], struct err *e);
/* Who asked is not there any more. */
void reload_forget(struct relay *r);
/* The workers have ended. */
void reload_end(struct relay *r);

#endif
