/* accel.h — AES-GCM for the TLS library: one of accel_none.c and
 * accel_ipsecmb.c is built (both in tests, which compare them).              */
#ifndef ATLAX_TLS_ACCEL_H
#define ATLAX_TLS_ACCEL_H

#include "base/defs.h"

#define ACCEL_NO_DEVICE (-2) /* wolfSSL's INVALID_DEVID */

/* Registers the crypto callback. Returns the device id for
 * wolfSSL_CTX_SetDevId, or ACCEL_NO_DEVICE. Thread: boot.                    */
int accel_boot(void);
/* True: AES-GCM is fast here and is offered first; false: ChaCha20-Poly1305. */
bool accel_prefers_aes(void);
const char *accel_describe(void); /* "intel-ipsec-mb 1.3.0 (AVX512)" */
/* Frees what the calling thread holds. */
void accel_thread_fini(void);

#endif
