/* crl.h — certificate revocation lists, version 2 (RFC 5280 section 5).
 * Thread: any.                                                               */
#ifndef ATLAX_PKI_CRL_H
#define ATLAX_PKI_CRL_H

#include "pki/cert.h"

struct crl_entry {
	uint8_t serial[CERT_SERIAL_LEN];
	int64_t revoked; /* Unix seconds */
};

struct crl_args {
	struct slice issuer; /* Name */
	const struct pubkey *issuer_key;
	uint64_t number;                  /* larger than of every CRL before */
	int64_t this_update, next_update; /* Unix seconds */
	const struct crl_entry *entries;
	size_t n_entries;
};

/* Bytes that are enough for the signed part of a CRL of n entries. */
size_t crl_tbs_max(size_t n_entries);
/* The part that is signed. All in a is borrowed. Whether it fit shows in
 * der_out_slice.                                                             */
void crl_write_tbs(struct der_out *o, const struct crl_args *a);

#endif
