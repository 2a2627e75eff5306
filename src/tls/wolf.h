/* wolf.h — the only place that includes wolfSSL. options.h comes first: without
 * it every structure has another size and nothing says so.                   */
#ifndef ATLAX_TLS_WOLF_H
#define ATLAX_TLS_WOLF_H

#include "base/defs.h" /* first: the library's system headers define MIN too */

/* IWYU pragma: begin_exports */
#include <wolfssl/options.h>
#include <wolfssl/wolfcrypt/settings.h>
#include <wolfssl/ssl.h>
#include <wolfssl/error-ssl.h>
#include <wolfssl/wolfcrypt/aes.h>
#include <wolfssl/wolfcrypt/asn_public.h>
#include <wolfssl/wolfcrypt/chacha20_poly1305.h>
#include <wolfssl/wolfcrypt/coding.h>
#include <wolfssl/wolfcrypt/curve25519.h>
#include <wolfssl/wolfcrypt/ecc.h>
#include <wolfssl/wolfcrypt/ed25519.h>
#include <wolfssl/wolfcrypt/error-crypt.h>
#include <wolfssl/wolfcrypt/hmac.h>
#include <wolfssl/wolfcrypt/random.h>
#include <wolfssl/wolfcrypt/sha256.h>
/* IWYU pragma: end_exports */

/* The leaf is judged in the verify callback (verdict.c), which a library built
 * without this calls for bad certificates only.                              */
#ifndef WOLFSSL_ALWAYS_VERIFY_CB
#error "wolfSSL must be built with -DWOLFSSL_ALWAYS_VERIFY_CB"
#endif

/* A library for small devices may do without (doc/EDGE). */
#ifdef HAVE_ECC
#define WOLF_HAS_P256 true
#else
#define WOLF_HAS_P256 false
#endif

/* Empties the calling thread's queue of errors, where the library keeps one.
 * Thread: any.                                                               */
static inline void
wolf_forget_errors(void)
{
#ifdef OPENSSL_EXTRA
	wolfSSL_ERR_clear_error();
#endif
}

#endif
