// view.js — from the relay's documents to rows and texts. No document, no network.

const units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];

export function bytes(n) {
	let i = 0;
	while (n >= 1024 && i + 1 < units.length) {
		n /= 1024;
		i++;
	}
	return `${i > 0 && n < 10 ? n.toFixed(1) : Math.floor(n)} ${units[i]}`;
}

export function span(s) {
	s = Math.floor(s);
	if (s < 60)
		return `${s} s`;
	const m = Math.floor(s / 60), h = Math.floor(m / 60), d = Math.floor(h / 24);
	if (m < 60)
		return `${m} min`;
	return h < 24 ? `${h} h ${m % 60} min` : `${d} d ${h % 24} h`;
}

export function ms(us) {
	return us < 10000 ? `${(us / 1000).toFixed(1)} ms` : `${Math.floor(us / 1000)} ms`;
}

// What an operator has to act on is never shown by colour alone.
export function left(notAfter, now) {
	if (!notAfter)
		return { text: "-", tone: "" };
	const s = notAfter - now;
	if (s <= 0)
		return { text: "expired", tone: "bad" };
	return { text: span(s) + " left", tone: s < 3 * 86400 ? "warn" : "" };
}

// As src/cmd/health.c judges.
export function health(tenant, service) {
	let well = 0, unproven = 0, failing = [], away = [];
	for (const agent of tenant.agents) {
		for (const h of agent.services_health) {
			if (h.service !== service)
				continue;
			if (!agent.connected)
				away.push(agent.agent);
			else if (!h.ok)
				failing.push(agent.agent);
			else if (h.state === "unknown")
				unproven++;
			else
				well++;
		}
	}
	const usable = well + unproven, all = usable + failing.length + away.length;
	const say = (who, what) => who.length === 1 ? `agent ${who[0]} ${what}` :
		`${who.length} of ${all} agents: ${what}`;
	const state = usable === 0 ? "DEAD" : "DEGRADED";
	if (all === 0)
		return { state: "DEAD", cause: "no agent is connected that lends it" };
	if (failing.length > 0)
		return { state, cause: say(failing, "cannot reach it") };
	if (away.length > 0)
		return { state, cause: say(away, "is away") };
	if (well === 0)
		return { state: "UNKNOWN", cause: "nobody has used it since its agent started" };
	return { state: "OK", cause: "" };
}

const stateTones = { up: "good", away: "bad", off: "" };

export const tones = { OK: "good", DEGRADED: "warn", DEAD: "bad", UNKNOWN: "" };

// Of a month's quota; nothing without one.
export function share(used, quota) {
	if (!quota)
		return { text: "-", tone: "" };
	const tone = used >= quota ? "bad" : used >= quota * .8 ? "warn" : "";
	return { text: `${Math.floor(100 * used / quota)} %`, tone };
}

// What is used of a limit; 0: there is none.
export function of(used, limit) {
	return limit ? `${used} of ${limit}` : String(used);
}

function bandwidth(b) {
	return [["up", b.up], ["down", b.down]].filter(([, n]) => n > 0)
		.map(([way, n]) => `${bytes(n)}/s ${way}`).join(", ") || "-";
}

const reasons = { no_agent: "no agent", limit: "limit", rate: "rate", memory: "memory",
	source: "deny list", per_source: "per source", banned: "banned", quota: "quota" };

// Visitors who were turned away, and why.
function refused(counts) {
	const some = Object.entries(counts).filter(([, n]) => n > 0);
	return { n: some.reduce((sum, [, n]) => sum + n, 0),
		why: some.map(([name, n]) => `${reasons[name] ?? name} ${n}`).join(", ") };
}

// Rates are differences between two documents; who began anew counts from zero.
export class Rates {
	constructor() {
		this.was = new Map();
	}
	take(doc) {
		const now = new Map(), at = doc.at_ms;
		const s = this.at === undefined ? 0 : (at - this.at) / 1000;
		const rate = (key, value) => {
			const then = this.was.get(key);
			now.set(key, value);
			if (then === undefined || s <= 0)
				return 0;
			return (value - (value < then ? 0 : then)) / s;
		};
		const agents = [], services = [], total = { in: 0, out: 0, streams: 0, up: 0 };
		for (const t of doc.status.tenants) {
			for (const a of t.agents) {
				const key = `a ${t.name}/${a.agent}`;
				const row = { tenant: t.name, agent: a.agent, a, streams: a.streams,
					in: rate(key + " in", a.bytes_in),
					out: rate(key + " out", a.bytes_out) };
				total.in += row.in;
				total.out += row.out;
				total.streams += a.streams;
				total.up += a.connected ? 1 : 0;
				agents.push(row);
			}
			for (const x of t.services)
				services.push({ tenant: t.name, service: x.name, listen: x.listen,
					connections: x.connections,
					perSecond: rate(`s ${t.name}/${x.name}`, x.connections),
					health: health(t, x.name) });
		}
		const streams = (doc.streams?.streams ?? []).map((x) => ({ ...x,
			rate: rate(`x ${x.id}`, x.bytes_in + x.bytes_out) }));
		const workers = doc.status.workers.map((w) => ({ ...w,
			in: rate(`w ${w.index} in`, w.bytes_in),
			out: rate(`w ${w.index} out`, w.bytes_out),
			turns: rate(`w ${w.index} turns`, w.loop_turns) }));
		this.was = now;
		this.at = at;
		const tenants = doc.status.tenants.map((t) => ({ tenant: t.name,
			agents: t.agents.filter((a) => a.state !== "off").length, streams: t.streams, used: t.used,
			limits: t.limits, quota: t.limits.quota,
			bandwidth: bandwidth(t.bandwidth), refused: refused(t.refused) }));
		return { agents, services, tenants, streams, workers, total,
			pending: doc.pending?.pending ?? [],
			streamsTotal: doc.streams?.total ?? 0 };
	}
}

