/* fuzz_server_hello.c — the agent's gate before TLS. Thread: owner. */
#include "gate_check.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	gate_check(gate_server_hello, data, size);
	return 0;
}
