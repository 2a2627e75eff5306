/* identity.h — who a certificate says its owner is: a strict walk of our own
 * over the DER, because a tenant's name decides everything and libraries accept
 * too much (NUL in a name, two Common Names, no extended key usage).
 * RFC 5280. Thread: any. Borrows the input; results are copies.              */
#ifndef ATLAX_PARSE_IDENTITY_H
#define ATLAX_PARSE_IDENTITY_H

#include "base/err.h"
#include "base/slice.h"

#define IDENTITY_LABEL_MAX 63

enum identity_key { IDENTITY_ED25519, IDENTITY_P256 };

struct identity {
	char tenant[IDENTITY_LABEL_MAX + 1]; /* an agent's Common Name; else empty */
	char agent[IDENTITY_LABEL_MAX + 1];  /* from the SAN URI; may be empty; of an
					      * operator his name */
	char issued_by[IDENTITY_LABEL_MAX + 1]; /* Common Name; empty: not a label */
	enum identity_key key;
	uint8_t serial[20];
	uint8_t serial_len;
	int64_t not_before, not_after; /* Unix seconds */
	struct slice spki;   /* SubjectPublicKeyInfo, inside the input */
	struct slice issuer; /* Name, inside the input */
	struct slice subject;
};

/* A label: [a-z0-9]([a-z0-9-]{0,61}[a-z0-9])? */
bool identity_is_label(struct slice s);

/* An agent's certificate: v3, exactly one CN (PrintableString or UTF8String)
 * that is a label and nothing else in the subject; SAN with exactly one URI
 * atlax://<tenant>/<agent> (or atlax://<tenant>), tenant equal to the CN; key
 * Ed25519 or P-256; EKU exactly clientAuth; not a CA; key usage, if present,
 * has digitalSignature; no duplicate and no unknown critical extension; issuer
 * is not the subject. Fails: AX_E_IDENTITY with the reason.                  */
AX_CHECKED int identity_agent(struct slice cert, struct identity *out, struct err *e);

/* An operator's certificate: the same rules, but the URI is atlax-operator://NAME,
 * NAME equal to the CN. No certificate is both. Fails: AX_E_IDENTITY.         */
AX_CHECKED int identity_operator(struct slice cert, struct identity *out, struct err *e);

/* A relay's certificate for a connection to host (a DNS name or an IP literal
 * without brackets): the same rules with EKU serverAuth; host must equal a SAN
 * dNSName (case-insensitive; a leading "*." matches one label) or iPAddress.
 * The CN is not looked at. Fails: AX_E_IDENTITY with the reason.             */
AX_CHECKED int identity_relay(
    struct slice cert, const char *host, struct identity *out, struct err *e);
/* The same rules but for the name: for a relay that looks at its own. */
AX_CHECKED int identity_relay_own(
    struct slice cert, struct identity *out, struct err *e);

#endif
