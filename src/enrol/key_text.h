/* key_text.h — a public key as people carry it from the machine that has the other
 * half to the operator, who approves it before it asks. Thread: any.         */
#ifndef ATLAX_ENROL_KEY_TEXT_H
#define ATLAX_ENROL_KEY_TEXT_H

#include "pki/key.h"

#define KEY_TEXT_MAX 65 /* "K7DA-0002-...": thirteen groups of four */

/* Fails: AX_E_UNSUPPORTED: not an Ed25519 key. */
AX_CHECKED int
key_text(const struct pubkey *key, char out[KEY_TEXT_MAX], struct err *e);
/* Forgives what base32.h does. Fails: AX_E_RANGE. */
AX_CHECKED int
key_text_parse(const char *text, struct pubkey *out, struct err *e);

#endif
