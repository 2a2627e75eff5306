/* der.h — a strict DER reader (X.690): definite minimal lengths only, low tag
 * numbers only. Used for certificates, requests and CRLs. Thread: any; the
 * input is borrowed and every slice points into it.                          */
#ifndef ATLAX_PARSE_DER_H
#define ATLAX_PARSE_DER_H

#include "base/slice.h"

#define DER_BOOLEAN 0x01
#define DER_INTEGER 0x02
#define DER_BIT_STRING 0x03
#define DER_OCTET_STRING 0x04
#define DER_NULL 0x05
#define DER_OID 0x06
#define DER_UTF8_STRING 0x0c
#define DER_SEQUENCE 0x30
#define DER_SET 0x31
#define DER_PRINTABLE_STRING 0x13
#define DER_IA5_STRING 0x16
#define DER_UTC_TIME 0x17
#define DER_GENERALIZED_TIME 0x18
#define DER_CONTEXT(n) (0x80 | (n))		/* primitive [n] */
#define DER_CONTEXT_CONS(n) (0xa0 | (n))	/* constructed [n] */

struct der {
	const uint8_t *p, *end;
	bool bad; /* sticky */
};

void der_init(struct der *d, struct slice in);
/* Takes the next element, which must have this tag; its content. On any
 * mismatch: empty, and bad from then on.                                     */
struct slice der_take(struct der *d, uint8_t tag);
/* The same including tag and length bytes. */
struct slice der_take_whole(struct der *d, uint8_t tag);
/* Enters a constructed element. A bad parent makes a bad child. */
struct der der_enter(struct der *d, uint8_t tag);
bool der_peek(const struct der *d, uint8_t tag); /* is that the next tag? */
bool der_at_end(const struct der *d);
bool der_done(const struct der *d); /* at the end, and nothing was bad */
bool der_bool(struct der *d);
/* Positive INTEGER of at most max content bytes, leading zero removed. */
struct slice der_uint(struct der *d, size_t max);
/* UTCTime or GeneralizedTime in the form RFC 5280 demands, as Unix seconds. */
int64_t der_time(struct der *d);
/* OBJECT IDENTIFIER, its content: numbers that end, and begin with no idle 0. */
struct slice der_oid(struct der *d);
/* BIT STRING without unused bits. */
struct slice der_bits(struct der *d);

#endif
