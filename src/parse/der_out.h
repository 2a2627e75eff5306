/* der_out.h — writes DER (X.690) from the end of a buffer backwards: content
 * first, then its length, which is known by then. So the last field of a
 * SEQUENCE is written first. The error is sticky: check once, by der_out_slice.
 * Thread: owner.                                                             */
#ifndef ATLAX_PARSE_DER_OUT_H
#define ATLAX_PARSE_DER_OUT_H

#include "parse/der.h"

#define SLICE_OF_ARRAY(a) slice_of((a), sizeof(a))

struct der_out {
	uint8_t *start, *p, *end; /* what is written: [p, end) */
	bool bad;                 /* something did not fit */
};

/* Borrows mem for as long as the writer is used. Units: cap in bytes. */
void der_out_init(struct der_out *o, void *mem, size_t cap);
/* Bytes as they are: elements made earlier. */
void der_out_bytes(struct der_out *o, struct slice s);
void der_out_tlv(struct der_out *o, uint8_t tag, struct slice content);

/* How much is written: remember it before the content of a constructed element
 * and give it to der_out_wrap after.                                         */
size_t der_out_mark(const struct der_out *o);
/* Puts tag and length before everything written since mark. */
void der_out_wrap(struct der_out *o, uint8_t tag, size_t mark);

/* Non-negative INTEGER, big-endian bytes in, minimal bytes out. */
void der_out_uint(struct der_out *o, struct slice big_endian);
void der_out_u64(struct der_out *o, uint64_t v);
void der_out_bits(struct der_out *o, struct slice s); /* no unused bits */
void der_out_true(struct der_out *o);
/* UTCTime until 2049, GeneralizedTime from 2050 (RFC 5280 4.1.2.5).
 * Units: Unix seconds, years 1950 to 9999.                                   */
void der_out_time(struct der_out *o, int64_t unix_s);

/* What was written; empty if anything did not fit. */
struct slice der_out_slice(const struct der_out *o);

#endif
