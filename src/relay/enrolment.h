/* enrolment.h — the relay's enrolment port, if its configuration has one, and what
 * atlax pending, approve and reject ask of it. Thread: control.              */
#ifndef ATLAX_RELAY_ENROLMENT_H
#define ATLAX_RELAY_ENROLMENT_H

#include "relay/control.h"

struct admin_request;
struct admin_voucher;
struct enrol_message;
struct identity;

/* Fails: AX_E_CONFIG (relay_ca), AX_E_SYS, AX_E_TLS, AX_E_NOMEM. */
AX_CHECKED int enrolment_begin(struct relay *r, struct err *e);
/* Looks at the certificates alone. Fails: as enrolment_begin. */
AX_CHECKED int enrolment_check(const struct conf_relay *c, struct err *e);
void enrolment_end(struct relay *r);
/* Its listening socket, borrowed; -1: there is none. */
int enrolment_listener(const struct relay *r);
/* Requests and their numbers go to the process that takes over. Thread: control; boot. */
struct frost;
void enrolment_frost(struct relay *r, struct frost *f);
/* The certificate was read again. On failure the old one stays. */
void enrolment_renew(struct relay *r);

/* Would this certificate (DER) be let in, and as whom? Fails: AX_E_TLS, AX_E_IDENTITY,
 * AX_E_NOMEM; AX_E_EXPIRED: but for its time it would.                       */
AX_CHECKED int enrolment_judge(
    struct relay *r, struct slice certificate, struct identity *id, struct err *e);
/* What became of a renewal that was asked for there. */
void enrolment_renewed(
    struct relay *r, uint64_t visit, const struct enrol_message *m);

/* What the signer says to a request with a voucher, and in words. */
void enrolment_vouched(struct relay *r, uint32_t id, const struct enrol_message *m,
    const char *reason);

/* Each answers. pem: the certificate that the operator made. */
void enrolment_pending(struct relay *r, struct admin_request *req);
void enrolment_approve(
    struct relay *r, struct admin_request *req, uint32_t id, struct slice pem);
struct admin_expect;
void enrolment_expect(
    struct relay *r, struct admin_request *req, const struct admin_expect *what);
/* Is one going to be of use? Keeps nothing. */
void enrolment_voucher(
    struct relay *r, struct admin_request *req, const struct admin_voucher *what);
void enrolment_reject(struct relay *r, struct admin_request *req, uint32_t id);

#endif
