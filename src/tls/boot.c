/* boot.c — starts and ends the TLS library.
 *
 * Thread: boot for the process, each thread for itself. Invariant: the library
 * that runs is the one whose structures we were compiled with.                */
#include "tls/accel.h"
#include "tls/tls.h"
#include "tls/wolf.h"

int
tls_boot(struct err *e)
{
	if (wolfSSL_lib_version_hex() != LIBWOLFSSL_VERSION_HEX)
		return err_set(e, AX_E_TLS,
		    "atlax was built with wolfSSL " LIBWOLFSSL_VERSION_STRING
		    " and runs with %s: rebuild it",
		    wolfSSL_lib_version());
	if (wolfSSL_Init() != WOLFSSL_SUCCESS)
		return err_set(e, AX_E_TLS, "wolfSSL could not be started");
	return 0;
}

void
tls_shutdown(void)
{
	tls_thread_fini();
	(void)wolfSSL_Cleanup();
}

void
tls_thread_fini(void)
{
#ifdef FP_ECC
	wc_ecc_fp_free(); /* tables of up to 12 MB, one set per thread */
#endif
}

const char *
tls_describe(void)
{
	return accel_describe();
}
