/* accel.h — AES-GCM for the TLS library, by one of accel_none.c and
 * accel_ipsecmb.c. Expanded keys belong to a connection (struct accel_keys),
 * because wolfSSL 5.5.4 tells nobody when it is done with a key.             */
#ifndef ATLAX_TLS_ACCEL_H
#define ATLAX_TLS_ACCEL_H

#include "base/defs.h"

#define ACCEL_NO_DEVICE (-2) /* wolfSSL's INVALID_DEVID */

struct accel_keys; /* room for one key to seal with and one to open with */

/* Registers the crypto callback. Returns the device, or ACCEL_NO_DEVICE.
 * Thread: boot.                                                              */
int accel_boot(void);
/* What accel_boot returned: for wolfSSL_CTX_SetDevId. */
int accel_device(void);
/* True: AES-GCM is fast here and is offered first; false: ChaCha20-Poly1305. */
bool accel_prefers_aes(void);
const char *accel_describe(void); /* "wolfSSL 5.5.4, AES-GCM by …" */
/* Frees what the calling thread holds. */
void accel_thread_fini(void);

/* Without a device *out is NULL, which is fine. Fails: AX_E_NOMEM. */
AX_CHECKED int accel_keys_new(struct accel_keys **out);
void accel_keys_free(struct accel_keys **k); /* zeroises; accepts NULL, nulls */
/* Until the next call, this thread's AES-GCM uses k; NULL: the library's own. */
void accel_enter(struct accel_keys *k);

#endif
