# shellcheck shell=sh
# machine.sh — where figures come from and where they go; to be sourced by run
# and micro/run, which set here, build, load, tmp and kind (of results).
# shellcheck disable=SC2154

describe_machine() {
	cpu=$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)
	echo "date $(date -u +%Y-%m-%dT%H:%M:%SZ)"
	echo "cpu ${cpu:-$(uname -m)}"
	echo "cores $(getconf _NPROCESSORS_ONLN)"
	echo "memory $(sed -n 's/^MemTotal: *//p' /proc/meminfo)"
	echo "kernel $(uname -sr)"
	echo "load_before $(cat /proc/loadavg)"
	git -C "$here" describe --always --dirty 2>/dev/null | sed 's/^/atlax /'
	sed -n 's/^CFLAGS = /cflags /p' "$build/Makefile" 2>/dev/null
}

# A name for the machine: cores, model and kernel, as a short number.
fingerprint() {
	grep -e '^cpu ' -e '^cores ' -e '^kernel ' "$tmp/machine" | cksum |
		cut -d ' ' -f 1
}

# report [OPTION...]: a table of $tmp/samples, and a file beside $tmp/machine
report() {
	out=$build/bench/results/$(date +%F)-$(fingerprint)${kind:+-$kind}.json
	out=${BENCH_OUT:-$out}
	mkdir -p "$(dirname "$out")"
	"$load" report --machine "$tmp/machine" --json "$out" "$@" \
		"$tmp/samples" || exit 1
	echo
	echo "written: $out"
}
