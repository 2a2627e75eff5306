#!/bin/sh
# autogen.sh        regenerates the build system; nothing else
# autogen.sh demo   from a fresh checkout to a running tunnel
# autogen.sh check  from a fresh checkout to the end of the test suite
# autogen.sh deps [GROUP...]
#                   only installs what demo and check need, or these groups
#
# demo and check install the packages of contrib/packages that are missing (as
# root, or through sudo), configure in build/ with -O2 and run make there.
# ATLAX_CONFIGURE_FLAGS are passed to configure: "--enable-tests" makes a
# missing test tool a failure instead of a skip.
set -eu
cd "$(dirname "$0")"

die() {
	echo "autogen.sh: $*" >&2
	exit 1
}

# packages GROUP...: the names; the third column limits one to an architecture
packages() {
	for group in "$@"; do
		awk -v group="$group" -v arch="$(dpkg --print-architecture \
			2>/dev/null)" \
			'$1 == group && (NF < 3 || arch == "" || $3 == arch) {
				print $2 }' contrib/packages
	done | sort -u
}

is_installed() {
	dpkg -s "$1" 2>/dev/null | grep -q '^Status: .* installed$'
}

as_root() {
	if [ "$(id -u)" -eq 0 ]; then
		"$@"
	elif command -v sudo >/dev/null; then
		sudo "$@"
	else
		die "cannot run \"$*\": be root, or install sudo"
	fi
}

install_missing() {
	if ! command -v apt-get >/dev/null; then
		echo "autogen.sh: no apt-get here; what Debian calls the" \
			"following must be there:" >&2
		packages "$@" | sed 's/^/  /' >&2
		return
	fi
	missing=
	for package in $(packages "$@"); do
		is_installed "$package" || missing="$missing $package"
	done
	[ -n "$missing" ] || return 0
	echo "autogen.sh: installing$missing"
	as_root apt-get update -q
	# Names are words.
	# shellcheck disable=SC2086
	as_root env DEBIAN_FRONTEND=noninteractive \
		apt-get install -q -y --no-install-recommends $missing
}

# build TARGET...: configures in build/ and makes all, then each target
build() {
	autoreconf -fi
	mkdir -p build
	cd build
	# Flags are words.
	# shellcheck disable=SC2086
	../configure CFLAGS="${CFLAGS:--O2 -g}" ${ATLAX_CONFIGURE_FLAGS-}
	make -j"$(getconf _NPROCESSORS_ONLN)"
	for target in "$@"; do
		make -j"$((2 * $(getconf _NPROCESSORS_ONLN)))" "$target"
	done
}

case ${1-} in
"")
	exec autoreconf -fi
	;;
deps)
	shift
	[ $# -gt 0 ] || set -- build demo test
	install_missing "$@"
	;;
demo)
	install_missing build demo
	build
	top_builddir=$PWD
	export top_builddir
	# Nothing between us and the demo: a signal for this process ends it,
	# and all it has started. Shells start what is in their background with
	# SIGINT ignored, which a script cannot undo.
	set -- sh ../contrib/demo.sh
	if env --default-signal=INT true 2>/dev/null; then
		set -- env --default-signal=INT "$@"
	fi
	exec "$@"
	;;
check)
	install_missing build test
	build check
	;;
*)
	die "usage: autogen.sh [demo | check | deps [GROUP...]]"
	;;
esac
