# ATLAX_FLAGS: warnings, hardening and sanitizers in variables of our own, so
# that the user's CFLAGS survive and no check before this one saw them.

# ATLAX_ADD_CFLAG(flag, [variable]): adds the flag to the variable (default
# ATLAX_CFLAGS) if the compiler takes it without a murmur.
AC_DEFUN([ATLAX_ADD_CFLAG], [
AC_MSG_CHECKING([whether $CC takes $1])
atlax_save_CFLAGS=$CFLAGS
CFLAGS="$CFLAGS -Werror $1"
AC_COMPILE_IFELSE([AC_LANG_PROGRAM([], [])],
  [AC_MSG_RESULT([yes]); m4_default([$2], [ATLAX_CFLAGS])="$m4_default([$2], [ATLAX_CFLAGS]) $1"],
  [AC_MSG_RESULT([no])])
CFLAGS=$atlax_save_CFLAGS
])
AC_DEFUN([ATLAX_FLAGS], [
ATLAX_CFLAGS=
ATLAX_LDFLAGS=
m4_foreach_w([flag], [-std=gnu17 -Wall -Wextra -Wshadow -Wpointer-arith -Wcast-qual
  -Wwrite-strings -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wundef
  -Wformat=2 -Wswitch-enum -Wimplicit-fallthrough -Wnull-dereference
  -Wlogical-op -fno-common -ffunction-sections -fdata-sections
  -fstack-protector-strong -fstack-clash-protection -fcf-protection -fPIE],
  [ATLAX_ADD_CFLAG(flag)])
ATLAX_LDFLAGS="-pie -Wl,--gc-sections -Wl,--as-needed -Wl,-z,relro -Wl,-z,now"
AS_IF([test "x$enable_werror" = xyes], [ATLAX_CFLAGS="$ATLAX_CFLAGS -Werror"])
AS_IF([test "x$enable_sanitize" != xno],
  [ATLAX_CFLAGS="$ATLAX_CFLAGS -fsanitize=$enable_sanitize -fno-omit-frame-pointer"
   ATLAX_LDFLAGS="$ATLAX_LDFLAGS -fsanitize=$enable_sanitize"
   AC_DEFINE([ATLAX_SANITIZE], [1], [Built with sanitizers.])],
  [AS_CASE([" $CFLAGS "], [*" -O0 "*|*_FORTIFY_SOURCE*], [],
     [*" -O"*], [ATLAX_CFLAGS="$ATLAX_CFLAGS -D_FORTIFY_SOURCE=2"])])
ATLAX_STRICT_CFLAGS=
ATLAX_ADD_CFLAG([-Wconversion], [ATLAX_STRICT_CFLAGS])
AC_SUBST([ATLAX_STRICT_CFLAGS])
AC_SUBST([ATLAX_CFLAGS])
AC_SUBST([ATLAX_LDFLAGS])
])
