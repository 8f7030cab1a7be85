// SPDX-License-Identifier: Apache-2.0
// The status page: asks /status.json every second, keeps five minutes of it, and draws what it says.
// Names, notes and reasons are written by strangers: they reach the page as text, never as markup.

const EVERY = 1000, LATE = 3000, PATIENCE = 4000, LONGEST_PAUSE = 15_000;
const KEPT = 300_000, MINUTE = 60_000, GAP = 5000, SILENT = 2000;
const PAGE = 50, FEW = 8;

const find = (selector, within = document) => within.querySelector(selector);
const put = (node, text) => { if (node.textContent !== text) node.textContent = text; };
const mark = (node, name, value) => {
  if (node.getAttribute(name) !== value) node.setAttribute(name, value);
};
function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

// ---- words ----

const exact = new Intl.NumberFormat("en");
const compact = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });
function number(n) {
  if (n == null) return "–";
  return (n < 1e5 ? exact : compact).format(n < 10 ? +n.toFixed(1) : Math.round(n));
}
const count = (n, one, many = `${one}s`) => `${number(n)} ${n === 1 ? one : many}`;

function duration(ms) {
  if (ms == null) return "–";
  if (ms < 1000) return `${Math.round(ms)}\u00a0ms`;
  if (ms < 10_000) return `${Math.floor(ms / 100) / 10}\u00a0s`;
  const parts = [["d", 86_400_000], ["h", 3_600_000], ["min", MINUTE], ["s", 1000]];
  const first = parts.findIndex(([, size]) => ms >= size);
  return parts.slice(first, first + 2).map(([unit, size], i, two) => {
    const n = Math.floor((i ? ms % two[0][1] : ms) / size);
    return i && !n ? "" : `${n}\u00a0${unit}`;
  }).join(" ").trim();
}

const size = (bytes) =>
  bytes < 1e6 ? `${number(bytes / 1e3)}\u00a0kB` : `${number(bytes / 1e6)}\u00a0MB`;

function latency(ms) {
  if (ms == null) return "–";
  if (ms >= 1000) return duration(ms);
  return `${ms < 1 ? ms.toFixed(2) : ms < 10 ? ms.toFixed(1) : Math.round(ms)}\u00a0ms`;
}

// What would hide or turn text around is shown as its code: a name must look like what it is.
const invisible = /[\p{Cf}\p{Zl}\p{Zp}\u115f\u1160\u3164]/gu;
const shown = (text) =>
  String(text ?? "").replace(invisible, (c) => `\\u{${c.codePointAt(0).toString(16)}}`);

const reasons = {
  expired: "lease expired", session: "session expired", max_hold: "held for its max_hold",
  disconnect: "client disconnected", broken: "broken by an operator" };
const who = (person) => shown(person?.client || person?.address || "–");
const dotted = (...facts) => facts.filter(Boolean).join(" · ");
const where = (person) =>
  dotted(person?.client && shown(person.address), person?.session && shown(person.session));

// ---- the last five minutes ----

const sum = (object) => Object.values(object ?? {}).reduce((a, b) => a + b, 0);

// Of counts between bounds, the value that a share of them does not exceed; beyond the last bound,
// that bound.
function percentile(newer, older, share) {
  if (!newer) return null;
  const counts = newer.counts.map((n, i) => n - (older?.counts[i] ?? 0));
  let wanted = share * sum(counts);
  if (wanted <= 0) return null;
  const at = counts.findIndex((n) => (wanted -= n) <= 0);
  if (at < 0 || at >= newer.bounds_ms.length) return newer.bounds_ms.at(-1);
  const low = at ? newer.bounds_ms[at - 1] : 0;
  return low + (newer.bounds_ms[at] - low) * (1 + wanted / counts[at]);
}

