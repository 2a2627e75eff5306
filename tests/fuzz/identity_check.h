/* identity_check.h — what holds of every certificate that was accepted. */
#ifndef ATLAX_TESTS_FUZZ_IDENTITY_CHECK_H
#define ATLAX_TESTS_FUZZ_IDENTITY_CHECK_H

#include "base/assert.h"
#include "parse/identity.h"

static inline void
check_within(struct slice in, struct slice s)
{
	ax_assert(s.n > 0 && s.p >= in.p && slice_end(s) <= slice_end(in));
}

static inline void
identity_check(struct slice cert, const struct identity *id)
{
	check_within(cert, id->spki);
	check_within(cert, id->issuer);
	check_within(cert, id->subject);
	ax_assert(!slice_eq(id->issuer, id->subject));
	ax_assert(id->serial_len > 0 && id->serial_len <= sizeof(id->serial));
	ax_assert(id->key == IDENTITY_ED25519 || id->key == IDENTITY_P256);
}

#endif
