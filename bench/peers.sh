# shellcheck shell=sh
# peers.sh — how each peer is started; to be sourced by run. A peer is
#   lacks_PEER      prints why it cannot run here, or nothing
#   start_PEER      starts it before $service; leaves PEER.at and PEER.watch,
#                   and PEER.agents if atlax-crowd can be its agents
#   version_PEER    prints one line
# Every peer runs with its own defaults, apart from limits on connections.
# Roles: the relay faces visitors, the agent faces the service.
#
# tmp, load, build, service, nofile and tenants are set by run.
# shellcheck disable=SC2154

# lacks_tool TOOL...
lacks_tool() {
	for tool in "$@"; do
		if ! command -v "$tool" >/dev/null 2>&1; then
			echo "$tool is not installed"
			return
		fi
	done
}

# place PEER PORT WATCH...: what start leaves behind
place() {
	echo "127.0.0.1:$2" >"$tmp/$1.at"
	peer_name=$1
	shift 2
	echo "$*" >"$tmp/$peer_name.watch"
}

# free_ports N: that many, in $1 to $N after set -- $(free_ports N)
free_ports() {
	"$load" ports --conns "$1"
}

# How many visitors a forwarder may promise: each costs it two descriptors.
conns_max() {
	if [ "$nofile" = unlimited ] || [ "$nofile" -gt 41000 ]; then
		echo 20000
	else
		echo $(((nofile - 1000) / 2))
	fi
}

# sshd demands this directory when it runs as root; ours only if we made it.
ssh_empty=/run/sshd
peers_fini() {
	if [ -f "$tmp/made-ssh-empty" ]; then
		rmdir "$ssh_empty" 2>/dev/null
	fi
	return 0
}

# --- direct: what the machine and the load program can do -----------------

lacks_direct() { :; }
version_direct() { echo "no forwarder at all"; }
start_direct() {
	place direct "${service##*:}"
}

# --- haproxy: one hop, plain TCP; the yardstick ---------------------------

lacks_haproxy() { lacks_tool haproxy; }
version_haproxy() { haproxy -v; }
start_haproxy() {
	port=$(free_ports 1)
	cat >"$tmp/haproxy.cfg" <<-EOF
		global
		    maxconn $(conns_max)
		defaults
		    mode tcp
		    timeout connect 5s
		    timeout client 1h
		    timeout server 1h
		listen bench
		    bind 127.0.0.1:$port
		    server service $service
	EOF
	spawn haproxy haproxy -db -f "$tmp/haproxy.cfg"
	place haproxy "$port" "relay=$(pid_of haproxy)"
}

# --- nginx: one hop, plain TCP --------------------------------------------

# The stream module is built in, or a file beside the others.
nginx_module() {
	nginx -V 2>&1 | grep -q -e '--with-stream ' && return
	dir=$(dirname "$(command -v nginx)")/..
	for file in "$dir"/lib*/nginx/modules/ngx_stream_module.so; do
		if [ -f "$file" ]; then
			echo "load_module $(realpath "$file");"
			return
		fi
	done
	return 1
}

lacks_nginx() {
	lacks_tool nginx
	if command -v nginx >/dev/null 2>&1 && ! nginx_module >/dev/null; then
		echo "nginx has no stream module"
	fi
}
version_nginx() { nginx -v 2>&1; }
start_nginx() {
	port=$(free_ports 1)
	cat >"$tmp/nginx.conf" <<-EOF
		$(nginx_module)
		worker_processes auto;
		pid $tmp/nginx-master;
		events { worker_connections $(conns_max); }
		stream {
		    server {
		        listen 127.0.0.1:$port;
		        proxy_pass $service;
		    }
		}
	EOF
	spawn nginx nginx -p "$tmp" -e "$tmp/nginx.log" -c "$tmp/nginx.conf" \
		-g 'daemon off;'
	place nginx "$port" "relay=$(pid_of nginx)"
}

# --- stunnel: two hops, one TLS connection per visitor --------------------

lacks_stunnel() { lacks_tool stunnel openssl; }
version_stunnel() { stunnel -version 2>&1; }

stunnel_conf() {
	cat <<-EOF
		foreground = yes
		pid =
		debug = err
	EOF
}

start_stunnel() {
	# Ports are numbers.
	# shellcheck disable=SC2046
	set -- $(free_ports 2)
	[ -f "$tmp/stunnel.crt" ] || openssl req -x509 -nodes -days 2 \
		-newkey ec -pkeyopt ec_paramgen_curve:P-256 -subj /CN=bench \
		-keyout "$tmp/stunnel.key" -out "$tmp/stunnel.crt" 2>/dev/null
	{
		stunnel_conf
		cat <<-EOF
			[far]
			accept = 127.0.0.1:$2
			connect = $service
			cert = $tmp/stunnel.crt
			key = $tmp/stunnel.key
		EOF
	} >"$tmp/stunnel-far.conf"
	{
		stunnel_conf
		cat <<-EOF
			[near]
			client = yes
			accept = 127.0.0.1:$1
			connect = 127.0.0.1:$2
			CAfile = $tmp/stunnel.crt
			verifyPeer = yes
		EOF
	} >"$tmp/stunnel-near.conf"
	spawn stunnel-far stunnel "$tmp/stunnel-far.conf"
	spawn stunnel-near stunnel "$tmp/stunnel-near.conf"
	place stunnel "$1" "relay=$(pid_of stunnel-near)" \
		"agent=$(pid_of stunnel-far)"
}

