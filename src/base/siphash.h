/* siphash.h — SipHash-2-4 (Aumasson, Bernstein 2012): a keyed hash for tables
 * whose keys strangers choose. Thread: any.                                  */
#ifndef ATLAX_BASE_SIPHASH_H
#define ATLAX_BASE_SIPHASH_H

#include "base/slice.h"

uint64_t siphash24(const uint8_t key[16], struct slice in);

#endif
