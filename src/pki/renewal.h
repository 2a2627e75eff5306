/* renewal.h — an agent's request for its next certificate: signed by the key of the
 * present one, so that nobody who carries it, the relay neither, can make one up
 * (doc/PROTOCOL 6.5). Thread: any.                                           */
#ifndef ATLAX_PKI_RENEWAL_H
#define ATLAX_PKI_RENEWAL_H

#include "pki/key.h"

struct renewal {
	struct slice certificate; /* DER, inside the input */
	struct identity id;       /* what it says; not verified by any CA */
	struct pubkey old, key;   /* the certificate's, and the new one */
};

/* Appends the request. certificate: DER. Fails: AX_E_CRYPTO, AX_E_NOMEM. */
AX_CHECKED int renewal_write(struct slice certificate, const struct key *old,
    const struct key *key, struct buf *out, struct err *e);
/* Reads one: both signatures are right, the keys of one kind and not the same, and
 * there is nothing but the key in the inner request. Whether the certificate is
 * genuine, and whose, is not looked at. Borrows in.
 * Fails: AX_E_SYNTAX, AX_E_UNSUPPORTED, AX_E_CRYPTO, AX_E_IDENTITY, AX_E_PEER
 * (a request for what may not be).                                           */
AX_CHECKED int
renewal_read(struct slice in, struct renewal *out, struct err *e);
/* Would this certificate (DER) be the answer: for the same agent as q->id, for
 * q->key? By whom it is signed is not looked at. Fails: AX_E_IDENTITY.       */
AX_CHECKED int renewal_fits(
    const struct renewal *q, struct slice certificate, struct err *e);

#endif
