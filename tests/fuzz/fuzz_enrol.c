/* fuzz_enrol.c — enrolment's messages, one after the other; what is taken is made
 * again byte for byte, and requests, for the first certificate and for the next,
 * are read. Thread: owner.                                                   */
#include "base/assert.h"
#include "enrol/message.h"
#include "fuzz.h"
#include "pki/csr.h"
#include "pki/renewal.h"

static void
must_come_back(const struct enrol_message *m, struct slice bytes)
{
	struct buf b;

	buf_init(&b);
	ax_assert(enrol_write(m, &b) == 0);
	ax_assert(slice_eq(buf_slice(&b), bytes));
	buf_fini(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t binding[32];
	struct slice in = slice_of(data, size);
	struct enrol_message m;
	struct err e = { 0 };
	struct pubkey key;
	struct renewal renewal;
	size_t used;
	int r;

	while ((r = enrol_parse(in, &m, &used, &e)) == 0) {
		ax_assert(used >= ENROL_HEAD && used <= in.n);
		must_come_back(&m, slice_of(in.p, used));
		ax_assert(enrol_refusal_text(m.why) != NULL);
		if (m.type == ENROL_REQUEST)
			(void)!csr_read_bound(m.der,
			    slice_of(binding, sizeof(binding)), &key, &e);
		if (m.type == ENROL_RENEW)
			(void)!renewal_read(m.der, &renewal, &e);
		in = slice_skip(in, used);
	}
	ax_assert(r == AX_E_AGAIN || (r == AX_E_PEER && e.text[0] != '\0'));
	return 0;
}
