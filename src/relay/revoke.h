/* revoke.h — atlax revoke, on the relay's side: the list of whom it refuses, kept in
 * the relay's state directory and handed to every worker. Thread: control.   */
#ifndef ATLAX_RELAY_REVOKE_H
#define ATLAX_RELAY_REVOKE_H

#include "relay/control.h"
#include "relay/denied.h"

struct admin_request;
struct admin_revoke;

/* Opens the state directory, which is made if it is missing, and reads the list.
 * Thread: boot. Fails: AX_E_SYS, AX_E_CONFIG, AX_E_SYNTAX, AX_E_NOMEM.       */
AX_CHECKED int revoke_begin(struct relay *r, struct err *e);
void revoke_end(struct relay *r);
/* Looks at the list, if there is one; changes nothing. Fails: as revoke_begin. */
AX_CHECKED int revoke_check(const struct conf_relay *c, struct err *e);

/* The list in force. Borrowed until the next call of anything here. */
struct denied *revoke_list(const struct relay *r);
/* Reads the list again. If it cannot be used the one in force stays. */
void revoke_read_again(struct relay *r);

/* What the operator asks; each answers, now or when every worker has obeyed. */
void revoke_show(struct relay *r, struct admin_request *req);
void revoke_order(struct relay *r, struct admin_request *req,
    const struct admin_revoke *what, bool undo);
/* The admin socket is gone, and with it whoever waits for an answer. */
void revoke_forget(struct relay *r);
/* MSG_DENIED_DONE: a worker has obeyed. */
void revoke_done(struct relay *r, const struct msg *m);

#endif
