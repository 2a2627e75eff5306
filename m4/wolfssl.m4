# ATLAX_WOLFSSL: finds wolfSSL (pkg-config, or --with-wolfssl=PREFIX), and
# proves by compiling and linking that it has what atlax needs. Sets
# WOLFSSL_CFLAGS, WOLFSSL_LIBS and wolfssl_summary.
AC_DEFUN([ATLAX_WOLFSSL], [
AS_IF([test "x$with_wolfssl" = xsystem || test "x$with_wolfssl" = xyes],
  [PKG_CHECK_MODULES([WOLFSSL], [wolfssl >= 5.5.4])
   wolfssl_summary="`$PKG_CONFIG --modversion wolfssl`, the system's"],
  [AS_IF([test -e "$with_wolfssl/include/wolfssl/options.h"], [],
     [AC_MSG_ERROR([no wolfSSL below $with_wolfssl])])
   WOLFSSL_CFLAGS="-I$with_wolfssl/include"
   AS_IF([test -e "$with_wolfssl/lib/libwolfssl.a"],
     [WOLFSSL_LIBS="$with_wolfssl/lib/libwolfssl.a -lm"],
     [WOLFSSL_LIBS="-L$with_wolfssl/lib -Wl,-rpath,$with_wolfssl/lib -lwolfssl"])
   wolfssl_summary="$with_wolfssl"])
AC_SUBST([WOLFSSL_CFLAGS])
AC_SUBST([WOLFSSL_LIBS])
AC_SUBST([wolfssl_summary])
atlax_save_CPPFLAGS=$CPPFLAGS
atlax_save_LIBS=$LIBS
CPPFLAGS="$CPPFLAGS $WOLFSSL_CFLAGS"
LIBS="$WOLFSSL_LIBS $LIBS"
AC_MSG_CHECKING([what wolfSSL was built with])
AC_LINK_IFELSE([AC_LANG_PROGRAM([[
#include <wolfssl/options.h>
#include <wolfssl/ssl.h>
#include <wolfssl/wolfcrypt/asn_public.h>
#if !defined(ATOMIC_USER) || !defined(WOLFSSL_CERT_GEN) || !defined(HAVE_CRL) || \
    !defined(HAVE_SNI) || !defined(HAVE_KEYING_MATERIAL) || !defined(WOLFSSL_TLS13) || \
    !defined(HAVE_ED25519) || !defined(HAVE_CURVE25519) || !defined(WOLFSSL_ALWAYS_VERIFY_CB)
#error wolfSSL lacks a feature
#endif
]], [[
	wolfSSL_GetClientWriteKey(0);
	wolfSSL_CTX_EnableCRL(0, 0);
	wolfSSL_export_keying_material(0, 0, 0, 0, 0, 0, 0, 0);
	return wc_SignCert_ex(0, 0, 0, 0, 0, 0, 0);
]])], [AC_MSG_RESULT([everything needed])],
  [AC_MSG_RESULT([too little])
   AC_MSG_ERROR([wolfSSL must have TLS 1.3, Ed25519, Curve25519, CRL, SNI, access to traffic keys (--enable-atomicuser), keying material, certificate generation, and call our verdict always (-DWOLFSSL_ALWAYS_VERIFY_CB)])])
AC_CHECK_FUNC([wolfSSL_CTX_Unload_trust_peers],
  [AC_DEFINE([HAVE_UNLOAD_TRUST_PEERS], [1], [wolfSSL keeps a list of trusted peers that must be emptied.])])
CPPFLAGS=$atlax_save_CPPFLAGS
LIBS=$atlax_save_LIBS
])
