/* ca_impl.h — what the files behind ca.h share. Inside pki only. Thread: owner.  */
#ifndef ATLAX_PKI_CA_IMPL_H
#define ATLAX_PKI_CA_IMPL_H

#include "pki/issuer.h"

/* Saves what was changed under the next number, then writes the lists of these.
 * Fails: as issuer_write_crl.                                                */
AX_CHECKED int ca_publish(struct ca *ca, const struct issuer *issuers, size_t n,
    unsigned days, struct err *e);
/* Signs by whoever signs this kind, and saves before anybody sees it.
 * Fails: as ca_issue_agent.                                                  */
AX_CHECKED int ca_sign(struct ca *ca, const struct issuer_order *o,
    struct ca_issued *out, struct err *e);
/* Revoked and fresh, unless it is or has expired. */
void ca_mark(struct ca *ca, struct db_row *row);

#endif
