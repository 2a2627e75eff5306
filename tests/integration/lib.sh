# shellcheck shell=sh
# A test may leave out what most of them do not need.
# shellcheck disable=SC2120
# lib.sh — what every script of this directory begins with: cases, processes, and
# a throw-away world for the real programs: a CA, a relay, agents and services on
# the loopback interface; to be sourced.
#
# A test works in a directory of its own below the current one, which stays when
# it has failed. Everything it starts has a name (contrib/processes.sh), and only
# that is ever stopped. Nothing waits without a deadline and nothing sleeps longer
# than until the next look.
# What a test may set before the configurations are written:
#   drain wait heartbeat dead_after resume     relay.yaml and agent.yaml
#   relay_budget agent_budget                  bytes on their way, of each
#   relays                                     where agents look for a relay
# What it may set later: it_elsewhere, one more directory to remove at the end.
# ATLAX_LONG=yes makes some tests larger; ATLAX_KEEP=yes keeps the directory in
# any case, ATLAX_KEEP=no in none.

it_here=$(cd "$(dirname "$0")" && pwd) || exit 99
: "${top_srcdir:=$(cd "$it_here/../.." && pwd)}"
if [ -z "${top_builddir-}" ]; then
	top_builddir=$top_srcdir/build
	[ ! -f config.status ] || top_builddir=$PWD
fi
. "$top_srcdir/tests/tap.sh"
. "$top_srcdir/contrib/processes.sh"
# In a network of our own, where that is allowed: a port that was free stays free, and
# who starts again has his, whatever runs beside. What is mounted goes with us, too.
if [ -z "${it_network-}" ] && unshare -n -m ip link set lo up 2>/dev/null; then
	it_network=ours
	export it_network
	exec unshare -n -m sh "$0" "$@"
fi
[ "${it_network-}" != ours ] || ip link set lo up
it_atlax=$top_builddir/src/cmd/atlax
it_relay=$top_builddir/src/cmd/atlax-relay
it_agent=$top_builddir/src/cmd/atlax-agent
it_load=$top_builddir/bench/load/atlax-load
it_tools=$top_builddir/tests/integration/tools
it_daemons=
it_elsewhere=
LC_ALL=C
export LC_ALL

it_dir=$(mktemp -d "$PWD/it.XXXXXX") || exit 99
cd "$it_dir" || exit 99

it_cleanup() {
	it_status=$?
	trap '' EXIT INT TERM HUP
	signal_all TERM
	end_all 5
	cd "$it_dir/.." || exit 99
	# tap_failed comes from tap.sh.
	# shellcheck disable=SC2154
	case ${ATLAX_KEEP:-failed}:$tap_failed in
	yes:* | failed:[1-9]*) echo "# what was going on: $it_dir" $it_elsewhere ;;
	*) rm -rf "$it_dir" ${it_elsewhere:+"$it_elsewhere"} ;;
	esac
	exit "$it_status"
}
trap it_cleanup EXIT
trap 'exit 1' INT TERM HUP

# --- time -------------------------------------------------------------------

# now_ms: for spans; never for a verdict on speed
now_ms() {
	date +%s%3N
}

# took_at_most MS COMMAND...: succeeds, and is over in time; sanitizers have more
took_at_most() {
	took_limit=$1
	! is_sanitized || took_limit=$((3 * $1))
	took_from=$(now_ms)
	shift
	"$@" || return
	took=$(($(now_ms) - took_from))
	if [ "$took" -gt "$took_limit" ]; then
		echo "took $took ms, allowed are $took_limit: $*"
		return 1
	fi
}

# --- verdicts ---------------------------------------------------------------

# check NAME COMMAND...: one case. What the command prints is the complaint if
# it fails; the ends of all logs follow.
check() {
	check_name=$1
	shift
	[ ! -f check.out ] || mv check.out last.out
	"$@" >check.out 2>&1
	check_status=$?
	if [ "$check_status" -eq 0 ]; then
		tap_ok "$check_name"
		return 0
	fi
	{
		echo "status $check_status of: $*"
		for it_name in $process_names; do
			echo "--- $it_name"
			grep -v '"level":"debug"' "$it_name.log" |
				tail -n "${ATLAX_LOG_LINES:-12}"
		done
	} >>check.out 2>&1
	tap_not_ok "$check_name" check.out
	return 1
}

