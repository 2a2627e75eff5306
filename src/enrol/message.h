/* message.h — the messages of enrolment (doc/ENROLMENT) and, between relay and
 * signer, of renewal (doc/RENEWAL): type, length, body. Pure. Thread: any. */
#ifndef ATLAX_ENROL_MESSAGE_H
#define ATLAX_ENROL_MESSAGE_H

#include "base/buf.h"
#include "base/err.h"

#define ENROL_MESSAGE_MAX 4096 /* bytes, head included */
#define ENROL_HEAD 3
#define ENROL_VERSION 1

enum enrol_type {
	ENROL_REQUEST = 1,
	ENROL_WAIT,
	ENROL_CERTIFICATE,
	ENROL_REFUSED,
	ENROL_RENEW, /* to a signer, who answers with one of the two before */
	ENROL_VOUCHED /* the same, and instead of REQUEST: of one with a voucher */
};

/* REFUSAL(name, number, what the agent tells its user) */
#define ENROL_REFUSALS(REFUSAL) \
	REFUSAL(ENROL_MALFORMED, 1, "it does not understand the request") \
	REFUSAL(ENROL_REJECTED, 2, "the operator rejected the request") \
	REFUSAL(ENROL_EXPIRED, 3, "nobody approved the request in time") \
	REFUSAL(ENROL_FULL, 4, "too many requests are waiting") \
	REFUSAL(ENROL_SOURCE, 5, \
	    "too many requests from this address are waiting") \
	REFUSAL(ENROL_RATE, 6, "too many requests from this address at once") \
	REFUSAL(ENROL_STOPPING, 7, "it is about to stop") \
	REFUSAL(ENROL_NO_VOUCHERS, 8, "it takes no vouchers (enrol.vouchers and " \
	    "tls.signer): join without one") \
	REFUSAL(ENROL_VOUCHER, 9, \
	    "it knows no such voucher: copy it again, or ask for another") \
	REFUSAL(ENROL_VOUCHER_OVER, 10, \
	    "the time of this voucher is over: ask for another") \
	REFUSAL(ENROL_VOUCHER_USED, 11, \
	    "this voucher was used already: if not here, tell the operator now") \
	REFUSAL(ENROL_SIGNER, 12, "its signer makes no certificate now: " \
	    "the operator sees why in the logs of both")

enum enrol_refusal {
#define REFUSAL(name, number, text) name = number,
	ENROL_REFUSALS(REFUSAL)
#undef REFUSAL
};

struct enrol_message {
	enum enrol_type type;
	struct slice name; /* REQUEST: what the agent is called there; a label,
			    * or empty */
	struct slice der; /* REQUEST: PKCS#10; CERTIFICATE: of the agent;
			   * RENEW: pki/renewal.h; VOUCHED: voucher.h */
	uint32_t wait_s;  /* WAIT: how long the request will still be kept */
	uint16_t port;	  /* CERTIFICATE: where agents connect; 0 by a signer */
	uint8_t why;	  /* REFUSED: enum enrol_refusal, or a newer one; of
			   * RENEW: enum ax_renew_refusal */
	uint16_t retry_s; /* REFUSED: ask again after that; 0: do not */
};

/* Takes the message at the front of in. Slices borrow from in. Returns 0: *used
 * bytes are it; AX_E_AGAIN: there is more to come. Fails: AX_E_PEER.         */
AX_CHECKED int enrol_parse(struct slice in, struct enrol_message *out,
    size_t *used, struct err *e);
/* Appends one. Fails: AX_E_NOMEM, AX_E_LIMIT (longer than a message may be). */
AX_CHECKED int enrol_write(const struct enrol_message *m, struct buf *out);
/* What a refusal means; never NULL. */
const char *enrol_refusal_text(uint8_t why);

#endif
