/* words.h — four words that both ends of one connection know and nobody else: they
 * tell the operator which request is his. Thread: any.                       */
#ifndef ATLAX_ENROL_WORDS_H
#define ATLAX_ENROL_WORDS_H

#include "pki/key.h"
#include "tls/tls.h"

#define WORDS_TEXT 24 /* "lusab babad gutih tugad" */
#define SPKI_HASH_LEN 32

/* SHA-256 over the key's SubjectPublicKeyInfo. */
void spki_hash(const struct pubkey *key, uint8_t out[SPKI_HASH_LEN]);
/* The first 64 bits of SHA-256("atlax-enrol-words", binding, spki), each 16 of
 * them a word of five letters (proquints, arXiv:0901.4016).                  */
void words_of(struct slice binding, const uint8_t spki[SPKI_HASH_LEN],
    char out[WORDS_TEXT]);
/* The same without a connection: SHA-256("atlax-enrol-key", spki). They tell whether
 * a key was copied well. */
void words_of_key(const uint8_t spki[SPKI_HASH_LEN], char out[WORDS_TEXT]);

#endif
