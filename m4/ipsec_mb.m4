# ATLAX_IPSEC_MB: AES-GCM through intel-ipsec-mb, which ships no .pc file.
# Sets IPSEC_MB_LIBS, the conditional IPSEC_MB and ipsec_mb_summary.
AC_DEFUN([ATLAX_IPSEC_MB], [
IPSEC_MB_LIBS=
ipsec_mb_summary="wolfSSL's own, ChaCha20-Poly1305 preferred"
AS_IF([test "x$with_ipsec_mb" = xno],
  [ipsec_mb_summary="$ipsec_mb_summary (as asked)"],
  [AC_CHECK_HEADER([intel-ipsec-mb.h],
     [AC_CHECK_LIB([IPSec_MB], [init_mb_mgr_auto],
        [IPSEC_MB_LIBS=-lIPSec_MB
         ipsec_mb_summary="intel-ipsec-mb"], [:])])
   AS_IF([test "x$with_ipsec_mb" = xyes && test -z "$IPSEC_MB_LIBS"],
     [AC_MSG_ERROR([--with-ipsec-mb=yes: install libipsec-mb-dev])])])
AC_SUBST([IPSEC_MB_LIBS])
AM_CONDITIONAL([IPSEC_MB], [test -n "$IPSEC_MB_LIBS"])
])
