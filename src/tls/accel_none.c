/* accel_none.c — no acceleration of our own.
 *
 * Thread: any; there is no state. Invariant: no key is ever made here.       */
#include "tls/accel.h"

#include "base/assert.h"
#include "base/err.h"
#include "tls/wolf.h"

/* A wolfSSL built with assembly has fast AES of its own; Debian's has tables,
 * slower than ChaCha20 and open to cache timing.                             */
bool
accel_prefers_aes(void)
{
#if defined(WOLFSSL_AESNI) && (defined(__x86_64__) || defined(__i386__))
	return __builtin_cpu_supports("aes") && __builtin_cpu_supports("pclmul");
#elif defined(WOLFSSL_ARMASM)
	return true;
#else
	return false;
#endif
}

const char *
accel_describe(void)
{
	return "wolfSSL " LIBWOLFSSL_VERSION_STRING ", AES-GCM of its own";
}

int
accel_new(struct accel **out)
{
	*out = NULL;
	return 0;
}

void
accel_free(struct accel **a)
{
	*a = NULL;
}

int
accel_key_new(struct accel *a AX_UNUSED, const uint8_t key[ACCEL_KEY_LEN] AX_UNUSED,
    struct accel_key **out AX_UNUSED)
{
	return AX_E_UNSUPPORTED;
}

void
accel_key_free(struct accel_key **k)
{
	*k = NULL;
}

void
accel_key_move(struct accel_key *k AX_UNUSED, struct accel *a AX_UNUSED)
{
	ax_assert(!"there is no key");
}

void
accel_seal(const struct accel_key *k AX_UNUSED,
    const uint8_t nonce[ACCEL_NONCE_LEN] AX_UNUSED, struct slice aad AX_UNUSED,
    struct slice text AX_UNUSED, uint8_t last AX_UNUSED, uint8_t *out AX_UNUSED)
{
	ax_assert(!"there is no key");
}

bool
accel_open(const struct accel_key *k AX_UNUSED,
    const uint8_t nonce[ACCEL_NONCE_LEN] AX_UNUSED, struct slice aad AX_UNUSED,
    struct slice sealed AX_UNUSED, uint8_t *out AX_UNUSED)
{
	ax_assert(!"there is no key");
}
