/* range.h — ranges of addresses as the configuration writes them: "10.0.0.0/8",
 * "2001:db8::/32", or one address. Thread: any; allocates nothing.           */
#ifndef ATLAX_CONF_RANGE_H
#define ATLAX_CONF_RANGE_H

#include "base/err.h"

struct range {
	uint8_t ip[16]; /* IPv4 as ::ffff:a.b.c.d */
	uint8_t bits;	/* of those 128 */
};

/* Fails: AX_E_CONFIG with what to write instead. */
AX_CHECKED int range_read(const char *text, struct range *out, struct err *e);
bool range_has(const struct range *r, const uint8_t ip[16]); /* in the same form */

#endif
