/* tls_lists.h — whose certificates the CA of the world has taken back.
 * Thread: main.                                                              */
#ifndef ATLAX_TESTS_WORLD_TLS_LISTS_H
#define ATLAX_TESTS_WORLD_TLS_LISTS_H

#include "base/defs.h"

#define REVOKED_MAX 16

/* Copies their serials; returns how many. */
size_t revoked_list(uint64_t serials[REVOKED_MAX]);

#endif
