/* signer.h — who makes certificates for agents that renew theirs: a process of its
 * own beside the relay, with the CA's directory and a Unix socket and nothing else
 * (doc/RENEWAL). It believes the agent's signature and the CA's own database, and
 * of the relay nothing. Thread: the only one, for everything here.           */
#ifndef ATLAX_ENROL_SIGNER_H
#define ATLAX_ENROL_SIGNER_H

#include <sys/types.h>

#include "base/buf.h"
#include "io/loop.h"
#include "log/log.h"

#define SIGNER_RATE_MAX 6000
#define SIGNER_TRAIL "audit.log" /* beside the CA's database */

struct signer_policy {
	const char *ca;	 /* its directory; borrowed */
	int64_t life_s;	 /* of what it signs */
	uint32_t rate;	 /* certificates in a minute, at most */
	int64_t grace_s; /* what has expired is renewed for so long; 0: not */
};

/* A certificate that has expired is followed by so many at most: an answer may be lost
 * on the way, and then the same is asked for again.                          */
#define SIGNER_LATE_MAX 8

/* How many it may still sign in this minute. */
struct signer_rate {
	uint64_t minute_ns; /* when it began */
	uint32_t made;
};

/* A decision. */
struct signer_answer {
	uint16_t why;	  /* enum ax_renew_refusal; 0: certificate */
	uint16_t retry_s;
	struct buf certificate; /* DER; ended by the caller */
	char agent[160];  /* for the log: whose, if that is known */
	uint32_t voucher; /* its number; 0: none, or not known */
};

/* Decides on a request (pki/renewal.h), and signs. A certificate is in the CA's
 * database when this returns. e says why not. Units: now_s Unix seconds, now_ns
 * monotonic. */
void signer_decide(const struct signer_policy *p, struct signer_rate *rate,
    struct slice request, int64_t now_s, uint64_t now_ns,
    struct signer_answer *out, struct err *e);

/* The same for a request with a voucher (voucher.h); why is an enum enrol_refusal. The
 * voucher is used, on the disk, before there is a certificate in out.        */
void signer_vouch(const struct signer_policy *p, struct signer_rate *rate,
    struct slice request, int64_t now_s, uint64_t now_ns,
    struct signer_answer *out, struct err *e);
/* Takes one of those that may be made in this minute. Fails: AX_E_LIMIT: none is left,
 * for *retry_s.                                                              */
AX_CHECKED int signer_take_turn(const struct signer_policy *p,
    struct signer_rate *rate, uint64_t now_ns, int64_t *retry_s, struct err *e);
/* The certificate as DER, appended; ends c. Fails: AX_E_NOMEM, AX_E_SYNTAX. */
struct ca_issued;
AX_CHECKED int signer_take(struct ca_issued *c, struct buf *out, struct err *e);

struct signer;

struct signer_args {
	struct loop *loop; /* borrowed for life */
	struct log *log;   /* borrowed; may be NULL */
	const char *socket; /* its path */
	uid_t user;	   /* who may ask, besides root and ourselves */
	struct signer_policy policy;
};

/* Listens, and writes what it decides to audit.log in the CA's directory.
 * Fails: AX_E_SYS, AX_E_RANGE (a path), AX_E_CONFIG, AX_E_NOMEM.             */
AX_CHECKED int signer_new(
    const struct signer_args *args, struct signer **out, struct err *e);
void signer_free(struct signer **s); /* accepts NULL, nulls; removes the socket */

#endif
