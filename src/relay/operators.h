/* operators.h — the relay's door for operators on other machines, if its configuration
 * has one (admin.remote): by mutual TLS, with certificates that no agent has, and into
 * the pages of admin. Bounded, so that it cannot keep the thread from its other work.
 * Thread: control, for everything here.                                      */
#ifndef ATLAX_RELAY_OPERATORS_H
#define ATLAX_RELAY_OPERATORS_H

#include "relay/control.h"

#define OPERATORS_HALF_OPEN_MAX 16 /* that have not proven who they are */
#define OPERATORS_HALF_OPEN_MS 10000
#define OPERATORS_RATE 20	   /* handshakes begun in a second */
#define OPERATORS_SOURCE_RATE 10   /* of them, by one source */
#define OPERATORS_SOURCE_MAX 16	   /* connections of one source */
#define OPERATORS_CALLERS_MAX 48   /* all of them */

/* Fails: AX_E_CONFIG, AX_E_SYS, AX_E_TLS, AX_E_NOMEM. */
AX_CHECKED int operators_begin(struct relay *r, struct err *e);
void operators_end(struct relay *r);
/* Looks at the certificates alone. Fails: as operators_begin. */
AX_CHECKED int operators_check(const struct conf_relay *c, struct err *e);
/* Its listening socket, borrowed; -1: there is none. */
int operators_listener(const struct relay *r);
/* For admin: does our certificate name this host? */
bool operators_host(struct relay *r, const char *host);

/* The configuration, the certificate or the key is another one. On failure what was
 * before stays.                                                              */
void operators_renew(struct relay *r);
/* Twice a second, and when somebody was revoked: reads the revocation list if it has
 * changed, and cuts off whom it names, whose key atlax revoke has named, and whose
 * time is over: how many they were.                                          */
unsigned operators_look(struct relay *r);
/* Sends what was answered: the process ends. */
void operators_flush(struct relay *r);

#endif
