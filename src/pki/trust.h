/* trust.h — whom a relay's agents are to trust, as the root has signed it
 * (doc/TRUST): agents believe it whoever brings it, the relay included.
 *
 *	SEQUENCE {
 *	  SEQUENCE {
 *	    UTF8String "atlax-trust-1", INTEGER sequence,
 *	    SubjectPublicKeyInfo of the root,
 *	    SEQUENCE OF Certificate: the CAs for relays,
 *	    SEQUENCE OF Certificate: the CAs for agents
 *	  }, AlgorithmIdentifier, BIT STRING }
 *
 * The first of each list is the one that signs now. In a file it is a PEM block
 * behind the certificates of the first list, so that the whole file is what an
 * agent's tls.relay_ca names. Thread: any.                                   */
#ifndef ATLAX_PKI_TRUST_H
#define ATLAX_PKI_TRUST_H

#include "pki/key.h"

#define PEM_TRUST     "ATLAX TRUST"
#define TRUST_MAX     4092 /* bytes of DER: what a control message holds */
#define TRUST_CAS_MAX 4    /* of a kind */

enum trust_whom { TRUST_RELAYS, TRUST_AGENTS };

/* Slices point into the input. */
struct trust {
	struct slice der; /* all of it */
	uint64_t sequence;
	struct pubkey root;
	struct slice cas[2][TRUST_CAS_MAX]; /* DER, by enum trust_whom */
	size_t n[2];
};

/* Reads one whose root has signed it and every CA in it. Which root that is, the
 * caller judges (trust_is_anchored).
 * Fails: AX_E_SYNTAX, AX_E_LIMIT, AX_E_UNSUPPORTED, AX_E_CRYPTO.             */
AX_CHECKED int trust_read(struct slice der, struct trust *out, struct err *e);
/* The same from the text of a file; mem has TRUST_MAX bytes.
 * Fails: also AX_E_NOTFOUND: there is none in it.                            */
AX_CHECKED int trust_read_pem(
    struct slice text, uint8_t *mem, struct trust *out, struct err *e);
/* Is its root the one of every CA in the text of a file that is trusted already?
 * Each names its root by a hash of the key (authorityKeyIdentifier), and has its
 * signature. Fails: AX_E_IDENTITY, AX_E_SYNTAX.                              */
AX_CHECKED int trust_is_anchored(
    const struct trust *t, struct slice text, struct err *e);
/* Which of these CAs, from 0, has signed cert (DER)? Fails: AX_E_IDENTITY. */
AX_CHECKED int trust_vouches(const struct trust *t, enum trust_whom whom,
    struct slice cert, struct err *e);

/* Appends DER: t's sequence and lists, signed by root.
 * Fails: AX_E_LIMIT (longer than TRUST_MAX), AX_E_CRYPTO, AX_E_NOMEM.        */
AX_CHECKED int trust_write(const struct trust *t, const struct key *root,
    struct buf *out, struct err *e);
/* Appends the text of the file. Fails: AX_E_NOMEM. */
AX_CHECKED int trust_print(const struct trust *t, struct buf *out);

#endif
