/* issuer.h — one CA at work: its key, its name, what it signs. Between the
 * operations (ca.h) and the formats (cert.h, crl.h). Thread: owner.          */
#ifndef ATLAX_PKI_ISSUER_H
#define ATLAX_PKI_ISSUER_H

#include "pki/ca.h"

struct issuer {
	enum cert_kind kind;
	struct key key;
	struct cert_info cert; /* its own; subject_len 0: a root being made */
};

/* KIND.crt, KIND.key. */
#define ISSUER_FILE_MAX 24
void
issuer_file(enum cert_kind kind, const char *suffix, char out[ISSUER_FILE_MAX]);

/* Reads KIND.crt alone: the private key may be elsewhere, a relay's should be.
 * Fails: what reading can give.                                              */
AX_CHECKED int issuer_read_cert(
    struct ca *ca, enum cert_kind kind, struct cert_info *out, struct err *e);
/* Reads KIND.crt and KIND.key and checks that they belong together.
 * Fails: AX_E_CONFIG, and what reading can give; nothing to end then.        */
AX_CHECKED int issuer_load(
    struct ca *ca, enum cert_kind kind, struct issuer *out, struct err *e);
void issuer_fini(struct issuer *i); /* zeroises */
/* The CA of this kind that comes or goes (rotate.h). Returns 1: it is loaded; 0:
 * there is none, and nothing to end. Fails: as issuer_load.                  */
AX_CHECKED int issuer_load_other(
    struct ca *ca, enum cert_kind kind, struct issuer *out, struct err *e);
/* Which certificate in KIND.crt, from 0, has signed cert (DER)? Fails: AX_E_IDENTITY,
 * and what reading can give.                                                 */
AX_CHECKED int issuer_which(
    struct ca *ca, enum cert_kind kind, struct slice cert, struct err *e);

struct issuer_order {
	enum cert_kind kind;
	const char *common_name;
	const char *names; /* for the database */
	const struct pubkey *key;
	const struct san *sans;
	size_t n_sans;
	int64_t life_s; /* from now on; it is valid a little before, too */
};

/* Makes a certificate and adds it to the database in memory; the caller saves
 * that before it shows anybody the certificate. Fails: AX_E_CONFIG (expired),
 * AX_E_CRYPTO, AX_E_NOMEM.                                                   */
AX_CHECKED int issuer_sign(struct ca *ca, const struct issuer *i,
    const struct issuer_order *o, struct ca_issued *out, struct err *e);

/* Writes root.crl, relay.crl, agent.crl or operator.crl, also for the CA that comes or goes: what
 * is revoked now, under the
 * number ca->db.crl_number, which the caller has raised and saved. Fails:
 * AX_E_CRYPTO, AX_E_NOMEM, AX_E_SYS.                                  */
AX_CHECKED int issuer_write_crl(
    struct ca *ca, const struct issuer *i, int64_t next_update, struct err *e);

#endif
