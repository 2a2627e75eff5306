/* bundle.h — what an agent is given: agent.key, agent.crt and relay-ca.crt in a
 * directory of its own; an operator the same, as operator.key and operator.crt.
 * Thread: owner.                                                             */
#ifndef ATLAX_PKI_BUNDLE_H
#define ATLAX_PKI_BUNDLE_H

#include "pki/ca.h"

struct bundle {
	enum cert_kind kind; /* CERT_AGENT or CERT_OPERATOR */
	struct store dir;
	struct key key;
	struct buf relay_ca; /* PEM, copied from the CA */
};

/* Makes the directory path (0700) if it is missing, refuses one that holds any
 * of the three files, makes a key. path must outlive it.
 * Fails: AX_E_EXIST, AX_E_SYS, AX_E_CRYPTO, AX_E_NOMEM; nothing to end then. */
AX_CHECKED int bundle_open(struct bundle *b, enum cert_kind kind,
    const struct ca *ca, const char *path, enum identity_key type, struct err *e);
/* Writes the three files, the certificate last: when it is there, all are.
 * Fails: AX_E_EXIST, AX_E_SYS, AX_E_NOMEM.                                   */
AX_CHECKED int
bundle_write(struct bundle *b, struct slice cert_pem, struct err *e);
void bundle_close(struct bundle *b); /* zeroises the key */

#endif