const memory = {
  samples: [],
  add(status) {
    const last = this.samples.at(-1);
    const { totals, counters } = status;
    const isAnother = last && (status.uptime_ms < last.at || counters.requests < last.requests);
    if (isAnother) this.samples = [];
    const sample = {
      at: status.uptime_ms, held: totals.holders, waiting: totals.waiters,
      oldest: totals.oldest_wait_ms, requests: counters.requests, grants: counters.grants,
      lostBy: counters.lost, losses: sum(counters.lost), refusals: sum(counters.denied),
      histograms: status.histograms };
    this.samples.push(sample);
    while (this.samples[0].at < sample.at - KEPT) this.samples.shift();
    sample.rate = this.rate("grants");
    sample.lost = this.grown("losses", 10_000);
    sample.p50 = this.percentile("commit", 0.5, 10_000);
    sample.p99 = this.percentile("commit", 0.99, 10_000);
  },
  get now() { return this.samples.at(-1); },
  // The youngest sample that is so old, or the oldest there is.
  before(ms) { return this.samples.findLast((s) => s.at <= this.now.at - ms) ?? this.samples[0]; },
  grown(what, ms) { return this.now[what] - this.before(ms)[what]; },
  rate(what, ms = 3000) {
    const span = this.now.at - this.before(ms).at;
    return span ? this.grown(what, ms) * 1000 / span : null;
  },
  percentile(what, share, ms = MINUTE) {
    return percentile(this.now.histograms[what], this.before(ms).histograms[what], share);
  },
};

// ---- charts ----

// The runs of samples without a gap, as points of a 300 by 40 box whose right edge is now.
function runs(value, top) {
  const lines = [[]];
  const round = (n) => Math.round(10 * n) / 10;
  let before = memory.samples[0].at;
  for (const sample of memory.samples) {
    const v = value(sample);
    if (v == null || sample.at - before > GAP) lines.push([]);
    if (v != null) {
      const age = memory.now.at - sample.at;
      lines.at(-1).push([round(300 - age * 300 / KEPT), round(39 - 37 * v / top)]);
    }
    before = sample.at;
  }
  return lines.filter((line) => line.length > 1);
}

const SVG = "http://www.w3.org/2000/svg";
function chart() {
  const svg = document.createElementNS(SVG, "svg");
  for (const name of ["area", "second", "first"]) {
    mark(svg.appendChild(document.createElementNS(SVG, "path")), "class", name);
  }
  mark(svg, "viewBox", "0 0 300 40");
  mark(svg, "preserveAspectRatio", "none");
  mark(svg, "role", "img");
  return svg;
}

// Answers the highest value drawn. The second line is dashed.
function draw(svg, first, second) {
  const values = memory.samples.flatMap((s) => [first(s), second?.(s)]).filter((v) => v != null);
  const highest = Math.max(0, ...values);
  const line = (points) => `M${points.join("L")}`;
  const area = (points) => `${line(points)}L${points.at(-1)[0]} 40L${points[0][0]} 40Z`;
  const ofFirst = runs(first, highest || 1), ofSecond = second ? runs(second, highest || 1) : [];
  mark(find(".first", svg), "d", ofFirst.map(line).join(""));
  mark(find(".second", svg), "d", ofSecond.map(line).join(""));
  mark(find(".area", svg), "d", ofFirst.map(area).join(""));
  return highest;
}

// The list tells of the time before this page was opened but ends after fifty; counters know the
// rest.
function lostLately({ losses, counters }) {
  const before = memory.before(KEPT).lostBy;
  return Object.entries(counters.lost).map(([reason, total]) => {
    const listed = losses.filter((loss) => loss.reason === reason && loss.ago_ms <= KEPT).length;
    return [reason, Math.max(listed, total - before[reason])];
  }).filter(([, n]) => n > 0);
}

// Two spans, their unit said once if it is one.
function pair(...spans) {
  if (spans.includes(null)) return "–";
  const [a, b] = spans.map(latency);
  const unit = b.split("\u00a0")[1];
  return `${unit && a.endsWith(unit) ? a.split("\u00a0")[0] : a} / ${b}`;
}

function perSecond(what, word) {
  const rate = memory.rate(what);
  return rate == null ? "" : `${number(rate)}/s ${word}`;
}

const p99 = (what) => `${what} ${latency(memory.percentile(what, 0.99))}`;

