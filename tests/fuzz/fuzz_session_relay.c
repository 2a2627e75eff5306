/* fuzz_session_relay.c — a relay's session; the input plays the agent. */
#include "session_driver.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	session_drive(SESSION_RELAY, data, size);
	return 0;
}
