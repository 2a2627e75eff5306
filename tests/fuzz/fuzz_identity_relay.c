/* fuzz_identity_relay.c — a relay's certificate, for a host that the first byte
 * of the input chooses. A certificate for one of two hosts that have nothing in
 * common must not change its mind: the same rules without a host must accept it
 * too. Thread: owner.                                                        */
#include "fuzz.h"
#include "identity_check.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const hosts[] = { "relay.example.com", "192.0.2.1",
		"2001:db8::1", "example.com", "a.b.example.com", "localhost", "*.x",
		"", "RELAY.example.com.", "1.2.3.4.5", "::ffff:192.0.2.1" };
	struct choices c = { data, data + size };
	const char *host = hosts[choose_below(&c, ARRAY_LEN(hosts))];
	struct slice cert = choose_bytes(&c, size);
	struct identity id, own;
	struct err e = { 0 };
	int r = identity_relay(cert, host, &id, &e);

	if (r < 0) {
		ax_assert(r == AX_E_IDENTITY && e.code == r && e.text[0] != '\0');
		return 0;
	}
	identity_check(cert, &id);
	ax_assert(id.tenant[0] == '\0' && id.agent[0] == '\0');
	ax_assert(identity_relay_own(cert, &own, &e) == 0);
	ax_assert(slice_eq(own.spki, id.spki));
	return 0;
}
