# shellcheck shell=sh
# processes.sh — what a script starts in the background, by name, and how it ends
# that again; to be sourced. The demo, the benchmark and the tests use it.
#
# A shell reaps any of its children whenever it likes (dash after each builtin,
# bash when one ends), and then the number of that process may be somebody else's.
# So no shell sends signals here: signal-child does, to children of ours only. See
# there; tests/lint/signals.test keeps everybody else from sending.
#
# Only children: what a child has started is for the child to end. Hence SIGTERM
# first, SIGKILL only for who does not listen.
# What a script sets before: top_builddir. What it may set later: process_dir,
# where NAME.pid, .out and .log are kept.

process_dir=.
process_names=
process_signal=${top_builddir:?}/contrib/signal-child
if [ ! -x "$process_signal" ]; then
	echo "$0: $process_signal is not built" >&2
	exit 99
fi

# within SECONDS COMMAND...: again and again, until it succeeds. The command may
# wait in the same way: what has to be kept is in $1 and $2, which are our own.
within() {
	within_end=$(($(date +%s) + $1))
	shift
	set -- "$within_end" 0.01 "$@"
	until within_try "$@"; do
		if [ "$(date +%s)" -gt "$1" ]; then
			shift 2
			echo "not within its time: $*"
			return 1
		fi
		sleep "$2"
		within_end=$1
		shift 2
		set -- "$within_end" 0.05 "$@"
	done
}

within_try() {
	shift 2
	"$@"
}

# not COMMAND...
not() {
	! "$@"
}

# spawn NAME COMMAND...: in the background, with nothing to read. What it says
# goes to NAME.out (from the beginning) and NAME.log (at the end).
spawn() {
	spawn_reading "$@" </dev/null
}

# spawn_reading NAME COMMAND...: the same with our standard input, which the
# shell would replace. Descriptors 8 and 9 stay ours.
spawn_reading() {
	if alive "$1"; then
		echo "$1 runs already"
		return 1
	fi
	spawn_name=$process_dir/$1
	case " $process_names " in
	*" $1 "*) ;;
	*) process_names="$process_names $1" ;;
	esac
	shift
	# Not left to the child: what was said before must not count.
	: >"$spawn_name.out"
	{
		"$@" <&8 8<&- 9>&- >"$spawn_name.out" 2>>"$spawn_name.log" &
		echo $! >"$spawn_name.pid"
	} 8<&0
}

# process_find NAME: its number is in $process_pid, if it has one
process_find() {
	process_pid=
	[ -s "$process_dir/$1.pid" ] || return
	read -r process_pid <"$process_dir/$1.pid"
	case $process_pid in
	'' | *[!0-9]*) return 1 ;;
	esac
}

# pid_of NAME: to show it, or to look it up in /proc
pid_of() {
	process_find "$1" && echo "$process_pid"
}

# alive NAME: it is our child and has not ended. Ours: $$ is not good enough, it is
# the number of another process in a subshell.
alive() {
	process_find "$1" || return
	read -r process_self _ </proc/self/stat
	# By a program that reads it once: bash goes back after each line and asks
	# the kernel again, which by then has other lines. These are words.
	# shellcheck disable=SC2046
	set -- $(sed -n -e 's/^State:[[:blank:]]*\([A-Za-z]\).*/\1/p' \
		-e 's/^Tgid:[[:blank:]]*//p' -e 's/^PPid:[[:blank:]]*//p' \
		"/proc/$process_pid/status" 2>/dev/null)
	case ${1-X} in
	[ZXx]) return 1 ;;
	esac
	[ "$2 $3" = "$process_pid $process_self" ]
}

# signal NAME SIGNAL: HUP, INT, KILL, TERM, CONT, STOP; fails if it is not alive
signal() {
	process_find "$1" && "$process_signal" "$2" "$process_pid" $$
}

# ended NAME SECONDS: it ends by itself; $ended_status is how
ended() {
	process_find "$1" || return
	within "$2" not alive "$1" || return
	wait "$process_pid" 2>/dev/null
	# For who asked.
	# shellcheck disable=SC2034
	ended_status=$?
	rm -f "$process_dir/$1.pid"
}

# stop NAME [SIGNAL]: and waits until it is gone
stop() {
	signal "$1" "${2:-TERM}"
	ended "$1" 20
}

# signal_all SIGNAL: to all that are alive
signal_all() {
	for process_name in $process_names; do
		signal "$process_name" "$1"
	done
}

none_alive() {
	for process_name in $process_names; do
		! alive "$process_name" || return
	done
}

# end_all SECONDS: lets those who were told to end do so, kills the others
end_all() {
	within "$1" none_alive >/dev/null || {
		signal_all KILL
		within 5 none_alive
	}
	for process_name in $process_names; do
		alive "$process_name" || ended "$process_name" 0
	done
}
