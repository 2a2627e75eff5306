# shellcheck shell=sh
# lib.sh — what scripts of this directory begin with; to be sourced. Gives them
# $tmp, TAP, and processes that end with the script, whatever happens.
# What it sets is for them.
# shellcheck disable=SC2034

. "${top_srcdir:-$(dirname "$0")/../..}/tests/tap.sh"
build=${top_builddir:-.}
tools=$build/tests/integration/tools
load=$build/bench/load/atlax-load
tmp=$(mktemp -d) || exit 99
pids=

lib_finish() {
	for lib_pid in $pids; do
		kill "$lib_pid" 2>/dev/null
	done
	rm -rf "$tmp"
}
trap lib_finish EXIT
trap 'exit 1' INT TERM HUP

# until_true COMMAND...: tries every 20 ms, for ten seconds
until_true() {
	lib_tries=500
	until "$@"; do
		lib_tries=$((lib_tries - 1))
		[ "$lib_tries" -gt 0 ] || return 1
		sleep 0.02
	done
}

# up NAME COMMAND...: starts a process in the background, output in $tmp/NAME,
# errors in $tmp/NAME.err; sets $pid. Its standard input is up's: the shell
# would give it /dev/null. Descriptor 9 belongs to chaos alone.
up() {
	lib_name=$1
	shift
	: >"$tmp/$lib_name"
	{
		"$@" <&8 8<&- 9>&- >"$tmp/$lib_name" 2>"$tmp/$lib_name.err" &
		pid=$!
	} 8<&0
	pids="$pids $pid"
}

# up_port NAME COMMAND...: the same for a process that prints "port N"; sets
# $pid and $port. Ends the script if it does not come.
up_port() {
	up "$@" </dev/null
	lib_port
}

lib_port() {
	if ! until_true grep -q '^port [0-9]' "$tmp/$lib_name"; then
		tap_not_ok "$lib_name starts" "$tmp/$lib_name.err"
		tap_done
	fi
	port=$(sed -n 's/^port //p' "$tmp/$lib_name")
}

# down PID: ends a process of ours and waits for it
down() {
	kill "$1" 2>/dev/null
	wait "$1" 2>/dev/null
	pids=$(echo " $pids " | sed "s/ $1 / /")
}

# chaos_up TARGET: tcpchaos before TARGET; sets $pid and $port. One per script,
# on descriptor 9.
chaos_up() {
	mkfifo "$tmp/chaos.in" || exit 99
	# Opened both ways: else opening waits for somebody at the other end.
	exec 9<>"$tmp/chaos.in"
	up chaos "$tools/tcpchaos" 127.0.0.1:0 "$1" <"$tmp/chaos.in"
	lib_port
}

# chaos COMMAND: sends it and waits until it is done; the answer is in $answer
chaos() {
	lib_lines=$(wc -l <"$tmp/chaos")
	echo "$1" >&9
	until_true chaos_answered || return 1
	answer=$(tail -n 1 "$tmp/chaos")
}

chaos_answered() {
	[ "$(wc -l <"$tmp/chaos")" -gt "$lib_lines" ]
}

# same NAME WANTED FILE: the file holds exactly that line
same() {
	if [ "$(cat "$3")" = "$2" ]; then
		tap_ok "$1"
	else
		{
			echo "wanted: $2"
			cat "$3"
		} >"$tmp/lib.why"
		tap_not_ok "$1" "$tmp/lib.why"
	fi
}
