/* fuzz_client_hello.c — the relay's gate before TLS. Thread: owner. */
#include "gate_check.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	gate_check(gate_client_hello, data, size);
	return 0;
}
