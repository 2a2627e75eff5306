/* csr.h — certificate requests (PKCS#10, RFC 2986) made anywhere. Of a request
 * only the public key counts: who its owner is, the operator says, not it.
 * Thread: any.                                                               */
#ifndef ATLAX_PKI_CSR_H
#define ATLAX_PKI_CSR_H

#include "pki/key.h"

#define CSR_MAX 16384 /* bytes of DER; a sane one has 200 to 1000 */

/* The key in a PEM request, after its signature by that very key was verified:
 * nobody gets a certificate for a key that is not theirs. Signature: Ed25519,
 * or ECDSA with SHA-256. Fails: AX_E_SYNTAX, AX_E_UNSUPPORTED, AX_E_CRYPTO,
 * AX_E_NOMEM.                                                                */
AX_CHECKED int
csr_read_pem(struct slice pem, struct pubkey *out, struct err *e);

/* A request that holds for one connection: binding, as hexadecimal digits, is its
 * challengePassword (RFC 7030 section 3.5), so that the one signature proves
 * that who is on the other side has the key. Units: binding at most 64 bytes.
 * Appends DER. Fails: AX_E_CRYPTO, AX_E_NOMEM.                               */
AX_CHECKED int csr_write_bound(const struct key *k, struct slice binding,
    struct buf *out, struct err *e);
/* As csr_read_pem, for DER. Fails: also AX_E_PEER: of another connection. */
AX_CHECKED int csr_read_bound(struct slice der, struct slice binding,
    struct pubkey *out, struct err *e);

/* A request that says nothing but the key: without subject and attributes. Appends
 * DER. Fails: AX_E_CRYPTO, AX_E_NOMEM.                                       */
AX_CHECKED int
csr_write_bare(const struct key *k, struct buf *out, struct err *e);
/* As csr_read_pem, for DER. Fails: also AX_E_PEER: it says more than the key. */
AX_CHECKED int
csr_read_bare(struct slice der, struct pubkey *out, struct err *e);

#endif
