/* pem.h — the textual form of keys, requests, certificates and CRLs (RFC 7468).
 * Thread: any.                                                               */
#ifndef ATLAX_PKI_PEM_H
#define ATLAX_PKI_PEM_H

#include "base/buf.h"
#include "base/err.h"

#define PEM_CERTIFICATE "CERTIFICATE"
#define PEM_CRL         "X509 CRL"
#define PEM_KEY         "PRIVATE KEY"
#define PEM_REQUEST     "CERTIFICATE REQUEST"

/* Appends der as text. Grows out at most once, so that a caller whose bytes are
 * secret has one memory to wipe. Fails: AX_E_NOMEM, AX_E_CRYPTO; out as before.
 */
AX_CHECKED int pem_write(struct buf *out, const char *label, struct slice der);
/* Decodes the first block with this label; text around it is ignored.
 * Units: cap in bytes: three quarters of the text, line ends included.
 * Fails: AX_E_SYNTAX (no such block, not base64, larger than cap).           */
AX_CHECKED int pem_read(struct slice text, const char *label, uint8_t *out,
    size_t cap, size_t *n, struct err *e);
/* What follows the first block with this label; p is NULL: there is none. */
struct slice pem_after(struct slice text, const char *label);

#endif
