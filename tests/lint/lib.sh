# shellcheck shell=sh
# lib.sh — what every checker begins with; to be sourced.
# A checker takes the tree to look at (default: this one) and, when it looks at
# objects, the tree they were built in. selftest.test shows that each of them
# can fail.

lint_here=$(dirname "$0")
. "$lint_here/../tap.sh"
root=${1:-${top_srcdir:-$lint_here/../..}}
# The build tree is for the checkers that look at objects.
# shellcheck disable=SC2034
build=${2:-${top_builddir:-$root/build}}
tmp=$(mktemp -d) || exit 99
trap 'rm -rf "$tmp"' EXIT
LC_ALL=C
export LC_ALL

# lint_files DIRECTORY... -- PATTERN...: files below $root, relative to it
lint_files() {
	lint_dirs=
	while [ "$1" != -- ]; do
		if [ -d "$root/$1" ]; then
			lint_dirs="$lint_dirs $1"
		fi
		shift
	done
	shift
	[ -n "$lint_dirs" ] || return 0
	for lint_pattern in "$@"; do
		# shellcheck disable=SC2086
		(cd "$root" && find $lint_dirs -name "$lint_pattern" -type f)
	done | sort
}

# lint_allow NAME: the exceptions in NAME.allow, without comments
lint_allow() {
	if [ -f "$root/tests/lint/$1.allow" ]; then
		sed -e 's/#.*//' -e '/^[[:space:]]*$/d' "$root/tests/lint/$1.allow"
	fi
}

# lint_sanitized: is the build tree one with sanitizers?
lint_sanitized() {
	grep -q '^#define ATLAX_SANITIZE 1' "$build/config.h" 2>/dev/null
}