# --- ssh -R: the tunnel everybody has -------------------------------------

lacks_ssh() { lacks_tool ssh sshd ssh-keygen; }
version_ssh() { ssh -V 2>&1; }

sshd_conf() {
	cat <<-EOF
		ListenAddress 127.0.0.1:$1
		HostKey $tmp/ssh-host
		AuthorizedKeysFile $tmp/ssh-key.pub
		PidFile none
		StrictModes no
		UsePAM no
		PasswordAuthentication no
		KbdInteractiveAuthentication no
		PermitRootLogin prohibit-password
		LogLevel ERROR
	EOF
}

start_ssh() {
	# shellcheck disable=SC2046
	set -- $(free_ports 2)
	for key in host key; do
		[ -f "$tmp/ssh-$key" ] ||
			ssh-keygen -q -t ed25519 -N '' -f "$tmp/ssh-$key"
	done
	sshd_conf "$1" >"$tmp/sshd.conf"
	if [ "$(id -u)" = 0 ] && [ ! -d "$ssh_empty" ]; then
		mkdir -m 755 "$ssh_empty" && : >"$tmp/made-ssh-empty"
	fi
	spawn ssh-server "$(command -v sshd)" -D -e -f "$tmp/sshd.conf"
	spawn ssh-client ssh -N -F /dev/null -i "$tmp/ssh-key" -p "$1" \
		-c aes128-gcm@openssh.com -o BatchMode=yes \
		-o IdentitiesOnly=yes -o StrictHostKeyChecking=no \
		-o UserKnownHostsFile=/dev/null -o LogLevel=ERROR \
		-o ConnectionAttempts=10 -o ExitOnForwardFailure=yes \
		-R "127.0.0.1:$2:$service" "$(id -un)@127.0.0.1"
	place ssh "$2" "relay=$(pid_of ssh-server)" \
		"agent=$(pid_of ssh-client)"
}

# --- frp: TLS by default, one connection for all, whose certificate the client
# does not look at; beside it a token ---------------------------------------

lacks_frp() { lacks_tool frps frpc; }
version_frp() { echo "frps $(frps --version)"; }
start_frp() {
	# shellcheck disable=SC2046
	set -- $(free_ports 2)
	cat >"$tmp/frps.toml" <<-EOF
		bindAddr = "127.0.0.1"
		bindPort = $1
		auth.token = "bench"
		transport.tls.force = true
		log.to = "console"
		log.level = "error"
	EOF
	cat >"$tmp/frpc.toml" <<-EOF
		serverAddr = "127.0.0.1"
		serverPort = $1
		loginFailExit = false
		auth.token = "bench"
		log.to = "console"
		log.level = "error"
		[[proxies]]
		name = "bench"
		type = "tcp"
		localIP = "127.0.0.1"
		localPort = ${service##*:}
		remotePort = $2
	EOF
	spawn frp-server frps -c "$tmp/frps.toml"
	spawn frp-client frpc -c "$tmp/frpc.toml"
	place frp "$2" "relay=$(pid_of frp-server)" "agent=$(pid_of frp-client)"
}

# --- rathole: plain by default, here with its Noise transport; a connection for
# each visitor -----------------------------------------------------------------

lacks_rathole() { lacks_tool rathole; }
version_rathole() { rathole --version; }

# rathole_key KIND: "Private" or "Public" of the pair in rathole.keys
rathole_key() {
	awk -v kind="$1" 'found { print $1; exit } $1 == kind { found = 1 }' \
		"$tmp/rathole.keys"
}

start_rathole() {
	# shellcheck disable=SC2046
	set -- $(free_ports 2)
	[ -f "$tmp/rathole.keys" ] || rathole --genkey >"$tmp/rathole.keys"
	cat >"$tmp/rathole-server.toml" <<-EOF
		[server]
		bind_addr = "127.0.0.1:$1"
		default_token = "bench"
		[server.transport]
		type = "noise"
		[server.transport.noise]
		local_private_key = "$(rathole_key Private)"
		[server.services.bench]
		bind_addr = "127.0.0.1:$2"
	EOF
	cat >"$tmp/rathole-client.toml" <<-EOF
		[client]
		remote_addr = "127.0.0.1:$1"
		default_token = "bench"
		[client.transport]
		type = "noise"
		[client.transport.noise]
		remote_public_key = "$(rathole_key Public)"
		[client.services.bench]
		local_addr = "$service"
	EOF
	spawn rathole-server env RUST_LOG=error rathole --server \
		"$tmp/rathole-server.toml"
	spawn rathole-client env RUST_LOG=error rathole --client \
		"$tmp/rathole-client.toml"
	place rathole "$2" "relay=$(pid_of rathole-server)" \
		"agent=$(pid_of rathole-client)"
}

# --- chisel: SSH over a WebSocket, one connection for all -------------------

lacks_chisel() { lacks_tool chisel; }
version_chisel() { echo "chisel $(chisel --version)"; }
start_chisel() {
	# shellcheck disable=SC2046
	set -- $(free_ports 2)
	spawn chisel-server chisel server --host 127.0.0.1 --port "$1" \
		--reverse --auth bench:bench
	spawn chisel-client chisel client --auth bench:bench \
		--max-retry-interval 1s "http://127.0.0.1:$1" \
		"R:127.0.0.1:$2:$service"
	place chisel "$2" "relay=$(pid_of chisel-server)" \
		"agent=$(pid_of chisel-client)"
}

# --- atlax; with the wolfSSL of contrib/wolfssl-hardened.sh; with one lane ----

lacks_atlax() { lacks_build "$build"; }
version_atlax() { version_of_build "$build"; }
start_atlax() { start_build atlax "$build"; }

lacks_hardened() { lacks_build "$build/hardened/build"; }
version_hardened() { version_of_build "$build/hardened/build"; }
start_hardened() { start_build hardened "$build/hardened/build"; }

# The agent keeps to one lane.
lacks_onelane() { lacks_build "$build"; }
version_onelane() { version_of_build "$build"; }
start_onelane() { start_build onelane "$build" 1; }

lacks_build() {
	for program in atlax atlax-relay atlax-agent; do
		if [ ! -x "$1/src/cmd/$program" ]; then
			echo "$program is not built"
			return
		fi
	done
}

version_of_build() {
	echo "$("$1/src/cmd/atlax-relay" --version)," \
		"wolfSSL $(sed -n 's/^wolfssl_summary = //p' "$1/Makefile")"
}

# PKI: once; the same certificates serve every restart.
atlax_pki() {
	[ -d "$tmp/atlax-pki" ] && return
	"$1/atlax" pki init "$tmp/atlax-pki" --relay 127.0.0.1 &&
		"$1/atlax" pki issue "$tmp/atlax-pki" acme/agent1 \
			--out "$tmp/atlax-agent"
}

# The tenants of the crowd: one with many agents, and as many as were asked for.
atlax_crowd_yaml() {
	awk -v n="$tenants" 'BEGIN {
		print "  - name: crowd"
		print "    limits: {agents: 20000, memory: 1024G}"
		print "    services: []"
		for (i = 1; i <= n; i++) {
			print "  - name: t" i
			print "    services:"
			print "      - {name: bench, listen: \"127.0.0.1:0\"}"
		}
	}'
}

