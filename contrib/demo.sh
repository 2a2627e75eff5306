#!/bin/sh
# demo.sh — "make demo": a relay, an agent and a web page on this machine, in a
# directory that is removed at the end. DEMO_ONCE=yes ends it after one request.
: "${top_builddir:=$(dirname "$0")/../build}"
bin=$top_builddir/src/cmd
page=$top_builddir/contrib/demo/page

for program in "$bin/atlax" "$bin/atlax-relay" "$bin/atlax-agent" "$page"; do
	if [ ! -x "$program" ]; then
		echo "demo: $program is not built; use make demo" >&2
		exit 1
	fi
done
if ! command -v curl >/dev/null 2>&1; then
	echo "demo: curl is not installed; it makes the demo's request" >&2
	exit 1
fi
. "$(dirname "$0")/processes.sh"
umask 077
dir=$(mktemp -d "${TMPDIR:-/tmp}/atlax-demo.XXXXXX") || exit 1
# Read by processes.sh.
# shellcheck disable=SC2034
process_dir=$dir

finish() {
	finish_status=$?
	trap '' EXIT INT TERM HUP
	signal_all TERM
	# A visitor may still be reading: a second signal does not wait for it.
	signal_all TERM
	end_all 10
	rm -rf "$dir"
	exit "$finish_status"
}
trap finish EXIT
trap 'echo; exit 0' INT TERM HUP

# await NAME WHAT COMMAND...: NAME comes to that, within ten seconds
await() {
	who=$1
	what=$2
	shift 2
	within 10 has_or_ended "$@" >/dev/null 2>&1
	"$@" && return
	echo "demo: $what" >&2
	tail -n 5 "$dir"/*.log >&2
	exit 1
}

has_or_ended() {
	"$@" || not alive "$who"
}

echo "atlax demo: everything is on this machine and goes away at the end."
echo

"$bin/atlax" pki init "$dir/ca" --relay 127.0.0.1 >"$dir/pki.log" 2>&1 &&
	"$bin/atlax" pki issue "$dir/ca" demo/laptop --out "$dir/agent" \
		>>"$dir/pki.log" 2>&1 || {
	echo "demo: the certificates cannot be made" >&2
	cat "$dir/pki.log" >&2
	exit 1
}
echo " 1  a small CA has made certificates for a relay and an agent"

spawn page "$page"
await page "the web page does not start" test -s "$dir/page.out"
target=127.0.0.1:$(sed -n 's/^port //p' "$dir/page.out")
echo " 2  a web page, as on a machine behind NAT, at $target"

cat >"$dir/relay.yaml" <<END
relay: {listen: "127.0.0.1:0", drain: 1s}
tls: {certificate: ca/relay.crt, key: ca/relay.key, agent_ca: ca/agent-ca.crt, crl: ca/agent.crl}
admin: {socket: relay.sock}
tenants:
  - name: demo
    services:
      - {name: page, listen: "127.0.0.1:0"}
END
spawn relay "$bin/atlax-relay" -c "$dir/relay.yaml"
await relay "the relay does not start" grep -q 'public port' "$dir/relay.log"
agents=$(sed -n 's/.*agents_on=\([^ ]*\).*/\1/p' "$dir/relay.log")
visitors=$(sed -n 's/.*public port.*listen=\([^ ]*\).*/\1/p' "$dir/relay.log")
echo " 3  the relay takes agents at $agents, visitors at $visitors"

cat >"$dir/agent.yaml" <<END
agent: {relays: ["$agents"], retry_max: 2s}
tls: {certificate: agent/agent.crt, key: agent/agent.key, relay_ca: agent/relay-ca.crt}
services:
  - {name: page, target: "$target"}
END
spawn agent "$bin/atlax-agent" -c "$dir/agent.yaml"
await agent "the agent finds no relay" grep -q 'tunnel up' "$dir/agent.log"
echo " 4  the agent has dialled the relay and lends it the page"

echo
echo "A visitor's request, through the tunnel:"
echo "$ curl http://$visitors/"
curl -sS --max-time 10 "http://$visitors/" || exit 1
echo
# How the page is, the agent tells within a second.
status_has_page() {
	"$bin/atlax" status --socket "$dir/relay.sock" >"$dir/status.out" &&
		grep -q '^demo *page .* OK ' "$dir/status.out"
}
await agent "the relay does not hear how the page is" status_has_page
echo "$ atlax status --socket $dir/relay.sock"
cat "$dir/status.out"

[ "${DEMO_ONCE-}" = yes ] && exit 0
cat <<END

It goes on until Ctrl-C. Meanwhile:
  open      http://$visitors/
  watch     $bin/atlax top --socket $dir/relay.sock
  read      $dir (relay.yaml, agent.yaml, *.log)
  revoke    $bin/atlax revoke demo/laptop --socket $dir/relay.sock --ca $dir/ca
END
# The shell's wait, unlike a program in the foreground, ends with a signal.
wait "$(pid_of relay)"
echo "demo: the relay has ended" >&2
tail -n 5 "$dir/relay.log" >&2
exit 1
