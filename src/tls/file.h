/* file.h — a small file, whole, with its permissions looked at on the descriptor
 * that is read. Internal to tls. Thread: any.                                */
#ifndef ATLAX_TLS_FILE_H
#define ATLAX_TLS_FILE_H

#include "base/err.h"
#include "tls/material.h"

/* Reads path into out, one more byte of zero after the end. what names the file
 * in sentences ("certificate"). secret: refused when group or others may do
 * anything with it. Fails: AX_E_CONFIG, AX_E_NOMEM.                           */
AX_CHECKED int file_read(const char *path, const char *what, bool secret,
    struct blob *out, struct err *e);
void blob_free(struct blob *b); /* zeroises */

/* Decodes the first PEM block of this kind (wolfSSL's CERT_TYPE, CRL_TYPE) at or
 * after *at and moves *at behind it. Returns 1: there is one; 0: no more.
 * Fails: AX_E_SYNTAX, AX_E_NOMEM.                                            */
AX_CHECKED int pem_next(
    const struct blob *pem, int kind, size_t *at, struct blob *out);
/* Line number of an offset, from 1. */
unsigned pem_line(const struct blob *pem, size_t at);

#endif