const tiles = [
  { title: "Held", value: (s) => number(s.totals.holders), line: (s) => s.held, scale: number,
    foot: (s) => `${count(s.totals.locks, "lock")}, ${count(s.totals.sessions, "session")}` },
  { title: "Waiting", value: (s) => number(s.totals.waiters), line: (s) => s.waiting, scale: number,
    foot: () => perSecond("refusals", "refused or timed out") },
  { title: "Oldest wait", line: (s) => s.oldest, scale: duration,
    value: (s) => s.totals.waiters ? duration(s.totals.oldest_wait_ms) : "none",
    foot: () => `p99 of the last minute’s ${p99("wait")}` },
  { title: "Grants/s", value: () => number(memory.rate("grants")), line: (s) => s.rate, scale: number,
    foot: () => perSecond("requests", "requests") },
  { title: "Commit", line: (s) => s.p99, second: (s) => s.p50, scale: latency,
    value: () => pair(memory.percentile("commit", 0.5), memory.percentile("commit", 0.99)),
    foot: () => `p50 / p99; p99 of ${p99("fsync")}, ${p99("loop")}` },
  { title: "Lost in 5 min", line: (s) => s.lost, scale: number, alarm: (s) => lostLately(s).length,
    value: (s) => number(lostLately(s).reduce((all, [, n]) => all + n, 0)),
    foot: (s) => lostLately(s).map(([reason, n]) => `${number(n)} ${reason}`).join(", ") || "none" },
];

for (const tile of tiles) {
  const part = (name) => make("span", { class: name });
  Object.assign(tile, { top: part("top"), big: part("big"), small: part("foot"), svg: chart() });
  tile.node = make("div", { class: "tile" }, make("h2", {}, tile.title),
    tile.top, tile.big, tile.svg, tile.small);
  find("#tiles").append(tile.node);
}

function showTiles(status) {
  for (const tile of tiles) {
    const highest = draw(tile.svg, tile.line, tile.second);
    put(tile.big, tile.value(status));
    put(tile.small, tile.foot(status));
    put(tile.top, highest ? `max ${tile.scale(highest)}` : "");
    mark(tile.svg, "aria-label", `${tile.title}, five minutes, highest ${tile.scale(highest)}`);
    tile.node.classList.toggle("alarm", Boolean(tile.alarm?.(status)));
  }
}

// ---- tables ----

// Rows stay the same elements from one answer to the next, so that focus and selection do.
function table(section, key, columns) {
  const rows = new Map();
  const body = make("tbody", { role: "rowgroup" });
  const titles = columns.map((column) =>
    make("th", { scope: "col", role: "columnheader", class: column.kind ?? "" }, column.title));
  const node = find("table", section);
  mark(node, "role", "table");
  mark(node, "aria-labelledby", section.getAttribute("aria-labelledby"));
  node.append(make("thead", { role: "rowgroup" }, make("tr", { role: "row" }, ...titles)), body);

  const cell = (column, at) => make(at ? "td" : "th", {
    role: at ? "cell" : "rowheader", class: column.kind ?? "", "data-title": column.title,
    ...(at ? {} : { scope: "row" }),
  }, make(column.link ? "a" : "span"), make("small"));
  const fill = (row, item) => columns.forEach((column, at) => {
    const [main, more] = row.children[at].children;
    if (column.link) mark(main, "href", column.link(item));
    put(main, column.text(item));
    put(more, column.more?.(item) ?? "");
    row.children[at].classList.toggle("alarm", Boolean(column.alarm?.(item)));
  });

  return (items, empty) => {
    const focused = document.activeElement, gone = new Set(rows.keys());
    items.forEach((item, at) => {
      const id = key(item);
      const row = rows.get(id) ?? make("tr", { role: "row" }, ...columns.map(cell));
      fill(row, item);
      rows.set(id, row);
      gone.delete(id);
      if (body.children[at] !== row) body.insertBefore(row, body.children[at] ?? null);
    });
    for (const id of gone) {
      rows.get(id).remove();
      rows.delete(id);
    }
    const isBlurred = focused.isConnected && focused !== document.activeElement;
    if (isBlurred) focused.focus({ preventScroll: true });
    node.hidden = !items.length;
    put(find(".empty", section), items.length ? "" : empty);
  };
}

