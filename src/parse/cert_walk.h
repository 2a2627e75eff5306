/* cert_walk.h — the fields of an X.509 v3 certificate, found by a strict walk
 * that judges only the form; what they must say is the caller's business
 * (identity.h). RFC 5280. Thread: any. Borrows: every slice points into the
 * input.                                                                     */
#ifndef ATLAX_PARSE_CERT_WALK_H
#define ATLAX_PARSE_CERT_WALK_H

#include "base/err.h"
#include "base/slice.h"

#define CERT_MAX 8192 /* bytes; a leaf of atlax has about 400 */
#define CERT_EXTENSIONS_MAX 32

#define CERT_USAGE_SIGN 0x80	  /* digitalSignature */
#define CERT_USAGE_CERT_SIGN 0x04 /* keyCertSign */

enum cert_key { CERT_KEY_OTHER, CERT_KEY_ED25519, CERT_KEY_P256 };

struct cert {
	struct slice tbs;	/* what is signed, tag and length included */
	struct slice serial;	/* without a leading zero */
	struct slice algorithm; /* AlgorithmIdentifier of the signature, whole */
	struct slice signature;
	struct slice issuer, subject; /* Name, whole */
	int64_t not_before, not_after;
	struct slice spki; /* whole */
	enum cert_key key;
	struct slice public_key; /* the BIT STRING's bytes */

	bool has_usage, has_eku, has_san, is_ca;
	uint8_t usage;	  /* first byte of keyUsage */
	struct slice eku; /* SEQUENCE OF OID, its content */
	struct slice san; /* GeneralNames, its content */
	struct slice akid; /* authorityKeyIdentifier, whole; empty: none */
};

/* Fails: AX_E_SYNTAX with what is wrong; also for two extensions of one kind
 * and for a critical one that is none of basicConstraints, keyUsage, extended
 * key usage, subject alternative name.                                       */
AX_CHECKED int cert_walk(struct slice der, struct cert *out, struct err *e);

#endif
