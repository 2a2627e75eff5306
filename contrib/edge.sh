#!/bin/sh
# edge.sh [-t] DIRECTORY [MACHINE...] — atlax-agent for small devices: one static
# file, DIRECTORY/MACHINE/atlax-agent. MACHINE is x86_64 (the default), aarch64 or
# armhf. musl, wolfSSL, c-ares and libyaml are made from Debian's source packages
# with nothing in them that the agent does not use.
#
# -t: builds and runs the unit tests too, by qemu-user for a foreign machine.
#
# jobs (default: one a core) may be set, and sources, the directory where
# downloads are kept (default DIRECTORY/downloads). What was made is kept, too; the next
# time only atlax is.
set -eu
tests=no
if [ "${1-}" = -t ]; then
	tests=yes
	shift
fi
[ $# -ge 1 ] || {
	echo "usage: edge.sh [-t] DIRECTORY [x86_64 | aarch64 | armhf]..." >&2
	exit 2
}
mkdir -p "$1"
top=$(cd "$1" && pwd)
shift
[ $# -gt 0 ] || set -- x86_64
begun=$(date +%s)
: "${sources:=$top/downloads}"
. "$(dirname "$0")/build.sh"
atlax=$(cd "$contrib/.." && pwd)
need apt-get dpkg-source autoreconf libtoolize make pkg-config

# One size fits: what is not called goes (sections, and the whole program in one
# piece), what is called is small. Exceptions nobody throws need no tables. Only a dynamic
# linker would make relocated data read-only: room for that is up to 64 KiB of zeros.
cflags="-Oz -g0 -flto -ffunction-sections -fdata-sections \
-fno-asynchronous-unwind-tables -fno-unwind-tables -fstack-protector-strong \
-fomit-frame-pointer -fPIE -ffile-prefix-map=$atlax/= -ffile-prefix-map=$top/="
trees=$top/src

# toolchain MACHINE: names and places
toolchain() {
	packed= # ld of Debian 12 knows how for one machine
	case $1 in
	x86_64)
		triplet=x86_64-linux-gnu qemu=qemu-x86_64-static
		packed="-z pack-relative-relocs"
		;;
	aarch64) triplet=aarch64-linux-gnu qemu=qemu-aarch64-static ;;
	armhf) triplet=arm-linux-gnueabihf qemu=qemu-arm-static ;;
	*) die "$1 is no machine that this script knows" ;;
	esac
	gcc=$triplet-gcc
	need "$gcc" "$triplet-gcc-ar" "$triplet-strip"
	[ "$(uname -m)" != "$1" ] || qemu=
	prefix=$top/$1/prefix
	cc=$prefix/bin/cc
}

# kernel_headers: musl has none of its own; the compiler's are the kernel's
kernel_headers() {
	for dir in "/usr/$triplet/include" "/usr/include/$triplet" /usr/include; do
		for name in linux asm asm-generic; do
			if [ -d "$dir/$name" ] && [ ! -e "$prefix/include/$name" ]; then
				ln -s "$dir/$name" "$prefix/include/$name"
			fi
		done
	done
}

# musl: and a compiler that knows nothing else. What it links is static and
# position independent, whatever it is told.
musl() {
	mkdir -p musl
	(cd musl && quietly configure.log "$trees/musl/configure" \
		--prefix="$prefix" --target="$triplet" CC="$gcc" \
		--disable-shared --disable-wrapper --disable-optimize \
		CFLAGS="-Oz -ffunction-sections -fdata-sections \
-fno-asynchronous-unwind-tables -fPIE") || exit
	make_and_install musl
	kernel_headers
	lib=$prefix/lib
	cat >"$lib/musl.specs" <<-END
	%rename cpp_options old_cpp_options

	*cpp_options:
	-nostdinc -isystem $prefix/include -isystem include%s %(old_cpp_options)

	*cc1:
	%(cc1_cpu) -nostdinc -isystem $prefix/include -isystem include%s

	*link_libgcc:
	-L$lib -L.%s

	*libgcc:
	libgcc.a%s %:if-exists(libgcc_eh.a%s)

	*link_gcc_c_sequence:
	--start-group %G %L --end-group

	*startfile:
	$lib/rcrt1.o $lib/crti.o crtbeginS.o%s

	*endfile:
	crtendS.o%s $lib/crtn.o

	*link:
	-nostdlib -static -pie --no-dynamic-linker -z text -z now $packed

	END
	mkdir -p "$prefix/bin"
	cat >"$cc" <<-END
	#!/bin/sh
	exec $gcc "\$@" -specs $lib/musl.specs
	END
	chmod +x "$cc"
}

# configure_in DIR CONFIGURE OPTION...: for our machine, with our compiler; its
# hundreds of questions without the optimizer
configure_in() {
	dir=$1
	configure=$2
	shift 2
	mkdir -p "$dir"
	(cd "$dir" && quietly configure.log "$configure" --host="$triplet" \
		CC="$cc" AR="$triplet-gcc-ar" RANLIB="$triplet-gcc-ranlib" \
		NM="$triplet-gcc-nm" --prefix="$prefix" "$@" CFLAGS=-fPIE) || exit
}

