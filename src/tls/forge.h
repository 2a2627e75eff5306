/* forge.h — certificates and revocation lists made on the spot with throw-away
 * keys, good and bad: for the self-test and for tests. Nothing of it outlives a
 * test; the CA of atlax is in pki. Internal to tls. Thread: any.             */
#ifndef ATLAX_TLS_FORGE_H
#define ATLAX_TLS_FORGE_H

#include "parse/der_out.h"
#include "tls/material.h"

#define FORGE_MAX 8192 /* bytes of a certificate, before and after PEM */

struct forge_key { /* Ed25519 */
	uint8_t seed[32], public_key[32];
};

struct forge_cert {
	struct slice subject, issuer; /* Name, whole */
	struct slice serial;
	int64_t from, to;
	struct slice public_key; /* Ed25519, 32 bytes */
	struct slice extensions; /* Extension after Extension */
};

/* Fails: AX_E_CRYPTO. */
AX_CHECKED int forge_key_new(struct forge_key *out);
/* The key as a PEM file has it. Fails: AX_E_NOMEM. */
AX_CHECKED int forge_key_pem(const struct forge_key *k, struct blob *out);
/* Fails: AX_E_NOMEM; AX_E_CRYPTO, also when it gets larger than FORGE_MAX. */
AX_CHECKED int forge_cert(const struct forge_cert *c,
    const struct forge_key *signer, struct blob *out);
/* Signs a body of any kind (certificate, list) and puts it together.
 * Fails: like forge_cert.                                                    */
AX_CHECKED int forge_sign(
    struct slice tbs, const struct forge_key *signer, struct blob *out);
/* A list of this number with one serial on it, from an hour ago until tomorrow.
 * Fails: like forge_cert.                                                    */
struct forge_crl {
	struct slice issuer; /* Name, whole */
	struct slice serial;
	uint64_t number;
};
AX_CHECKED int forge_crl(const struct forge_crl *c,
    const struct forge_key *signer, struct blob *out);
/* The certificate with another key in it: every other byte, the signature too,
 * stays as it was. Fails: AX_E_SYNTAX, AX_E_NOMEM.                           */
AX_CHECKED int forge_clone(
    struct slice cert, struct slice public_key, struct blob *out);
/* Appends one certificate as PEM to a blob. Fails: AX_E_NOMEM. */
AX_CHECKED int forge_pem(struct slice cert, struct blob *pem);

/* Pieces, written backwards like everything in der_out.h. */
void forge_name(struct der_out *o, const char *cn);
void forge_extension(struct der_out *o, struct slice oid, bool critical,
    struct slice value);
/* What a CA has, and a leaf with this extended key usage (1: serverAuth, 2:
 * clientAuth) and this GeneralName.                                          */
void forge_ca_extensions(struct der_out *o);
void forge_leaf_extensions(
    struct der_out *o, uint8_t purpose, uint8_t name_tag, const char *name);

#endif
