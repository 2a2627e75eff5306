# ATLAX_FLAGS: warnings, hardening and sanitizers in variables of our own, so
# that the user's CFLAGS survive and no check before this one saw them.
# Sets ATLAX_CFLAGS, ATLAX_LDFLAGS for everything, ATLAX_STRICT_CFLAGS for the
# directories that can afford it, and FUZZ_CFLAGS, FUZZ_LDFLAGS.

# ATLAX_ADD_CFLAG(flag, [variable]): adds the flag to the variable (default
# ATLAX_CFLAGS) if the compiler takes it without a murmur.
AC_DEFUN([ATLAX_ADD_CFLAG], [
AC_MSG_CHECKING([whether $CC takes $1])
atlax_save_CFLAGS=$CFLAGS
CFLAGS="$CFLAGS -Werror $1"
AC_COMPILE_IFELSE([AC_LANG_PROGRAM([], [])],
  [AC_MSG_RESULT([yes])
   m4_default([$2], [ATLAX_CFLAGS])="$m4_default([$2], [ATLAX_CFLAGS]) $1"],
  [AC_MSG_RESULT([no])])
CFLAGS=$atlax_save_CFLAGS
])

# ATLAX_NEED_FLAG(flag, program, hint): ends configure unless a program can be
# linked with the flag.
AC_DEFUN([ATLAX_NEED_FLAG], [
AC_MSG_CHECKING([whether $CC links with $1])
atlax_save_CFLAGS=$CFLAGS
CFLAGS="$CFLAGS $1"
AC_LINK_IFELSE([$2], [AC_MSG_RESULT([yes])],
  [AC_MSG_RESULT([no])
   AC_MSG_ERROR([$CC cannot link with $1: $3])])
CFLAGS=$atlax_save_CFLAGS
])

AC_DEFUN([ATLAX_FLAGS_SANITIZE], [
AS_IF([test "x$enable_sanitize" = xyes], [enable_sanitize=address,undefined])
AS_IF([test "x$enable_sanitize" != xno],
  [ATLAX_NEED_FLAG([-fsanitize=$enable_sanitize], [AC_LANG_PROGRAM([], [])],
     [install the sanitizers of the compiler (Debian: libclang-rt-14-dev)])
   # A report that does not end the program would end in a green test.
   atlax_sanitize="-fsanitize=$enable_sanitize -fno-sanitize-recover=all"
   ATLAX_CFLAGS="$ATLAX_CFLAGS $atlax_sanitize -fno-omit-frame-pointer"
   ATLAX_LDFLAGS="$ATLAX_LDFLAGS $atlax_sanitize"
   AC_DEFINE([ATLAX_SANITIZE], [1], [Built with sanitizers.])])
])

AC_DEFUN([ATLAX_FLAGS_FUZZ], [
FUZZ_CFLAGS=
FUZZ_LDFLAGS=
AS_IF([test "x$enable_fuzz" = xyes],
  [ATLAX_NEED_FLAG([-fsanitize=fuzzer],
     [AC_LANG_SOURCE([[
#include <stddef.h>
#include <stdint.h>
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return data == NULL && size > 0;
}
     ]])], [--enable-fuzz needs clang and its libFuzzer])
   ATLAX_CFLAGS="$ATLAX_CFLAGS -fsanitize=fuzzer-no-link"
   FUZZ_CFLAGS=-fsanitize=fuzzer
   FUZZ_LDFLAGS=-fsanitize=fuzzer])
AC_SUBST([FUZZ_CFLAGS])
AC_SUBST([FUZZ_LDFLAGS])
])

AC_DEFUN([ATLAX_FLAGS], [
ATLAX_CFLAGS=
ATLAX_STRICT_CFLAGS=
m4_foreach_w([flag], [-std=gnu17 -Wall -Wextra -Wshadow -Wpointer-arith -Wcast-qual
  -Wwrite-strings -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wundef
  -Wformat=2 -Wswitch-enum -Wimplicit-fallthrough -Wnull-dereference
  -Wlogical-op -fno-common -ffunction-sections -fdata-sections
  -fstack-protector-strong -fstack-clash-protection -fcf-protection -fPIE],
  [ATLAX_ADD_CFLAG(flag)])
ATLAX_ADD_CFLAG([-Wconversion], [ATLAX_STRICT_CFLAGS])
ATLAX_LDFLAGS="-pie -Wl,--gc-sections -Wl,--as-needed -Wl,-z,relro -Wl,-z,now"
AS_IF([test "x$enable_werror" = xyes], [ATLAX_CFLAGS="$ATLAX_CFLAGS -Werror"])
# Fortified calls hide bugs from the sanitizers, and without optimisation the
# macro only warns.
AS_IF([test "x$enable_sanitize" = xno],
  [AS_CASE([" $CFLAGS $CPPFLAGS "], [*" -O0 "*|*_FORTIFY_SOURCE*], [],
     [*" -O"*], [ATLAX_CFLAGS="$ATLAX_CFLAGS -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2"])])
ATLAX_FLAGS_SANITIZE
ATLAX_FLAGS_FUZZ
AC_SUBST([ATLAX_STRICT_CFLAGS])
AC_SUBST([ATLAX_CFLAGS])
AC_SUBST([ATLAX_LDFLAGS])
])
