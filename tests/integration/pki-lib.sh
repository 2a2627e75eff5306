# shellcheck shell=sh
# lib.sh — what tests of whole programs begin with; to be sourced. Everything
# happens in a new directory below the current one, which is left behind only
# when the test failed. What a test starts is stopped at its end, by pid.
#
# Cases:      it_ok NAME COMMAND...            passes if COMMAND does
#             it_fails STATUS NAME COMMAND...  passes if it ends with STATUS
#             it_says NAME PATTERN             the last command's output has it
#             (and tap_ok, tap_not_ok, tap_skip of tests/tap.sh)
#             it_done                          at the end
# Programs:   it_start NAME COMMAND...         in the background, NAME.log
#             it_wait NAME PATTERN [SECONDS]   until its log has the pattern
#             it_alive NAME, it_stop NAME [SIGNAL]
#             it_port                          prints a port that is free now
# Keys:       it_ca DIR [NAME...]              a CA for a relay on localhost, and
#                                              in NAME/ what that agent needs
: "${top_srcdir:=$(cd "$(dirname "$0")/../.." && pwd)}"
: "${top_builddir:=$PWD}"
. "$top_srcdir/tests/tap.sh"
LC_ALL=C
export LC_ALL

atlax=$top_builddir/src/cmd/atlax
it_helpers=$top_builddir/tests/integration
it_start_dir=$PWD
it_dir=$(mktemp -d "$PWD/it-XXXXXX") || exit 99
it_pids=
cd "$it_dir" || exit 99

# tap_failed comes from tap.sh.
# shellcheck disable=SC2154
it_cleanup() {
	for it_pid in $it_pids; do
		kill -KILL "$it_pid" 2>/dev/null && wait "$it_pid" 2>/dev/null
	done
	cd "$it_start_dir" || exit 99
	if [ "$tap_failed" -eq 0 ]; then
		rm -rf "$it_dir"
	else
		echo "# what was going on: $it_dir"
	fi
}
trap it_cleanup EXIT
trap 'exit 99' HUP INT TERM

it_done() {
	tap_done
}

# --- cases -------------------------------------------------------------------

it_ok() {
	it_name=$1
	shift
	if "$@" >"$it_dir/out" 2>&1; then
		tap_ok "$it_name"
	else
		echo "(status $?: $*)" >>"$it_dir/out"
		tap_not_ok "$it_name" "$it_dir/out"
	fi
}

it_fails() {
	it_want=$1 it_name=$2
	shift 2
	"$@" >"$it_dir/out" 2>&1
	it_status=$?
	if [ "$it_status" -eq "$it_want" ]; then
		tap_ok "$it_name"
	else
		echo "(status $it_status, not $it_want: $*)" >>"$it_dir/out"
		tap_not_ok "$it_name" "$it_dir/out"
	fi
}

it_says() {
	if grep -q -e "$2" "$it_dir/out"; then
		tap_ok "$1"
	else
		tap_not_ok "$1" "$it_dir/out"
	fi
}

# --- programs ----------------------------------------------------------------

it_start() {
	it_name=$1
	shift
	"$@" >"$it_name.log" 2>&1 &
	eval "it_pid_$it_name=$!"
	it_pids="$it_pids $!"
}

it_pid_of() {
	eval "echo \$it_pid_$1"
}

it_alive() {
	kill -0 "$(it_pid_of "$1")" 2>/dev/null
}

# Until the log has the pattern (true), the program ended, or time is up.
it_wait() {
	it_left=$((${3-10} * 20))
	until grep -q -e "$2" "$1.log" 2>/dev/null; do
		it_left=$((it_left - 1))
		if [ "$it_left" -le 0 ] || ! it_alive "$1"; then
			grep -q -e "$2" "$1.log" 2>/dev/null
			return
		fi
		sleep 0.05
	done
}

# Ends it and waits for that; its exit status.
it_stop() {
	it_pid=$(it_pid_of "$1")
	kill -"${2-TERM}" "$it_pid" 2>/dev/null
	wait "$it_pid"
	it_status=$?
	it_pids=$(echo "$it_pids" | sed "s/ $it_pid\\b//")
	return "$it_status"
}

it_port() {
	"$it_helpers/freeport"
}

# --- keys --------------------------------------------------------------------

it_ca() {
	it_ca_dir=$1
	shift
	"$atlax" pki init "$it_ca_dir" --relay localhost,127.0.0.1,::1 >/dev/null ||
		return
	for it_agent in "$@"; do
		"$atlax" pki issue "$it_ca_dir" "$it_agent" \
			--out "$(echo "$it_agent" | tr / -)" >/dev/null || return
	done
}