# library NAME OPTION...
library() {
	name=$1
	shift
	configure_in "$name" "$trees/$name/configure" --disable-shared \
		--enable-static --disable-dependency-tracking "$@"
	# The manual of Check would want texinfo.
	[ "$name" != check ] || set -- SUBDIRS='lib src'
	[ "$name" = check ] || set --
	make_and_install "$name" CFLAGS="$cflags" "$@"
}

# Small tables are slower and, what matters more, tell less to a cache. What
# SHA-384 goes with, P-384 and AES-256, is not there either.
wolfssl() {
	# Features are words.
	# shellcheck disable=SC2086,SC2116
	library wolfssl $wolfssl_features --disable-asm --disable-sp-asm \
		--disable-ecc --disable-sha384 \
		--enable-curve25519=small --enable-ed25519=small \
		--disable-errorstrings --enable-singlethreaded \
		CPPFLAGS="$(echo $wolfssl_defines) $wolfssl_header -DGCM_SMALL \
-DWOLFSSL_AES_SMALL_TABLES -DWOLFSSL_AES_NO_UNROLL -DUSE_SLOW_SHA256 \
-DUSE_SLOW_SHA512 -DNO_ERROR_QUEUE"
}

# checks: the unit tests of what is in the agent, which renews nothing (doc/EDGE)
checks() {
	[ -z "$qemu" ] || need "$qemu"
	all=$(cd "$atlax" && find tests/unit/base tests/unit/proto \
		tests/unit/parse tests/unit/tls tests/unit/log tests/unit/conf \
		tests/unit/agent -name 'test_*.c' ! -name test_renewer.c |
		sed 's/\.c$//' | sort)
	# Names are words.
	# shellcheck disable=SC2086,SC2116
	(cd atlax && CK_TIMEOUT_MULTIPLIER=10 quietly check.log make -j"$jobs" check-TESTS \
		CFLAGS="$cflags" TESTS="$(echo $all)" \
		LOG_COMPILER="/bin/sh $atlax/tests/run $qemu") || exit
	sed -n "s/^# \([A-Z]*: *[1-9]\)/$1: tests, \1/p" atlax/check.log
}

agent() {
	toolchain "$1"
	cd "$top/$1"
	PKG_CONFIG_LIBDIR=$prefix/lib/pkgconfig
	export PKG_CONFIG_LIBDIR
	configure_in atlax "$atlax/configure" --enable-agent-only \
		--with-wolfssl="$prefix" --with-ipsec-mb=no --disable-sandbox --sysconfdir=/etc \
		--localstatedir=/var LDFLAGS="-flto-partition=one \
-Wl,-z,norelro -Wl,-z,noseparate-code -Wl,--build-id=none -Wl,--sort-section=alignment \
-Wl,-Map=$PWD/atlax-agent.map"
	(cd atlax && quietly make.log make -j"$jobs" \
		CFLAGS="$cflags -DAX_ASSERT_BRIEF" src/cmd/atlax-agent) || exit
	"$triplet-strip" -R .comment -o atlax-agent atlax/src/cmd/atlax-agent
	echo "$1: $PWD/atlax-agent, $(wc -c <atlax-agent) bytes"
	[ $tests = no ] || checks "$1"
}

libraries() {
	toolchain "$1"
	mkdir -p "$top/$1"
	cd "$top/$1"
	rm -rf made "$prefix"
	musl
	wolfssl
	library c-ares --disable-tests
	library libyaml
	if [ $tests = yes ]; then
		library check --disable-subunit --disable-timeout-tests
		# Debian's has a second one for shared libraries.
		sed -i 's/check_pic/check/' "$prefix/lib/pkgconfig/check.pc"
	fi
	recipe >made
	echo "$1: libraries after $(($(date +%s) - begun)) s"
}

# recipe: what would make the libraries again if it changed
recipe() {
	cat "$contrib/edge.sh" "$contrib/build.sh" "$contrib/sources" \
		"$contrib"/*.patch | cksum
	"$gcc" --version | head -n 1
	echo "with Check: $tests"
}

# together COMMAND WORD...: the command with each word at the same time, because
# what configure does needs one core only
together() {
	command=$1
	shift
	running=
	for word in "$@"; do
		("$command" "$word") &
		running="$running $!"
	done
	for pid in $running; do
		wait "$pid" || exit
	done
}

stale=
for machine in "$@"; do
	toolchain "$machine"
	[ "$(recipe)" = "$(cat "$top/$machine/made" 2>/dev/null)" ] ||
		stale="$stale $machine"
done
if [ -n "$stale" ]; then
	names='musl wolfssl c-ares libyaml'
	[ $tests = no ] || names="$names check"
	mkdir -p "$trees"
	cd "$trees"
	for name in $names; do
		fetch "$name"
	done
	# Names are words.
	# shellcheck disable=SC2086
	together unpack $names
	# A third of musl; printf and scanf want the rest of it, and Check floor.
	find musl/src/complex musl/src/math -type f ! -name '__*' \
		! -name '*frexp*' ! -name 'copysign*' ! -name 'scalbn*' \
		! -name 'fabs*' ! -name 'fmod*' ! -name 'floor*' -delete
	# shellcheck disable=SC2086
	together libraries $stale
fi
[ -x "$atlax/configure" ] || die "run ./autogen.sh first"
together agent "$@"
echo "done after $(($(date +%s) - begun)) s"
