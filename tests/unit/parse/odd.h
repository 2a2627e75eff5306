/* odd.h — several hundred agent certificates, each odd in one way (or good in an
 * unusual one), without a signature: test_identity judges the bytes, the tests
 * of tls sign them with a CA that is trusted and try them on a relay.
 * Thread: the only one.                                                      */
#ifndef ATLAX_TESTS_UNIT_PARSE_ODD_H
#define ATLAX_TESTS_UNIT_PARSE_ODD_H

#include "base/slice.h"

#define ODD_MAX 16384 /* bytes of a body */

struct odd_base {
	struct slice issuer;	 /* Name, whole */
	struct slice public_key; /* Ed25519, 32 bytes */
	int64_t now;		 /* Unix seconds */
};

struct odd {
	char name[160];
	bool good;
	/* Wrong only by the calendar: the walk alone cannot say. */
	bool by_date;
	struct slice tbs; /* in the caller's memory; tag and length included */
};

size_t odd_count(void);
/* Makes number i; mem has ODD_MAX bytes. */
void odd_make(size_t i, const struct odd_base *base, uint8_t *mem, struct odd *out);

#endif
