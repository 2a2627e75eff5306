/* accel_none.c — AES-GCM as wolfSSL does it by itself.
 *
 * Thread: any; there is no state.                                            */
#include "tls/accel.h"

#include "tls/wolf.h"

int
accel_boot(void)
{
	return ACCEL_NO_DEVICE;
}

int
accel_device(void)
{
	return ACCEL_NO_DEVICE;
}

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

void
accel_thread_fini(void)
{
}

int
accel_keys_new(struct accel_keys **out)
{
	*out = NULL;
	return 0;
}

void
accel_keys_free(struct accel_keys **k)
{
	*k = NULL;
}

void
accel_enter(struct accel_keys *k)
{
	(void)k;
}
