/* voucher.h — a secret that makes whoever has it an agent, once: as text, as the key
 * that it stands for, and the request that is signed with it. Nobody but the operator
 * and the new machine ever sees the secret: relay and signer know the public key.
 * Thread: any.                                                               */
#ifndef ATLAX_ENROL_VOUCHER_H
#define ATLAX_ENROL_VOUCHER_H

#include "pki/key.h"

#define VOUCHER_SECRET_LEN 20
#define VOUCHER_TEXT 40 /* "K7DA-0002-...": eight groups of four, 160 bits */

/* A new one. The caller wipes text. Fails: AX_E_CRYPTO. */
AX_CHECKED int voucher_make(
    char text[VOUCHER_TEXT], struct pubkey *out, struct err *e);
/* Its key; the caller forgets it. Forgives what base32.h does. Fails: AX_E_RANGE,
 * AX_E_CRYPTO.                                                               */
AX_CHECKED int voucher_parse(const char *text, struct key *out, struct err *e);

struct voucher_request {
	struct pubkey by;  /* the voucher's key, which has signed it */
	struct pubkey key; /* for which a certificate is asked, by its owner */
	struct slice csr;  /* DER, inside the input: the key and nothing else */
};

/* Appends the body of ENROL_VOUCHED. Fails: AX_E_CRYPTO, AX_E_NOMEM. */
AX_CHECKED int voucher_write(const struct key *voucher, const struct key *key,
    struct buf *out, struct err *e);
/* Reads one: both signatures are right. Whether there is such a voucher is not looked
 * at. Borrows in. Fails: AX_E_SYNTAX, AX_E_UNSUPPORTED, AX_E_CRYPTO, AX_E_PEER. */
AX_CHECKED int voucher_read(
    struct slice in, struct voucher_request *out, struct err *e);

#endif