# same WANTED GOT
same() {
	if [ "$1" != "$2" ]; then
		echo "wanted: $1"
		echo "got:    $2"
		return 1
	fi
}

# exits STATUS COMMAND...: ends with that status; what it said is in exits.out and
# exits.err
exits() {
	exits_wanted=$1
	shift
	"$@" >exits.out 2>exits.err </dev/null
	exits_status=$?
	cat exits.out exits.err
	same "$exits_wanted" "$exits_status"
}

# printed PATTERN: the case before this one has
printed() {
	cat last.out
	grep -q -e "$1" last.out
}

# all_cases_done: stops what still runs, looks for last words, prints the plan
all_cases_done() {
	if [ -n "$it_daemons" ]; then
		check "relay and agents stop in order" stop_daemons
		check "nothing strange was said" no_last_words
	fi
	tap_done
}

stop_daemons() {
	for it_name in $it_daemons; do
		signal "$it_name" TERM || continue
		# Twice: nothing here still waits for its streams.
		case $it_name in
		relay*) signal "$it_name" TERM ;;
		esac
	done
	for it_name in $it_daemons; do
		[ -s "$it_name.pid" ] || continue
		ended "$it_name" 20 && same 0 "$ended_status" || return
	done
}

no_last_words() {
	for it_name in $it_daemons; do
		! grep -A 30 -e 'Sanitizer' -e 'runtime error' -e 'sandbox: refused' \
			-e '\.c:[0-9]*: [a-z_0-9]*: ' \
			"$it_name.log" || return
	done
}

# --- processes ----------------------------------------------------------------

# spawn_family NAME COMMAND...: spawn, for what starts others. When the last of
# them has gone, NAME-family ends. They hold a pipe, on descriptor 7, and cat
# reads its end: nobody has to know a number that may be another's meanwhile.
spawn_family() {
	rm -f "$1-family.fifo"
	mkfifo "$1-family.fifo"
	spawn "$1-family" cat "$1-family.fifo"
	exec 7<>"$1-family.fifo"
	spawn "$@"
	exec 7>&-
}

# descriptors NAME, memory_kb NAME: what it uses
descriptors() {
	find "/proc/$(pid_of "$1")/fd" -type l 2>/dev/null | wc -l
}

# check_seen NAME COMMAND...: check, for what only root sees: the descriptors of a
# program that holds keys (src/io/process.h)
check_seen() {
	if [ "$(id -u)" -eq 0 ]; then
		check "$@"
	else
		tap_skip "$1" "only root sees the descriptors of who holds keys"
	fi
}

memory_kb() {
	sed -n 's/^VmRSS:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$(pid_of "$1")/status"
}

# is_sanitized: slow, and with more memory than it needs
is_sanitized() {
	grep -q '^#define ATLAX_SANITIZE 1' "$top_builddir/config.h"
}

# mark NAME: what it has said so far does not count for said
mark() {
	wc -l <"$1.log" >"$1.mark"
}

# new_lines NAME: what it said since the mark
new_lines() {
	new_mark=0
	if [ -s "$1.mark" ]; then
		new_mark=$(cat "$1.mark")
	fi
	tail -n "+$((new_mark + 1))" "$1.log"
}

# said NAME PATTERN: since the mark
said() {
	new_lines "$1" | grep -q -e "$2"
}

# says NAME PATTERN: now or soon
says() {
	within 20 said "$1" "$2"
}

# --- another machine ------------------------------------------------------------

# need_networks: before any case, where one of our own has to be
need_networks() {
	tap_need ip unshare nsenter
	[ "${it_network-}" = ours ] ||
		tap_skip_all "networks of our own are not allowed here"
}