// Two buttons under a table: back to its beginning, and on.
function pager(section, go) {
  const button = (text) => make("button", { type: "button" }, text);
  const first = button("From the beginning"), next = button("Next");
  let onward = null;
  first.onclick = () => go(null);
  next.onclick = () => go(onward);
  find(".pages", section).append(first, next);
  return (after, following) => {
    onward = following;
    first.hidden = after == null;
    next.hidden = following == null;
  };
}

const toLock = (name) => address({ ...place(), lock: name });
const nameColumn =
  { title: "Lock", kind: "name", text: (l) => shown(l.name), link: (l) => toLock(l.name) };
const mode = (item) => item.mode && item.mode !== "exclusive" ? item.mode : "";
// Only the primary knows when a lease ends.
function leaseLeft(item) {
  const isKnown = latest?.role === "primary" && item?.expires_in_ms != null;
  return isKnown ? duration(item.expires_in_ms) : "";
}
const lease = (item) => leaseLeft(item) && `lease ${leaseLeft(item)}`;

function heard({ id, last_contact_ms: ms }) {
  if (id === latest.node) return "this node";
  return ms > SILENT ? `${duration(ms)} ago` : "now";
}

const drawNodes = table(find("#nodes"), (n) => n.id, [
  { title: "Node", kind: "name", text: (n) => shown(n.id), more: (n) => shown(n.client) },
  { title: "Role", text: (n) => n.role, more: (n) => n.witness ? "witness" : "",
    alarm: (n) => n.role !== "primary" && n.role !== "standby" },
  { title: "Behind", kind: "figure", text: (n) => number(n.lag) },
  { title: "Heard", kind: "figure", text: heard, alarm: (n) => n.last_contact_ms > SILENT },
]);
const drawContended = table(find("#contended"), (l) => l.name, [
  { ...nameColumn, more: mode },
  { title: "Held by", kind: "person", text: (l) => l.holder ? who(l.holder) : "nobody",
    more: (l) => dotted(where(l.holder), l.holders > 1 && `and ${number(l.holders - 1)} more`,
      shown(l.holder?.note)) },
  { title: "Held for", kind: "figure", text: (l) => duration(l.holder?.since_ms),
    more: (l) => lease(l.holder) },
  { title: "Waiters", kind: "figure", text: (l) => number(l.waiters) },
  { title: "Oldest wait", kind: "figure", text: (l) => duration(l.oldest_wait_ms) },
]);
const drawLosses = table(find("#losses"), (l) => `${l.token} ${l.name}`, [
  nameColumn,
  { title: "Reason", kind: "reason", text: (l) => reasons[l.reason] ?? shown(l.reason) },
  { title: "Lost by", kind: "person", text: who, more: where },
  { title: "Token", kind: "figure", text: (l) => exact.format(l.token) },
  { title: "Held for", kind: "figure", text: (l) => duration(l.held_ms) },
  { title: "When", kind: "figure", text: (l) => `${duration(l.ago_ms)} ago` },
]);
const drawFound = table(find("#found"), (l) => l.name, [
  nameColumn,
  { title: "Mode", text: (l) => l.mode },
  { title: "Holders", kind: "figure", text: (l) => number(l.holders) },
  { title: "Waiters", kind: "figure", text: (l) => number(l.waiters) },
  { title: "Held for", kind: "figure", text: (l) => l.holders ? duration(l.since_ms) : "" },
  { title: "Lease left", kind: "figure", text: (l) => l.holders ? leaseLeft(l) : "" },
  { title: "Token", kind: "figure", text: (l) => l.token ? exact.format(l.token) : "" },
]);
const drawHolders = table(find("#holders"), (h) => h.token, [
  { title: "Client", kind: "person", text: who, more: where },
  { title: "Token", kind: "figure", text: (h) => exact.format(h.token), more: mode },
  { title: "Held for", kind: "figure", text: (h) => duration(h.since_ms) },
  { title: "Lease left", kind: "figure", text: leaseLeft,
    more: (h) => h.renewed_ms == null ? "" : `renewed ${duration(h.renewed_ms)} ago` },
  { title: "Note", kind: "note", text: (h) => shown(h.note) },
]);
const drawQueue = table(find("#queue"), (w) => w.position, [
  { title: "#", kind: "figure", text: (w) => exact.format(w.position) },
  { title: "Client", kind: "person", text: who, more: where },
  { title: "Waiting", kind: "figure", text: (w) => duration(w.since_ms) },
  { title: "Mode", text: (w) => w.mode },
  { title: "Note", kind: "note", text: (w) => shown(w.note) },
]);

