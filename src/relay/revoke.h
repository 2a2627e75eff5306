/* revoke.h — whom the relay refuses: the list of atlax revoke, and which revocation
 * list was in force last. Both are kept in the relay's state directory, and their
 * files are looked at once a second. Thread: control.                        */
#ifndef ATLAX_RELAY_REVOKE_H
#define ATLAX_RELAY_REVOKE_H

#include "pki/store.h"
#include "relay/control.h"
#include "relay/denied.h"

struct admin_request;
struct admin_revoke;

/* Opens the state directory, which is made if it is missing, and reads the list;
 * if tls.crl is older than the revocation list that was in force last, that one is
 * put into r->tls instead. Thread: boot. Fails: AX_E_SYS, AX_E_CONFIG,
 * AX_E_SYNTAX, AX_E_NOMEM.                                                   */
AX_CHECKED int revoke_begin(struct relay *r, struct err *e);
void revoke_end(struct relay *r);
/* Looks at the list, if there is one; changes nothing. Fails: as revoke_begin. */
AX_CHECKED int revoke_check(const struct conf_relay *c, struct err *e);

/* The state directory. Borrowed until revoke_end. */
const struct store *revoke_state(const struct relay *r);
/* The list in force. Borrowed until the next call of anything here. */
struct denied *revoke_list(const struct relay *r);
/* Reads the list again. If it cannot be used the one in force stays. */
void revoke_read_again(struct relay *r);

/* Why something on the disk is not in force. e: NULL: it is. */
enum revoke_what {
	REVOKE_TLS,
	REVOKE_CRL,
	REVOKE_DENIED,
	REVOKE_AUDIT, /* the audit trail cannot be written */
	REVOKE_OPERATORS, /* what admin.remote names */
	REVOKE_USED, /* what tenants have used cannot be written */
	REVOKE_SEEN, /* which agents were seen cannot be */
	REVOKE_ALARMS
};
void revoke_alarm(struct relay *r, enum revoke_what what, const struct err *e);
bool revoke_has_alarm(const struct relay *r, enum revoke_what what);
/* tls.crl is about to be read: as it is now it needs no other look. */
void revoke_crl_looked_at(struct relay *r, const char *crl);
/* At the start, of REVOKE_CRL and REVOKE_OPERATORS: if *tls has an older list than
 * was in force before, it gives way to one with that. Fails: AX_E_CONFIG, AX_E_SYS,
 * AX_E_NOMEM.                                                                */
struct tls_ctx;
AX_CHECKED int revoke_newest_crl(
    struct relay *r, enum revoke_what what, struct tls_ctx **tls, struct err *e);
/* The list in tls is in force: it is kept, for the next start. */
void revoke_crl_taken(
    struct relay *r, enum revoke_what what, const struct tls_ctx *tls);
/* What of all this is in the status. Borrowed until the next call of anything. */
struct admin_status;
void revoke_fill(struct relay *r, struct admin_status *s);

/* What the operator asks; each answers, now or when every worker has obeyed. */
void revoke_show(struct relay *r, struct admin_request *req);
void revoke_do(
    struct relay *r, struct admin_request *req, const struct admin_revoke *what);
void revoke_undo(
    struct relay *r, struct admin_request *req, const struct admin_revoke *what);
/* The admin socket is gone, and with it whoever waits for an answer. */
void revoke_forget(struct relay *r);
/* MSG_DENIED_DONE: a worker has obeyed. */
void revoke_done(struct relay *r, const struct msg *m);

#endif
