# plot.awk — a picture of a file of results: awk -f plot.awk FILE.json >FILE.svg
# One panel for each load with a row for each peer; if there is only one peer,
# one for each kind of load with a row for each size. It knows JSON only as
# atlax-load report writes it, a metric a line. Every colour is half way between
# white and black, and there is no background: both pages will do.

BEGIN {
	want("bulk-up bulk-down", "gbit_s cpu_relay_s_per_gb cpu_agent_s_per_gb")
	want("echo http http-close churn",
	    "requests_s p99_us cpu_relay_us_per_request")
	want("mixed", "p99_x_idle p99_us gbit_s")
	want("stall", "p99_x_idle gbit_s rss_relay_growth_mb")
	want("idle", "rss_relay_bytes_per_conn p99_us cpu_relay_us_per_request")
	want("agents",
	    "rss_relay_bytes_per_agent p99_us cpu_relay_us_per_request")
	want("tenants", "rss_relay_start_mb p99_us cpu_relay_us_per_request")
	want("share", "share_of_others share_alike gbit_s")
	want("handshake",
	    "handshakes_relay_per_cpu_s p99_us cpu_relay_us_per_handshake")
	want("storm", "back_s p99_us cpu_relay_us_per_agent")
	n = split("gbit_s requests_s handshakes_relay_per_cpu_s", list, " ")
	for (i = 1; i <= n; i++)
		more[list[i]] = 1
	text = "#7d7d7d"
	ours = "#d9730d"
	others = "#6f8fb8"
	row = 16	# pixels, as everything
	glyph = 6.7	# of a fixed pitch font of 11
	bar = 140
	room = 70	# for a number
}

function want(families, metrics, n, i, list) {
	n = split(families, list, " ")
	for (i = 1; i <= n; i++)
		wanted[list[i]] = metrics
}

function quoted(line) {
	sub(/^ *"/, "", line)
	sub(/".*/, "", line)
	return line
}

function field(name, at) {
	at = index($0, "\"" name "\":\"")
	return at == 0 ? "" : quoted(substr($0, at + length(name) + 3))
}

FNR == 1 {
	machine = field("cpu") ", " field("cores") " cores, " field("kernel") \
	    ", " field("date") ", atlax " field("atlax")
}
/^ "/ { load = loads[++n_loads] = quoted($0) }
/^  "/ {
	peer = quoted($0)
	if (!(peer in known)) {
		known[peer] = 1
		peers[++n_peers] = peer
	}
}
/^   "/ && match($0, /"median":[-+.0-9e]+/) {
	value[load, peer, quoted($0)] = substr($0, RSTART + 9, RLENGTH - 9) + 0
	measured[load, peer] = 1
}

# "bulk-up-8" is of the family bulk-up, "seal/16/AES" of seal.
function family(name) {
	if (index(name, "/") > 0)
		sub(/\/.*/, "", name)
	else
		sub(/-[0-9]+$/, "", name)
	return name
}

# As many digits as say something.
function number(v) {
	if (v >= 100 || v == int(v))
		return sprintf("%.0f", v)
	return sprintf(v >= 10 ? "%.1f" : "%.3g", v)
}

function escape(s) {
	gsub(/&/, "\\&amp;", s)
	gsub(/</, "\\&lt;", s)
	return s
}

function write(x, y, s, attributes) {
	body = body sprintf("<text x=\"%d\" y=\"%d\" %s>%s</text>\n", x, y,
	    attributes, escape(s))
}

# The rows of a panel are the cells load, peer of cell_load and cell_peer.
function chart(x, y, metric, i, v, most, label, width) {
	for (i = 1; i <= n_cells; i++)
		if ((cell_load[i], cell_peer[i], metric) in value) {
			v = value[cell_load[i], cell_peer[i], metric]
			most = v > most ? v : most
		}
	write(x, y, metric (metric in more ? " ↑" : ""),
	    "font-style=\"italic\"")
	for (i = 1; i <= n_cells; i++) {
		y += row
		label = n_peers > 1 ? cell_peer[i] : cell_load[i]
		write(x + labels - 6, y, label, "text-anchor=\"end\"")
		if (!((cell_load[i], cell_peer[i], metric) in value)) {
			write(x + labels, y, "-", "")
			continue
		}
		v = value[cell_load[i], cell_peer[i], metric]
		width = most > 0 && v > 0 ? v / most * bar : 0
		body = body sprintf("<rect x=\"%d\" y=\"%d\" width=\"%.1f\" " \
		    "height=\"11\" fill=\"%s\"/>\n", x + labels, y - 9,
		    width < 1 ? 1 : width, cell_peer[i] == "atlax" ? ours : others)
		write(x + labels + width + 6, y, number(v), "")
	}
}

function has(metric, i) {
	for (i = 1; i <= n_cells; i++)
		if ((cell_load[i], cell_peer[i], metric) in value)
			return 1
	return 0
}

function panel(title, metrics, n, i, list, x) {
	n = split(metrics, list, " ")
	write(0, height + 14, title, "font-weight=\"bold\" font-size=\"13\"")
	for (i = 1; i <= n; i++)
		if (has(list[i])) {
			chart(x, height + 14 + 1.5 * row, list[i])
			x += labels + bar + room
			wide = x > wide ? x : wide
		}
	height += (n_cells + 4) * row
}

function add(load, peer) {
	cell_load[++n_cells] = load
	cell_peer[n_cells] = peer
}

# A name with a slash is a micro benchmark.
function metrics_of(load) {
	return index(load, "/") > 0 ? "ns_op" : wanted[family(load)]
}

END {
	for (i = 1; i <= n_peers; i++)
		longest = length(peers[i]) > longest ? length(peers[i]) : longest
	for (i = 1; n_peers == 1 && i <= n_loads; i++)
		longest = length(loads[i]) > longest ? length(loads[i]) : longest
	labels = longest * glyph + 10
	for (i = 1; i <= n_loads; i++) {
		f = family(loads[i])
		n_cells = 0
		if (n_peers > 1) {
			for (k = 1; k <= n_peers; k++)
				if ((loads[i], peers[k]) in measured)
					add(loads[i], peers[k])
			panel(loads[i], metrics_of(loads[i]))
		} else if (!(f in done)) {
			done[f] = 1
			for (k = i; k <= n_loads; k++)
				if (family(loads[k]) == f)
					add(loads[k], peers[1])
			panel(f, metrics_of(loads[i]))
		}
	}
	write(0, height + 14, "↑ more is better; of everything else, less", "")
	height += row
	write(0, height + 14, machine, "")
	width = length(machine) * glyph
	printf "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"-10 -10 %d %d\" ",
	    (wide > width ? wide : width) + 20, height + 2 * row + 20
	printf "font-family=\"monospace\" font-size=\"11\" fill=\"%s\">\n", text
	printf "%s</svg>\n", body
}
