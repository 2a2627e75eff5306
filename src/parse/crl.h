/* crl.h — a certificate revocation list, taken apart strictly: its number, its
 * dates and the serials on it. The signature is not looked at here. RFC 5280
 * section 5. Thread: any. Borrows: slices point into the input.              */
#ifndef ATLAX_PARSE_CRL_H
#define ATLAX_PARSE_CRL_H

#include "base/err.h"
#include "base/slice.h"

struct crl {
	struct slice tbs;	/* what is signed, tag and length included */
	struct slice algorithm; /* whole */
	struct slice signature;
	struct slice issuer; /* Name, whole */
	struct slice authority; /* authorityKeyIdentifier: which of the issuer's
				 * keys; empty: it does not say */
	int64_t this_update, next_update;
	uint64_t number;
	struct slice entries; /* for crl_next; may be empty */
};

/* Version 2 with nextUpdate and a number of at most 64 bits; no critical
 * extension (a delta or a partial list would revoke too little).
 * Fails: AX_E_SYNTAX.                                                        */
AX_CHECKED int crl_walk(struct slice der, struct crl *out, struct err *e);
/* Takes the next entry from *entries (start with a copy of crl.entries): false
 * at the end. Every entry has been looked at by crl_walk.                    */
bool crl_next(struct slice *entries, struct slice *serial, int64_t *revoked_at);
/* Is the serial on it? */
bool crl_has(const struct crl *c, struct slice serial);

#endif