it_other_network() {
	[ "$(readlink "/proc/$(pid_of machine)/ns/net")" != \
		"$(readlink /proc/self/ns/net)" ]
}

# machine_start: a machine with a network of its own, and a cable from its agent0,
# 10.0.0.2, to our relay0, 10.0.0.1
machine_start() {
	spawn machine unshare -n sleep 1000
	within 10 it_other_network
	ip link add relay0 type veth peer name agent0 netns "$(pid_of machine)"
	ip addr add 10.0.0.1/24 dev relay0
	ip link set relay0 up
	there ip link set lo up
	there ip addr add 10.0.0.2/24 dev agent0
	there ip link set agent0 up
}

# there COMMAND...: on that machine. Who is to be stopped by name begins with
# nsenter itself.
there() {
	nsenter -t "$(pid_of machine)" -n "$@"
}

# --- a CA, a relay, agents ------------------------------------------------------

# need_programs: before any case
need_programs() {
	for it_program in "$it_atlax" "$it_relay" "$it_agent" "$it_load"; do
		[ -x "$it_program" ] && continue
		tap_not_ok "$it_program is built"
		tap_done
	done
}

# ca_new: ./ca, for a relay on this machine
ca_new() {
	"$it_atlax" pki init ca --relay localhost,127.0.0.1,::1 >pki.out 2>&1
}

# credentials TENANT[/AGENT]: prints the directory of its certificate and key,
# which is made when it is not there
credentials() {
	credentials_dir=cert-$(echo "$1" | tr / -)
	if [ ! -d "$credentials_dir" ]; then
		"$it_atlax" pki issue ca "$1" --out "$credentials_dir" \
			>>pki.out 2>&1 || return
	fi
	echo "$credentials_dir"
}

# it_tunnel_yaml BUDGET: what both files have
it_tunnel_yaml() {
	cat <<-END
	tunnel:
	  heartbeat: ${heartbeat:-15s}
	  dead_after: ${dead_after:-10s}
  resume: ${resume:-1m}
	  budget: $1
	log: {level: debug, format: json}
	END
}

# relay_yaml [NAME]: NAME.yaml; the items of "tenants" come by standard input
relay_yaml() {
	{
		cat <<-END
		relay:
		  listen: "${relay_listen:-127.0.0.1:0}"
		  workers: 2
		  drain: ${drain:-5s}
		  wait: ${wait:-5s}
		tls:
		  certificate: ca/relay.crt
		  key: ca/relay.key
		  agent_ca: ca/agent-ca.crt
		  crl: ca/agent.crl
		admin: {socket: ${1:-relay}.sock}
		END
		it_tunnel_yaml "${relay_budget:-32M}"
		echo "tenants:"
		cat
	} >"${1:-relay}.yaml"
}

# relay_start [NAME]: waits until it is up. Ports that the kernel chose are kept
# when it is started again.
relay_start() {
	relay_name=${1:-relay}
	: >>"$relay_name.log"
	mark "$relay_name"
	spawn "$relay_name" "$it_relay" -c "$relay_name.yaml"
	it_daemon "$relay_name"
	within 20 relay_is_up "$relay_name" || return
	relay_keep_ports "$relay_name"
}

it_daemon() {
	case " $it_daemons " in
	*" $1 "*) ;;
	*) it_daemons="$it_daemons $1" ;;
	esac
}

# Up, or gone; every port stands in the log.
relay_is_up() {
	alive "$1" || return 0
	said "$1" '"msg":"relay up"' &&
		[ "$(new_lines "$1" | grep -c '"msg":"public port"')" -ge \
			"$(grep -c '{name: .*listen: ' "$1.yaml")" ]
}

relay_keep_ports() {
	new_lines "$1" | sed -n \
		-e 's/.*"agents_on":"\([^"]*\)".*/\1/p' \
		-e '/"msg":"public port"/s/.*"listen":"\([^"]*\)".*/\1/p' \
		>"$1.ports"
	test -s "$1.ports" || return
	awk 'NR == FNR { at[NR] = $0; next }
	/listen: "/ { sub(/listen: "[^"]*"/, "listen: \"" at[++n] "\"") }
	{ print }' "$1.ports" "$1.yaml" >"$1.yaml.new" &&
		mv "$1.yaml.new" "$1.yaml"
}