// The lists: columns have a name, a value to sort by, and what is shown.
const n = (name, value, show) => ({ name, value, show: show ?? value, n: true });
const t = (name, value, tone) => ({ name, value, show: value, tone });

export function lists(now) {
	return {
		Agents: { key: (r) => r.tenant + "/" + r.agent, columns: [
			t("Agent", (r) => `${r.tenant}/${r.agent}`),
			t("State", (r) => r.a.state, (r) => stateTones[r.a.state]),
			n("For", (r) => r.a.connected ? r.a.uptime_s : r.a.away_s,
				(r) => span(r.a.connected ? r.a.uptime_s : r.a.away_s)),
			t("Address", (r) => r.a.address),
			n("RTT", (r) => r.a.rtt_us, (r) => r.a.rtt_us ? ms(r.a.rtt_us) : "-"),
			n("Streams", (r) => r.streams),
			n("In/s", (r) => r.in, (r) => bytes(r.in)),
			n("Out/s", (r) => r.out, (r) => bytes(r.out)),
			{ name: "Certificate", value: (r) => r.a.not_after,
				show: (r) => left(r.a.not_after, now).text,
				tone: (r) => left(r.a.not_after, now).tone },
			t("Software", (r) => r.a.software),
			{ ...t("Why off", (r) => r.a.why), more: true }],
			quiet: (r) => r.a.state === "off",
			act: (r) => r.a.state === "off" ? null : { label: "Kick", page: "/v1/kick",
				body: { tenant: r.tenant, agent: r.agent } } },
		Services: { key: (r) => r.tenant + "/" + r.service, columns: [
			t("Service", (r) => `${r.tenant}/${r.service}`),
			t("Health", (r) => r.health.state, (r) => tones[r.health.state]),
			t("Listen", (r) => r.listen),
			n("Visits", (r) => r.connections),
			n("Visits/s", (r) => r.perSecond, (r) => Math.round(r.perSecond)),
			{ ...t("Cause", (r) => r.health.cause), more: true }] },
		Tenants: { key: (r) => r.tenant, columns: [
			t("Tenant", (r) => r.tenant),
			n("Agents", (r) => r.agents, (r) => of(r.agents, r.limits.agents)),
			n("Streams", (r) => r.streams, (r) => of(r.streams, r.limits.streams)),
			t("Bandwidth", (r) => r.bandwidth),
			n("This month", (r) => r.used, (r) => bytes(r.used)),
			n("Quota", (r) => r.quota, (r) => r.quota ? bytes(r.quota) : "-"),
			{ ...n("Of it", (r) => r.quota ? r.used / r.quota : 0,
				(r) => share(r.used, r.quota).text),
				tone: (r) => share(r.used, r.quota).tone },
			n("Refused", (r) => r.refused.n),
			{ ...t("Because of", (r) => r.refused.why), more: true }] },
		Streams: { key: (r) => r.id, columns: [
			t("Client", (r) => r.client),
			t("Service", (r) => `${r.tenant}/${r.service}`),
			t("Agent", (r) => r.agent),
			n("Bytes/s", (r) => r.rate, (r) => bytes(r.rate)),
			n("In", (r) => r.bytes_in, (r) => bytes(r.bytes_in)),
			n("Out", (r) => r.bytes_out, (r) => bytes(r.bytes_out)),
			n("Age", (r) => r.age_ms, (r) => span(r.age_ms / 1000)),
			n("Worker", (r) => r.worker)],
			act: (r) => ({ label: "Close", page: "/v1/streams/close",
				body: { id: r.id } }) },
		Joins: { key: (r) => r.id, columns: [
			t("Words", (r) => r.words),
			t("Name", (r) => r.name || "-"),
			t("From", (r) => r.from),
			n("Age", (r) => r.age_s, (r) => span(r.age_s)),
			t("State", (r) => r.state === "pending" && !r.connected ? "away" : r.state),
			{ name: "To approve, type", value: (r) => r.id, more: true, code: true,
				show: (r) => r.state === "pending" ?
					`atlax approve ${r.id} --as TENANT/NAME` : "" }],
			act: (r) => r.state === "pending" ? { label: "Reject",
				page: `/v1/pending/${r.id}/reject` } : null },
		Workers: { key: (r) => r.index, columns: [
			n("Worker", (r) => r.index),
			n("Busy", (r) => r.busy_percent, (r) => `${r.busy_percent} %`),
			n("Tunnels", (r) => r.sessions),
			n("Streams", (r) => r.streams),
			n("In/s", (r) => r.in, (r) => bytes(r.in)),
			n("Out/s", (r) => r.out, (r) => bytes(r.out)),
			n("Turns/s", (r) => r.turns, (r) => Math.round(r.turns))] },
	};
}

export function pick(rows, list, state, perPage) {
	const words = state.find.toLowerCase().split(/\s+/).filter(Boolean);
	const texts = list.columns.filter((c) => !c.n);
	let found = rows;
	if (words.length > 0)
		found = rows.filter((r) => {
			const text = texts.map((c) => c.show(r)).join(" ").toLowerCase();
			return words.every((w) => text.includes(w));
		});
	const column = list.columns[state.sort];
	const sign = state.down ? -1 : 1;
	found = found.map((row) => ({ row, v: column.value(row) }));
	found.sort((a, b) => sign * (a.v < b.v ? -1 : a.v > b.v ? 1 : 0));
	const pages = Math.max(1, Math.ceil(found.length / perPage));
	const page = Math.min(Math.max(0, state.page), pages - 1);
	return { n: found.length, page, pages,
		rows: found.slice(page * perPage, (page + 1) * perPage).map((x) => x.row) };
}
