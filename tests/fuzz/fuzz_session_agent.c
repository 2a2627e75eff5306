/* fuzz_session_agent.c — an agent's session; the input plays the relay. */
#include "session_driver.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	session_drive(SESSION_AGENT, data, size);
	return 0;
}
