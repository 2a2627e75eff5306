/* cert.h — certificates (RFC 5280): seven kinds, each with one fixed profile.
 * Thread: any.                                                               */
#ifndef ATLAX_PKI_CERT_H
#define ATLAX_PKI_CERT_H

#include "pki/key.h"
#include "pki/names.h"

#define CERT_SERIAL_LEN 16 /* 127 bits: the top bits are 01, so never shorter \
			    */
#define CERT_NAME_MAX 128  /* DER of a CA's own name */

enum cert_kind {
	CERT_ROOT,
	CERT_RELAY_CA,
	CERT_AGENT_CA,
	CERT_RELAY,
	CERT_AGENT,
	CERT_OPERATOR_CA,
	CERT_OPERATOR
};
#define CERT_KINDS 7

/* "root", "relay-ca", "agent-ca", "relay", "agent", "operator-ca", "operator": also
 * what the files and the lines of the database are called.                   */
const char *cert_kind_name(enum cert_kind kind);
/* False: there is no kind of this name. */
bool cert_kind_parse(struct slice name, enum cert_kind *out);
bool cert_kind_is_ca(enum cert_kind kind);
/* Who signs this kind; the root signs itself. */
enum cert_kind cert_kind_issuer(enum cert_kind kind);

/* Draws a serial number. */
void cert_serial(uint8_t out[CERT_SERIAL_LEN]);

struct cert_args {
	enum cert_kind kind;
	const uint8_t *serial;         /* CERT_SERIAL_LEN bytes */
	int64_t not_before, not_after; /* Unix seconds, both inclusive */
	const char *common_name;
	const struct pubkey *key;
	const struct san *sans; /* relay: its names; else the URI */
	size_t n_sans;
	struct slice issuer; /* Name; empty: the subject itself (root) */
	const struct pubkey *issuer_key;
};

/* The part that is signed. All in a is borrowed. Whether it fit shows in
 * der_out_slice.                                                             */
void cert_write_tbs(struct der_out *o, const struct cert_args *a);

/* For CRLs too: makes an Extension of the value written since mark (oid with
 * tag and length); and the whole authorityKeyIdentifier. */
void cert_wrap_extension(
    struct der_out *o, struct slice oid, bool critical, size_t mark);
void cert_write_akid(struct der_out *o, const struct pubkey *issuer);

/* What signing with a CA, or renewing, needs to know of a certificate. Not
 * verified: it is our own file.                                              */
struct cert_info {
	uint8_t subject[CERT_NAME_MAX]; /* Name */
	size_t subject_len;
	struct pubkey key;
	int64_t not_before, not_after;
};

/* Fails: AX_E_SYNTAX, AX_E_UNSUPPORTED. */
AX_CHECKED int
cert_read_pem(struct slice pem, struct cert_info *out, struct err *e);

#endif
