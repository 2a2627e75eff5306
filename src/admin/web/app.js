// app.js — the page: what the relay tells once a second, drawn; and the buttons.
// Texts from outside go into textContent and attributes only, never into HTML.
import { Rates, bytes, lists, pick, span } from "/view.js";

const PER_PAGE = 100, HISTORY_MS = 300000;
const el = (id) => document.getElementById(id);
const rates = new Rates();
const history = [];
let now = null, doc = null, tab = "Agents", lost = false;
const states = { Agents: { sort: 0 }, Services: { sort: 0 }, Tenants: { sort: 0 },
	Streams: { sort: 3, down: true }, Joins: { sort: 3 }, Workers: { sort: 0 } };
for (const s of Object.values(states))
	Object.assign(s, { find: "", page: 0, down: s.down ?? false });

function set(node, text) {
	text = String(text);
	if (node.textContent !== text)
		node.textContent = text;
}

function make(tag, props = {}, ...children) {
	const e = Object.assign(document.createElement(tag), props);
	e.append(...children);
	return e;
}

function notice(text) {
	el("notice").hidden = !text;
	set(el("notice"), text);
}

function badge(text, tone) {
	set(el("live"), text);
	el("live").className = "badge " + tone;
}

// --- asking ------------------------------------------------------------------

async function post(what) {
	try {
		const r = await fetch(what.page, { method: "POST",
			headers: { "Content-Type": "application/json" },
			body: what.body === undefined ? undefined : JSON.stringify(what.body) });
		const answer = await r.json();
		notice(r.ok ? "" : `The relay says: ${answer.error}`);
	} catch {
		notice("The relay did not answer.");
	}
}

// Twice, within three seconds: a slip of the finger cuts nobody off.
function arm(button, what) {
	button.onclick = () => {
		if (button.classList.contains("sure")) {
			button.disabled = true;
			post(what);
			return;
		}
		button.classList.add("sure");
		set(button, "Sure?");
		setTimeout(() => {
			button.classList.remove("sure");
			set(button, what.label);
		}, 3000);
	};
}

// --- drawing -------------------------------------------------------------------

function drawHead() {
	const s = doc.status;
	set(el("relay"), `${s.version}, up ${span(s.uptime_s)}, agents at ${s.listen}`);
	if (s.draining)
		badge("draining", "bad");
	else
		badge("live", "good");
	const t = now.total, refused = now.tenants.reduce((n, x) => n + x.refused.n, 0);
	const sick = now.services.filter((x) => x.health.state === "DEAD" ||
		x.health.state === "DEGRADED").length;
	const joins = now.pending.filter((x) => x.state === "pending").length;
	const cards = [["from agents", bytes(t.in) + "/s"], ["to agents", bytes(t.out) + "/s"],
		["streams", t.streams], ["agents up", `${t.up}/${now.agents.length}`],
		["services in trouble", sick, sick > 0 ? "bad" : ""],
		["visits refused", refused], ["joins waiting", joins, joins > 0 ? "warn" : ""]];
	const list = el("cards");
	while (list.children.length < cards.length)
		list.append(make("li", {}, make("b"), make("span")));
	cards.forEach(([name, value, tone], i) => {
		set(list.children[i].firstChild, value);
		list.children[i].firstChild.className = tone ?? "";
		set(list.children[i].lastChild, name);
	});
	document.title = `atlax: ${t.up} agents, ${t.streams} streams`;
}

function drawChart() {
	const canvas = el("chart"), style = getComputedStyle(document.documentElement);
	const w = canvas.clientWidth, h = canvas.clientHeight, dpr = window.devicePixelRatio || 1;
	if (w === 0)
		return;
	canvas.width = w * dpr;
	canvas.height = h * dpr;
	const c = canvas.getContext("2d");
	c.scale(dpr, dpr);
	const top = Math.max(1024, ...history.map((x) => Math.max(x.in, x.out)));
	const x = (at) => w - (history.at(-1).at - at) * w / HISTORY_MS;
	const y = (v) => h - 1 - v / top * (h - 4);
	c.strokeStyle = style.getPropertyValue("--line");
	for (const part of [0, .5, 1]) {
		c.beginPath();
		c.moveTo(0, Math.round(y(part * top)) + .5);
		c.lineTo(w, Math.round(y(part * top)) + .5);
		c.stroke();
	}
	c.lineWidth = 1.75;
	c.lineJoin = "round";
	for (const key of ["in", "out"]) {
		c.strokeStyle = style.getPropertyValue("--" + key);
		c.beginPath();
		history.forEach((p, i) => i === 0 ? c.moveTo(x(p.at), y(p[key])) :
			c.lineTo(x(p.at), y(p[key])));
		c.stroke();
	}
	set(el("peak"), `top line ${bytes(top)}/s`);
}

function drawTabs() {
	const nav = el("tabs"), counts = { Agents: now.agents.length,
		Services: now.services.length, Tenants: now.tenants.length, Streams: now.streamsTotal,
		Joins: now.pending.length, Workers: now.workers.length };
	for (const name of Object.keys(states)) {
		let b = nav.querySelector(`[data-tab="${name}"]`);
		if (b === null) {
			b = make("button", { type: "button" });
			b.dataset.tab = name;
			b.onclick = () => show(name);
			nav.append(b);
		}
		set(b, `${name} ${counts[name]}`);
		b.setAttribute("aria-pressed", String(name === tab));
	}
}