# agents_on [NAME]: where the relay expects agents
agents_on() {
	sed -n 1p "${1:-relay}.ports"
}

# port_of TENANT SERVICE [NAME]: the public address of a service
port_of() {
	sed -n "/\"msg\":\"public port\",\"tenant\":\"$1\",\"service\":\"$2\"/\
s/.*\"listen\":\"\([^\"]*\)\".*/\1/p" "${3:-relay}.log" | tail -n 1
}

# agent_yaml NAME TENANT[/AGENT]: NAME.yaml; the items of "services" come by
# standard input. Where the relay is: $relays, or the relay that runs.
agent_yaml() {
	agent_dir=$(credentials "$2") || return
	{
		cat <<-END
		agent:
		  relays: [${relays:-\"$(agents_on)\"}]
		  retry_min: 50ms
		  retry_max: 1s
		  max_streams: 8192
		  socket: $1.sock
		  kept: $1.kept
		tls:
		  certificate: $agent_dir/agent.crt
		  key: $agent_dir/agent.key
		  relay_ca: $agent_dir/relay-ca.crt
		END
		it_tunnel_yaml "${agent_budget:-32M}"
		echo "services:"
		cat
	} >"$1.yaml"
}

# agent_start NAME
agent_start() {
	: >>"$1.log"
	mark "$1"
	spawn "$1" "$it_agent" -c "$1.yaml"
	it_daemon "$1"
}

# status [NAME]: JSON without blanks
status() {
	"$it_atlax" status --json --socket "${1:-relay}.sock" | tr -d ' \n'
}

# lends AGENT SERVICE [RELAY]: the relay is connected with this agent and has
# heard of nothing wrong with the service
lends() {
	# The brackets of an IPv6 address end no list.
	status "${3:-relay}" 2>/dev/null | sed 's/\[\([0-9a-f:]*\)\]:/\1:/g' |
		grep -q "\"agent\":\"$1\",[^]]*\
\"connected\":true,[^]]*{\"service\":\"$2\",\"ok\":true"
}

# away AGENT: it has lost its connection, and the relay waits for another
away() {
	status 2>/dev/null | grep -q "\"agent\":\"$1\",\"state\":\"away\""
}

# gone AGENT: the relay has taken leave of it
gone() {
	! status 2>/dev/null | grep -q "\"agent\":\"$1\",\"state\":\"\(up\|away\)\""
}

# off AGENT [WHY]: it has, and remembers it
off() {
	status 2>/dev/null | grep "\"agent\":\"$1\",\"state\":\"off\",[^]]*\"why\":\"$2"
}

# --- services and visitors --------------------------------------------------------

# serve NAME COMMAND...: a program that says "port N" of 127.0.0.1; its address is
# $service
serve() {
	spawn "$@"
	serve_port "$1"
}

serve_port() {
	within 10 grep -q '^port [0-9]' "$1.out" || return
	service=127.0.0.1:$(sed -n 's/^port //p' "$1.out")
}

# service_start NAME [ADDRESS]: the service of atlax-load
service_start() {
	serve "$1" "$it_load" serve --listen "${2:-127.0.0.1:0}"
}

# tool_start NAME HABIT [RATE]: tcpsvc (see README)
tool_start() {
	tool_name=$1
	tool_habit=$2
	shift 2
	serve "$tool_name" "$it_tools/tcpsvc" "$tool_habit" 127.0.0.1:0 "$@"
}

# socat_start NAME ACTION [OPTION...]: a service made of socat's words on a
# port of its own; its address is $service
socat_start() {
	socat_name=$1
	socat_action=$2
	shift 2
	: >>"$socat_name.log"
	mark "$socat_name"
	spawn "$socat_name" socat -d -d "$@" \
		TCP-LISTEN:0,bind=127.0.0.1,fork,backlog=64 "$socat_action"
	says "$socat_name" 'listening on AF=2' || return
	service=$(new_lines "$socat_name" |
		sed -n 's/.*listening on AF=2 //p' | tail -n 1)
}

# chaos_start TARGET [LISTEN]: tcpchaos (see README) before TARGET; its address is
# $service. One per test; descriptor 9 is its standard input.
chaos_start() {
	mkfifo chaos.fifo || return
	# Both ways: else opening waits for somebody at the other end.
	exec 9<>chaos.fifo
	chaos_at=${2:-127.0.0.1:0}
	spawn_reading chaos "$it_tools/tcpchaos" "$chaos_at" "$1" <chaos.fifo
	serve_port chaos && service=${chaos_at%:*}:${service##*:}
}

# chaos COMMAND: has it done; what it said is in $answer
chaos() {
	chaos_lines=$(wc -l <chaos.out)
	echo "$1" >&9
	within 10 chaos_answered || return
	answer=$(tail -n 1 chaos.out)
	echo "$answer" | grep '^ok'
}

chaos_answered() {
	[ "$(wc -l <chaos.out)" -gt "$chaos_lines" ]
}

# crossed BYTES: so many have gone through chaos, both ways together
crossed() {
	chaos stat >chaos.said || return
	crossed_bytes=$(($(sed 's/.* up \([0-9]*\) down \([0-9]*\).*/\1 + \2/' chaos.said)))
	[ "$crossed_bytes" -ge "$1" ]
}

# world: most tests begin with it: a service that echoes and more, one relay,
# one tenant "alpha" with the service "echo", one agent "one". $at is where
# visitors go.
world() {
	need_programs
	ca_new && service_start service && relay_yaml <<-END &&
	  - name: alpha
	    services:
	      - {name: echo, listen: "127.0.0.1:0"}
	END
	relay_start && agent_yaml one alpha/one <<-END && agent_start one
	  - {name: echo, target: "$service"}
	END
	at=$(port_of alpha echo)
	check "a tunnel comes up" within 20 lends one echo || all_cases_done
}

# works [ADDRESS]: a visitor's byte makes the whole way and back
works() {
	"$it_load" wait --connect "${1:-$at}" --seconds "${2:-20}"
}

# carries MODE OPTION...: a load of atlax-load towards $at without an error
carries() {
	carries_mode=$1
	shift
	if "$it_load" "$carries_mode" --connect "$at" --verify "$@" \
		</dev/null >load.out 2>&1 &&
		! grep -q -e '"[a-z_]*errors":[1-9]' -e '"bad":[1-9]' \
			-e '"unfinished":[1-9]' load.out; then
		return 0
	fi
	cat load.out
	return 1
}

# closed_within SECONDS ADDRESS: the connection is closed on its visitor
closed_within() {
	timeout "$1" socat -u "TCP:$2" - >closed.out 2>/dev/null
	if [ $? -eq 124 ]; then
		echo "still open after $1 s"
		return 1
	fi
}

# visitors_in ADDRESS: how many connections there are open, as the kernel knows
visitors_in() {
	# State 01 is ESTABLISHED; the visitor's end is at our public port.
	awk -v port="$(printf '%04X' "${1##*:}")" '
		$3 ~ ":" port "$" && $4 == "01" { n++ }
		END { print n + 0 }' /proc/net/tcp
}

none_in() {
	same 0 "$(visitors_in "$1")"
}

# hold NAME COUNT ADDRESS: that many connections stay open, each proven by an
# echo, until "stop NAME"
hold() {
	# Nobody ever writes into it, and its end never comes.
	rm -f "$1.fifo"
	mkfifo "$1.fifo"
	spawn_reading "$1" "$it_load" idle --connect "$3" --conns "$2" \
		<>"$1.fifo"
	within 30 hold_is_ready "$1" && test -s "$1.out"
}

# Ready, or failed.
hold_is_ready() {
	test -s "$1.out" || not alive "$1"
}
