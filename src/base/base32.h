/* base32.h — bits as something that people can read out: Crockford's base32, in
 * groups of equal length. Thread: any.                                       */
#ifndef ATLAX_BASE_BASE32_H
#define ATLAX_BASE_BASE32_H

#include "base/defs.h"

/* Units: digits of five bits each; out has room for them, for a hyphen between two
 * groups, and for the end. Bits that in does not have are 0.                 */
void base32_write(const uint8_t *in, size_t len, size_t digits, size_t group, char *out);
/* Letters of either case; hyphens may be anywhere; O is 0, I and L are 1. False: not
 * so many digits, something else among them, or bits that out has no room for. */
bool base32_read(const char *text, size_t digits, uint8_t *out, size_t len);

#endif