function drawHeadings(list, state) {
	const head = el("head");
	if (head.dataset.tab !== tab) {
		head.dataset.tab = tab;
		head.replaceChildren(make("tr", {}, ...list.columns.map((c, i) =>
			make("th", { scope: "col", className: c.n ? "n" : "" },
				make("button", { type: "button", textContent: c.name, onclick: () => {
					state.down = state.sort === i ? !state.down : Boolean(c.n);
					state.sort = i;
					state.page = 0;
					drawTable();
				} }))), ...(list.act ? [make("th", { scope: "col" })] : [])));
	}
	[...head.firstChild.children].forEach((th, i) => {
		if (i === state.sort)
			th.setAttribute("aria-sort", state.down ? "descending" : "ascending");
		else
			th.removeAttribute("aria-sort");
	});
}

function newRow(list) {
	const tr = make("tr");
	for (const c of list.columns) {
		const td = make("td", { className: (c.n ? "n" : "") + (c.more ? "more" : "") });
		td.dataset.name = c.name;
		td.append(make(c.code ? "code" : "span"));
		tr.append(td);
	}
	if (list.act)
		tr.append(make("td", { className: "act" }));
	return tr;
}

// A row that stays keeps its nodes: the focus stays, and "Sure?" means the same.
function drawRow(tr, row, list) {
	tr.className = list.quiet?.(row) ? "quiet" : "";
	list.columns.forEach((c, i) => {
		const node = tr.children[i].firstChild, text = c.show(row);
		set(node, text);
		node.hidden = text === "";
		if (c.tone)
			node.className = c.tone(row);
	});
	if (!list.act)
		return;
	const cell = tr.lastChild, what = list.act(row);
	if (what === null) {
		cell.replaceChildren();
	} else if (cell.firstChild === null) {
		const b = make("button", { type: "button", textContent: what.label });
		b.setAttribute("aria-label", `${what.label} ${list.columns[0].show(row)}`);
		arm(b, what);
		cell.append(b);
	}
}

function drawTable() {
	if (now === null)
		return;
	const list = lists(Date.now() / 1000)[tab], state = states[tab];
	const all = now[tab === "Joins" ? "pending" : tab.toLowerCase()];
	const found = pick(all, list, state, PER_PAGE), body = el("rows");
	state.page = found.page;
	drawHeadings(list, state);
	if (body.dataset.tab !== tab) {
		body.dataset.tab = tab;
		body.replaceChildren();
	}
	const old = new Map([...body.children].map((tr) => [tr.dataset.key, tr]));
	const rows = found.rows.map((row) => {
		const key = String(list.key(row)), tr = old.get(key) ?? newRow(list);
		tr.dataset.key = key;
		drawRow(tr, row, list);
		return tr;
	});
	if (rows.length === 0)
		rows.push(make("tr", {}, make("td", { className: "none",
			colSpan: list.columns.length + 1, textContent: state.find ?
				"Nothing matches." : "There are none." })));
	if (rows.length !== body.children.length || rows.some((tr, i) => tr !== body.children[i])) {
		const focus = document.activeElement;
		body.replaceChildren(...rows);
		if (focus !== document.activeElement && body.contains(focus))
			focus.focus();
	}
	set(el("page"), `${found.page + 1} of ${found.pages}`);
	el("pages").hidden = found.pages === 1;
	el("back").disabled = found.page === 0;
	el("next").disabled = found.page + 1 >= found.pages;
	set(el("count"), tab === "Streams" && now.streamsTotal > all.length ?
		`${found.n} of the ${all.length} largest of ${now.streamsTotal}` :
		state.find ? `${found.n} of ${all.length}` : "");
}

function show(name) {
	tab = name;
	el("find").value = states[tab].find;
	drawTabs();
	drawTable();
}

// --- living ----------------------------------------------------------------------

function take(data) {
	doc = data;
	now = rates.take(doc);
	history.push({ at: doc.at_ms, in: now.total.in, out: now.total.out });
	while (history[0].at < doc.at_ms - HISTORY_MS)
		history.shift();
	if (document.hidden)
		return;
	drawHead();
	drawChart();
	drawTabs();
	drawTable();
}

function listen() {
	const events = new EventSource("/v1/events");
	events.onmessage = (e) => {
		if (lost)
			notice("");
		lost = false;
		take(JSON.parse(e.data));
	};
	events.onerror = async () => {
		badge("not connected", "bad");
		lost = true;
		if (events.readyState !== EventSource.CLOSED)
			return; /* the browser tries again */
		try {
			const r = await fetch("/v1/events", { method: "GET",
				signal: AbortSignal.timeout(5000) });
			if (r.status === 401) {
				notice("There is no session, or it is over. " +
					"\u201catlax dashboard\u201d prints a link to open this page with.");
				return;
			}
			if (!r.ok)
				notice(`The relay says: ${(await r.json()).error}`);
			else
				r.body.cancel();
		} catch {
			notice("The relay does not answer.");
		}
		setTimeout(listen, 3000);
	};
}

el("find").oninput = () => {
	states[tab].find = el("find").value;
	states[tab].page = 0;
	drawTable();
};
el("filter").onsubmit = (e) => e.preventDefault();
el("back").onclick = () => { states[tab].page--; drawTable(); };
el("next").onclick = () => { states[tab].page++; drawTable(); };
document.addEventListener("keydown", (e) => {
	if (e.key === "/" && document.activeElement !== el("find")) {
		e.preventDefault();
		el("find").focus();
	} else if (e.key === "Escape" && document.activeElement === el("find")) {
		el("find").value = "";
		el("find").oninput();
		el("find").blur();
	}
});
document.addEventListener("visibilitychange", () => {
	if (!document.hidden && now !== null) {
		drawHead();
		drawChart();
		drawTabs();
		drawTable();
	}
});
window.addEventListener("resize", () => drawChart());
listen();
