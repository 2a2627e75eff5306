/* session_driver.h — one session against an input: the input is at once the
 * peer and the application. Thread: owner.                                   */
#ifndef ATLAX_TESTS_FUZZ_SESSION_DRIVER_H
#define ATLAX_TESTS_FUZZ_SESSION_DRIVER_H

#include "fuzz.h"
#include "proto/session.h"

/* Runs the whole input; asserts what must hold whatever the peer says. */
void session_drive(enum session_role role, const uint8_t *data, size_t size);

#endif
