/* fuzz_crl.c — a revocation list. Every serial that the walk gives must be
 * found again, and the walk must end. Thread: owner.                         */
#include "base/assert.h"
#include "base/err.h"
#include "fuzz.h"
#include "parse/crl.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err e = { 0 };
	struct slice entries, serial;
	struct crl crl;
	int64_t at;
	int r = crl_walk(slice_of(data, size), &crl, &e);

	if (r < 0) {
		ax_assert(e.code == r && e.text[0] != '\0');
		return 0;
	}
	entries = crl.entries;
	for (size_t i = 0; i < 32 && crl_next(&entries, &serial, &at); i++) {
		ax_assert(serial.n > 0 && serial.p >= data &&
		    slice_end(serial) <= data + size);
		ax_assert(crl_has(&crl, serial));
	}
	return 0;
}