// ---- health ----

const ring = "M10 1.5a8.5 8.5 0 1 0 0 17a8.5 8.5 0 1 0 0-17";
const states = {
  ok: { word: "ok", path: `${ring}M6.5 10.3l2.5 2.5 4.7-5.2` },
  degraded: { word: "degraded", title: "Degraded: it serves, but not as it should",
    path: `${ring}M10 5.8v5M10 14v.1` },
  no_primary: { word: "no primary", title: "No primary: from here nothing is granted or renewed",
    path: `${ring}M7.2 7.2l5.6 5.6m0-5.6-5.6 5.6` },
  lost: { word: "lost", title: "Lost the server",
    path: `${ring}M6.3 10h.1M10 10h.1M13.7 10h.1` } };

function healthTitle(status) {
  if (status.health.state !== "ok") return states[status.health.state].title;
  if (status.role !== "primary") return "In touch with the primary";
  return status.shape === "single" ? "The server is well" : "The cluster is whole";
}

function healthSentences({ health, role, shape, durability, primary, node, nodes }) {
  const sentences = health.why.map(shown);
  const others = count(nodes.length - 1, "other node");
  if (role !== "primary") {
    sentences.push(`${shown(node)} is ${role === "standby" ? "a standby" : shown(role)}: what it shows ` +
      `is its own view, unconfirmed${primary ? `; ${shown(primary)} is the primary` : ""}.`);
  } else if (!sentences.length) {
    sentences.push(shape === "single" ? `One node, no standby; durability ${durability}.`
      : `${shown(primary)} is primary, ${others} in touch with it.`);
  }
  return sentences;
}

function showHealth(state, title, sentences) {
  const list = find("#health ul");
  mark(find("#health"), "data-state", state);
  mark(find("#health path"), "d", states[state].path);
  put(find("#health h2"), title);
  if (sentences.join("\n") !== [...list.children].map((li) => li.textContent).join("\n")) {
    list.replaceChildren(...sentences.map((sentence) => make("li", {}, sentence)));
  }
  // Read out once, not each second anew because an age in it has grown.
  const ageless = (text) => text.replace(/ \d[\d.,]*( (ms|s|min|h)\b)?/g, "");
  const news = find("#news"), said = [title, ...sentences].join(" ");
  if (ageless(news.textContent) !== ageless(said)) put(news, said);
  document.title = dotted(states[state].word, shown(latest?.node), "pawl");
}

function showAbout(status) {
  put(find("#cluster"), status.shape === "single" ? "" : shown(status.cluster));
  const facts = [shown(status.node), status.role, `epoch ${exact.format(status.epoch)}`,
    `up ${duration(status.uptime_ms)}`, `version ${shown(status.version)}`];
  const about = find("#about");
  while (about.children.length < facts.length) about.append(make("span"), " ");
  facts.forEach((fact, at) => put(about.children[at], fact));
}

function showFacts({ durability, commit_index, totals }) {
  const facts = { Durability: durability, "Commit index": exact.format(commit_index),
    Connections: number(totals.connections), "Memory of locks": size(totals.memory_bytes) };
  const list = find("#nodes dl");
  for (const [at, [name, fact]] of Object.entries(facts).entries()) {
    if (!list.children[at]) list.append(make("div", {}, make("dt", {}, name), make("dd")));
    put(find("dd", list.children[at]), fact);
  }
}

let latest = null, allLosses = false;