# Ten thousand connections and agents must fit: no limit is what is measured.
atlax_relay_yaml() {
	cat <<-EOF
		relay:
		  listen: "127.0.0.1:$1"
		tls:
		  certificate: $tmp/atlax-pki/relay.crt
		  key: $tmp/atlax-pki/relay.key
		  agent_ca: $tmp/atlax-pki/agent-ca.crt
		  crl: $tmp/atlax-pki/agent.crl
		admin:
		  socket: $tmp/$ours.sock
		limits:
		  agents: 20000
		  memory: 1024G
		tenants:
		  - name: acme
		    limits:
		      streams: 20000
		      memory: 1024G
		    services:
		      - name: bench
		        listen: "127.0.0.1:$2"
	EOF
	atlax_crowd_yaml
}

atlax_agent_yaml() {
	cat <<-EOF
		agent:
		  relays: ["127.0.0.1:$1"]
		  max_streams: 20000
		  lanes: ${2:-4}
		tls:
		  certificate: $tmp/atlax-agent/agent.crt
		  key: $tmp/atlax-agent/agent.key
		  relay_ca: $tmp/atlax-agent/relay-ca.crt
		services:
		  - name: bench
		    target: "$service"
	EOF
}

# neighbours PEER: where visitors of the crowd's tenants connect
neighbours() {
	"$build/src/cmd/atlax" status --socket "$tmp/$1.sock" --json | tr '{' '\n' |
		sed -n 's/^"name":"bench","listen":"\([^"]*\)".*/\1/p' | sed 1d
}

# start_build PEER BUILD [LANES]
start_build() {
	ours=$1
	programs=$2/src/cmd
	lanes=${3-}
	# shellcheck disable=SC2046
	set -- $(free_ports 2)
	atlax_pki "$programs" >>"$tmp/$ours.log" 2>&1 || return 1
	atlax_relay_yaml "$1" "$2" >"$tmp/$ours-relay.yaml"
	atlax_agent_yaml "$1" $lanes >"$tmp/$ours-agent.yaml"
	spawn "$ours-relay" nice -n "${relay_nice:-0}" "$programs/atlax-relay" -c "$tmp/$ours-relay.yaml"
	spawn "$ours-agent" "$programs/atlax-agent" -c "$tmp/$ours-agent.yaml"
	echo "--connect 127.0.0.1:$1 --pki $tmp/atlax-pki" \
		"--watch relay=$(pid_of "$ours-relay")" >"$tmp/$ours.agents"
	place "$ours" "$2" "relay=$(pid_of "$ours-relay")" \
		"agent=$(pid_of "$ours-agent")"
}
