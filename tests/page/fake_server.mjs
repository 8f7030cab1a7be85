// SPDX-License-Identifier: Apache-2.0
// A server that answers as pawld does on its HTTP port, but with whatever state a test makes up:
// for what a real one reaches rarely, or after hours.
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";

const pages = new URL("../../src/server/http/page/", import.meta.url);
const types = { html: "text/html", css: "text/css", js: "text/javascript", svg: "image/svg+xml" };
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; " +
  "img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const bounds = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000];
const histogram = (scale, base) => ({
  bounds_ms: bounds,
  counts: [...bounds, Infinity].map((bound) =>
    Math.round(scale / (1 + Math.log2(bound / base) ** 4))) });

const client = (n) => ({ client: `web-${n}`, address: `10.0.0.${n}:4${n}112`, note: null });

// A cluster at work: `second` is how long it has been watched, so that counters grow.
export function status(second = 0, changes = {}) {
  const wave = 1 + 0.4 * Math.sin(second / 9) + 0.1 * Math.sin(second * 1.7);
  const grants = 1_000_000 + Math.round(4200 * second + 9000 * Math.sin(second / 11));
  const node = (id, role, lag, last_contact_ms) =>
    ({ id, role, lag, last_contact_ms, client: `10.0.0.${id[1]}:7295`, witness: false });
  return {
    node: "n1", cluster: "prod", version: "0.1.0", role: "primary", epoch: 7, commit_index: 3_451_002,
    uptime_ms: 11_520_000 + second * 1000, health: { state: "ok", why: [] }, primary: "n1",
    durability: "fsync", shape: "cluster",
    nodes: [node("n1", "primary", 0, 0), node("n2", "standby", 3, 12), node("n3", "standby", 0, 40)],
    totals: {
      locks: 1874, holders: Math.round(1900 * wave), waiters: Math.round(143 * wave), sessions: 211,
      connections: 388, oldest_wait_ms: 8100 + (second % 40) * 1000, memory_bytes: 5_120_000 },
    counters: {
      requests: 3 * grants, grants, waited_grants: 400, releases: grants - 1900, renewals: 8000,
      lost: { expired: 14 + Math.floor(second / 70), session: 3, max_hold: 0, disconnect: 1, broken: 0 },
      denied: { busy: 90 + 2 * second, timeout: 12, limit: 0, not_primary: 0, no_quorum: 0,
        deadlock: 0 } },
    histograms: {
      commit: histogram(grants, 0.4), wait: histogram(grants / 9, 300), hold: histogram(grants, 30),
      fsync: histogram(grants / 4, 0.2), loop: histogram(grants / 2, 0.1) },
    contended: contended(6), losses: losses(12), ...changes };
}

export function contended(n) {
  const names = ["jobs/nightly-report", "billing/invoices/2024-11", "deploy/eu-west-1",
    "cache/warmup", "leader/scheduler"];
  return Array.from({ length: n }, (_, i) => ({
    name: names[i] ?? `shard/${i}/rebalance`, mode: i === 3 ? "slot" : "exclusive", holders: i === 3 ? 5 : 1,
    waiters: 41 - 2 * i, oldest_wait_ms: 192_000 / (i + 1),
    holder: { token: 48_213 + i, ...client(i + 3), since_ms: 192_000 + 5000 * i, expires_in_ms: 8000 + i,
      note: i % 2 ? null : "nightly run, see the runbook" } }));
}

export function losses(n) {
  const reasons = ["expired", "session", "max_hold", "disconnect", "broken"];
  return Array.from({ length: n }, (_, i) => ({
    name: `jobs/import/${i}`, token: 48_100 - i, reason: reasons[i % 5], ago_ms: 61_000 * (i + 1),
    ...client(i % 9 + 1), held_ms: 30_000 + 1000 * i }));
}

export function lock(name, waiters = 3, after = 0, limit = 100) {
  const waits = Array.from({ length: Math.max(0, Math.min(limit, waiters - after)) }, (_, i) => ({
    position: after + i + 1, mode: "exclusive", since_ms: 192_000 - 900 * (after + i),
    session: `s${i + 20}`, ...client((i + after) % 9 + 1) }));
  return { name, waiters: waits, waiters_total: waiters, delay_ms: 0, holders: [
    { token: 48_213, mode: "exclusive", since_ms: 204_000, expires_in_ms: 8400, renewed_ms: 1600,
      session: "s7", ...client(3), note: "nightly run, see the runbook" }] };
}

// `answers` maps a path to what is said there: a value, or a function of the query.
export async function fakeServer(answers) {
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url, "http://x");
    const headers = { "Content-Security-Policy": policy, "X-Content-Type-Options": "nosniff",
      "Cache-Control": "no-store", "Referrer-Policy": "no-referrer" };
    const answer = answers[pathname];
    if (answer) {
      const said = typeof answer === "function" ? answer(searchParams) : answer;
      response.writeHead(said.error ? 400 : 200, { ...headers, "Content-Type": "application/json" });
      return response.end(JSON.stringify(said));
    }
    const file = pathname === "/" ? "index.html" : pathname.slice(1);
    if (!/^(index\.html|page\.css|page\.js|icon\.svg)$/.test(file)) {
      return response.writeHead(404).end();
    }
    response.writeHead(200, { ...headers, "Content-Type": types[file.split(".").pop()] });
    response.end(readFileSync(new URL(file, pages)));
  });
  const start = async (port) => { server.listen(port, "127.0.0.1"); await once(server, "listening"); };
  await start(0);
  const { port } = server.address();
  return {
    url: `http://127.0.0.1:${port}/`, answers,
    async stop() { server.closeAllConnections(); server.close(); await once(server, "close"); },
    start: () => start(port) };
}