function show(status) {
  latest = status;
  memory.add(status);
  showAbout(status);
  showHealth(status.health.state, healthTitle(status), healthSentences(status));
  showTiles(status);
  drawNodes(status.nodes, "");
  put(find("#nodes .head p"), status.role === "standby" ? "a standby hears only the primary" : "");
  showFacts(status);
  drawContended(status.contended, "Nobody waits for a lock.");
  put(find("#contended .head p"), status.contended.length ? "most waiters first" : "");
  showLosses(status);
}

const moreLosses = make("button", { type: "button" });
find("#losses .pages").append(moreLosses);
moreLosses.onclick = () => { allLosses = !allLosses; showLosses(latest); };
function showLosses({ losses, node, uptime_ms }) {
  drawLosses(allLosses ? losses : losses.slice(0, FEW),
    `${shown(node)} took no lock away since it started ${duration(uptime_ms)} ago.`);
  moreLosses.hidden = losses.length <= FEW;
  put(moreLosses, allLosses ? "Show fewer" : `Show all ${losses.length}`);
}

// ---- where the page is: #find=prefix&lock=name ----

function place() {
  const at = {};
  for (const pair of location.hash.slice(1).split("&")) {
    const [, key, value] = /^(find|lock)=(.*)$/s.exec(pair) ?? [];
    try { if (key) at[key] = decodeURIComponent(value); } catch { at[key] = value; }
  }
  return at;
}

const joined = (words) => Object.entries(words).filter(([, value]) => value != null)
  .map(([key, value]) => `${key}=${encodeURIComponent(value)}`).join("&");
const address = (at) => joined(at) ? `#${joined(at)}` : location.pathname;

function go(changes) {
  const to = address({ ...place(), ...changes });
  if (to !== (location.hash || location.pathname)) history.pushState(null, "", to);
  follow();
}

const search = { after: null, prefix: null };
const detail = { after: null, name: null };

function follow() {
  const { find: prefix = null, lock = null } = place();
  if (prefix !== search.prefix) startSearch(prefix);
  if (lock !== detail.name) startDetail(lock);
  find("#found").hidden = prefix == null;
  const isTyping = document.activeElement === find("#prefix");
  if (prefix != null && !isTyping) find("#prefix").value = prefix;
  const dialog = find("#lock");
  if (lock == null) dialog.close();
  else if (!dialog.open) dialog.showModal();
  refresh();
}

// ---- search, and one lock ----

const query = (path, words) => `${path}?${joined(words)}`;
const pageFound = pager(find("#found"), (after) => { search.after = after; refresh(); });
const pageQueue = pager(find("#queue"), (after) => { detail.after = after; refresh(); });

// What another search or lock said must not stand under the title of this one.
function startSearch(prefix) {
  Object.assign(search, { prefix, after: null });
  put(find("#found-title"), "Asking…");
  drawFound([], "");
  pageFound(null, null);
}

function startDetail(name) {
  Object.assign(detail, { name, after: null });
  put(find("#lock-title"), shown(name));
  put(find("#lock-about"), "Asking…");
  drawHolders([], "");
  drawQueue([], "");
  pageQueue(null, null);
}

async function refreshFound() {
  const { prefix, after } = search;
  if (prefix == null) return;
  const answer = await ask(query("locks.json", { prefix, after, limit: PAGE }));
  if (prefix !== search.prefix || after !== search.after) return;
  const what = prefix ? `beginning with “${shown(prefix)}”` : "held or awaited";
  const all = answer.locks.length ? count(answer.locks.length, "lock") : "No lock";
  put(find("#found-title"), `${answer.next || after ? "Locks" : all} ${what}`);
  drawFound(answer.locks, after ? "No more." : "Only what is held or awaited has an entry.");
  pageFound(after, answer.next);
}

