# shellcheck shell=sh disable=SC2034,SC2154
# build.sh — building other people's libraries from Debian's source packages; to
# be sourced. Which, and their checksums: contrib/sources.
#
# sources: where what was downloaded is kept, so that the next time needs no
# network. Everything else goes below the current directory.
contrib=$(cd "$(dirname "$0")" && pwd) || exit 1
: "${jobs:=$(getconf _NPROCESSORS_ONLN)}"

die() {
	echo "$(basename "$0"): $*" >&2
	exit 1
}

need() {
	for tool in "$@"; do
		command -v "$tool" >/dev/null 2>&1 ||
			die "$tool is missing; contrib/packages says what to install"
	done
}

# quietly LOG COMMAND...: what it says goes into LOG; the end is shown if it fails
quietly() {
	log=$1
	shift
	"$@" >"$log" 2>&1 && return
	tail -n 25 "$log" >&2
	die "failed: $* (all of it: $log)"
}

# apt COMMAND...: apt-get, with the source packages of the same mirrors as the
# machine's packages, without touching the machine's lists
apt() {
	apt-get -q -o Dir::Etc::sourcelist="$sources/apt/list" \
		-o Dir::Etc::sourceparts=/dev/null \
		-o Dir::State::lists="$sources/apt/lists" \
		-o Dir::Cache="$sources/apt/cache" -o APT::Sandbox::User= "$@"
}

apt_lists() {
	mkdir -p "$sources/apt/lists/partial" \
		"$sources/apt/cache/archives/partial"
	# $() is apt's here.
	# shellcheck disable=SC2016
	apt-get indextargets --format \
		'deb-src $(REPO_URI) $(RELEASE) $(COMPONENT)' \
		'Origin: Debian' 'Identifier: Packages' |
		sort -u >"$sources/apt/list"
	[ -s "$sources/apt/list" ] ||
		die "apt knows no packages of Debian: run apt-get update"
	quietly "$sources/apt/update.log" apt update
}

# pinned NAME: what stands in contrib/sources, in $version, $sum and $dsc
pinned() {
	version=$(awk -v name="$1" '$1 == name { print $2 }' "$contrib/sources")
	sum=$(awk -v name="$1" '$1 == name { print $3 }' "$contrib/sources")
	[ -n "$sum" ] || die "$1 does not stand in contrib/sources"
	dsc=${1}_${version#*:}.dsc
}

# is_genuine: $dsc is what we have looked at, and its files are what it says
is_genuine() {
	(cd "$sources" && echo "$sum  $dsc" | sha256sum -c --status 2>/dev/null &&
		sed -n '/^Checksums-Sha256:/,/^[^ ]/s/^ \([0-9a-f]*\) [0-9]* /\1  /p' \
			"$dsc" | sha256sum -c --status 2>/dev/null)
}

# fetch NAME: its source into $sources, unless it is there
fetch() {
	pinned "$1"
	mkdir -p "$sources"
	! is_genuine || return 0
	[ -s "$sources/apt/list" ] || apt_lists
	(cd "$sources" && quietly "$1.log" apt source --download-only \
		"$1=$version") || exit
	is_genuine || die "$dsc is not what contrib/sources says"
}

# unpack NAME: what was fetched, patched as Debian and contrib/NAME.patch do it,
# into ./NAME; configure is made anew, because some come without
unpack() {
	pinned "$1"
	rm -rf "./$1"
	quietly "$1.log" dpkg-source --no-check -x "$sources/$dsc" "$1"
	if [ -f "$contrib/$1.patch" ]; then
		quietly "$1.log" patch -d "$1" -p1 -i "$contrib/$1.patch"
	fi
	if [ -f "$1/configure.ac" ]; then
		(cd "$1" && quietly autoreconf.log autoreconf -fi) || exit
	fi
}

# make_and_install DIRECTORY VARIABLE=VALUE...: what was configured there
make_and_install() {
	dir=$1
	shift
	(cd "$dir" && quietly make.log make -j"$jobs" "$@" &&
		quietly install.log make "$@" install) || exit
}

# What src/tls and src/pki use of wolfSSL, and nothing beside it: TLS 1.3 with
# SNI, revocation lists and exporters; Ed25519, X25519 and P-256 in constant
# time; no old TLS, RSA, DH, PSK, tickets or cache of sessions. Then what brings
# code that CVEs live in and nobody here calls. Random numbers are the kernel's:
# a generator of the library's own tests itself for each connection.
wolfssl_features='--disable-shared --enable-static --disable-dependency-tracking
	--disable-examples --disable-crypttests --disable-benchmark
	--enable-tls13 --disable-tlsv12 --disable-oldtls --enable-harden
	--enable-sni --enable-crl --enable-keying-material --enable-atomicuser
	--enable-certgen --enable-hkdf --enable-sp-math
	--disable-rsa --disable-dh --disable-aescbc --disable-des3 --disable-md5
	--disable-sha --disable-sha224 --disable-sha3 --disable-pkcs12
	--disable-enc-then-mac --disable-extended-master
	--disable-secure-renegotiation-info --disable-filesystem
	--disable-crl-monitor --disable-sys-ca-certs --disable-oldnames
	--disable-hashdrbg --disable-optflags'
# The verdict and the sockets are ours (src/tls/verdict.c, src/io); AES has one
# length of keys.
wolfssl_defines='-DWOLFSSL_ALWAYS_VERIFY_CB -DWOLFSSL_USER_IO -DWOLFSSL_AEAD_ONLY
	-DNO_AES_192 -DNO_AES_256
	-DCUSTOM_RAND_GENERATE_BLOCK=getentropy'
# For C alone; assembly is compiled with the other flags, too.
wolfssl_header='-include unistd.h'
