#!/bin/sh
# wolfssl-hardened.sh PREFIX — builds a wolfSSL that can only do what atlax needs,
# as a static library below PREFIX, from Debian's source package. Then:
#
#	./configure --with-wolfssl=PREFIX
#
# CC, CFLAGS (default -O2 -g) and jobs (default: one a core) may be set, and
# sources, the directory where the download is kept (default PREFIX/src).
set -eu
[ $# -eq 1 ] || {
	echo "usage: wolfssl-hardened.sh PREFIX" >&2
	exit 2
}
case $1 in
/*) prefix=$1 ;;
*) prefix=$PWD/$1 ;;
esac
: "${sources:=$prefix/src}"
. "$(dirname "$0")/build.sh"
: "${CC:=gcc}"
need apt-get dpkg-source autoreconf libtoolize make "$CC"
mkdir -p "$prefix/src"
cd "$prefix/src"

# The assembly asks the processor what it has. Arm's does not: it would end with
# an illegal instruction on a Raspberry Pi 4, so there it is C.
case $($CC -dumpmachine) in
x86_64-*) assembly='--enable-intelasm --enable-sp=ec256,asm' ;;
*) assembly='--disable-asm --disable-sp-asm --enable-sp=ec256' ;;
esac

echo "wolfSSL: fetching"
fetch wolfssl
unpack wolfssl
echo "wolfSSL: configuring"
cd wolfssl
# Features are words.
# shellcheck disable=SC2086,SC2116
quietly configure.log ./configure --prefix="$prefix" CC="$CC" \
	$wolfssl_features $assembly --enable-curve25519 --enable-ed25519 \
	CPPFLAGS="$(echo $wolfssl_defines) -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2" \
	CCASFLAGS= CFLAGS="$wolfssl_header ${CFLAGS:--O2 -g} -fPIE -fstack-protector-strong \
-fstack-clash-protection"
cd ..
echo "wolfSSL: building"
make_and_install wolfssl
echo "wolfSSL: in $prefix; ./configure --with-wolfssl=$prefix"