async function refreshDetail() {
  const { name, after } = detail;
  if (name == null) return;
  const lock = await ask(query("lock.json", { name, after, limit: PAGE }));
  if (name !== detail.name || after !== detail.after) return;
  const { holders: { length: held, 0: first }, waiters_total, delay_ms } = lock;
  put(find("#lock-about"), dotted(first?.mode ?? "free",
    held < PAGE ? count(held, "holder") : `${PAGE} holders or more`, count(waiters_total, "waiter"),
    delay_ms && `kept free for ${duration(delay_ms)} more after an unclean loss`,
    latest?.role !== "primary" && `as ${shown(latest?.node)} sees it`));
  drawHolders(lock.holders, "Nobody holds it.");
  drawQueue(lock.waiters, "Nobody waits.");
  const last = lock.waiters.at(-1)?.position;
  pageQueue(after, last < waiters_total ? last : null);
}

async function refresh() {
  const say = (node) => (error) => put(node, error.message);
  await Promise.all([refreshFound().catch(say(find("#found .empty"))),
    refreshDetail().catch(say(find("#lock-about")))]);
}

find("#search").addEventListener("submit", (event) => {
  event.preventDefault();
  go({ find: find("#prefix").value.trim() });
});
find("#found button").onclick = () => go({ find: null });
find("#lock button").onclick = () => find("#lock").close();
find("#lock").addEventListener("close", () => { if (place().lock != null) go({ lock: null }); });
find("#lock").addEventListener("click", ({ target, currentTarget }) => {
  if (target === currentTarget) currentTarget.close();  // the ground around it
});
addEventListener("hashchange", () => { if (location.hash !== "#main") follow(); });
addEventListener("keydown", (event) => {
  const input = find("#prefix");
  if (find("#lock").open || event.ctrlKey || event.metaKey) return;
  if (event.key === "/" && document.activeElement !== input) {
    event.preventDefault();
    input.focus();
    input.select();
  } else if (event.key === "Escape" && place().find != null) {
    input.value = "";
    input.blur();
    go({ find: null });
  }
});

// ---- asking ----

async function ask(path) {
  const answer = await fetch(path, { signal: AbortSignal.timeout(PATIENCE) }).catch((error) => {
    throw Error(error.name === "TimeoutError" ? `No answer within ${duration(PATIENCE)}.`
      : "No answer: nothing listens there, or the network is cut.");
  });
  const said = await answer.json().catch(() => ({}));
  if (!answer.ok) throw Error(said.error ?? `It answered ${answer.status} ${answer.statusText}.`);
  return said;
}

const contact = { last: null, failures: 0, next: 0, busy: false, timer: 0 };

function showLost(error) {
  const since = contact.last
    ? [`What is below is what it said at ${contact.last.toLocaleTimeString()}.`] : [];
  showHealth("lost", states.lost.title, [error.message, ...since]);
  put(find("#lock-about"), [error.message, ...since].join(" "));
}

// Once a second. What is shown goes grey also while an answer is late, or the page was not seen.
function showContact() {
  const isLost = contact.failures > 0, age = Date.now() - (contact.last ?? Date.now());
  document.body.classList.toggle("lost", isLost || age > LATE);
  find("#retry").hidden = !isLost;
  const ago = contact.last ? `Last answer ${duration(Math.floor(age / 1000) * 1000)} ago. ` : "";
  const wait = Math.max(0, Math.ceil((contact.next - Date.now()) / 1000));
  put(find("#retry span"), ago + (contact.busy ? "Asking…" : `Asking again in ${wait}\u00a0s.`));
}

// A hidden page asks nothing; an absent server is asked less and less often.
async function poll() {
  clearTimeout(contact.timer);
  if (contact.busy || document.hidden) return;
  contact.busy = true;
  const answer = await ask("status.json").catch((error) => error);
  contact.busy = false;
  contact.failures = answer instanceof Error ? contact.failures + 1 : 0;
  const pause = Math.min(LONGEST_PAUSE, EVERY * 2 ** Math.max(0, contact.failures - 1));
  contact.next = Date.now() + pause;
  contact.timer = setTimeout(poll, pause);
  if (!contact.failures) contact.last = new Date();
  showContact();
  if (contact.failures) return showLost(answer);
  show(answer);
  refresh();
}

find("#retry button").onclick = poll;
document.addEventListener("visibilitychange", poll);
addEventListener("online", poll);
setInterval(showContact, EVERY);
follow();
poll();
