// SPDX-License-Identifier: Apache-2.0
// Three real pawlds on loopback, clients of theirs that hold and wait, and somebody who kills nodes.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const built = (name) => process.env[name.toUpperCase()] ??
  fileURLToPath(new URL(`../../build/release/${name}`, import.meta.url));
// pawld and pawl take settings from there, too.
const env = Object.fromEntries(
  Object.entries(process.env).filter(([key]) => !key.startsWith("PAWL_")));
const ids = ["n1", "n2", "n3"];

export async function until(condition, what, seconds = 20) {
  const end = Date.now() + 1000 * seconds;
  while (Date.now() < end) {
    const found = await condition();
    if (found) return found;
    await sleep(50);
  }
  throw Error(`waited ${seconds} s in vain for ${what}`);
}

// Below those the kernel gives to connections, which come and go.
async function freePorts(count) {
  const ports = new Set();
  while (ports.size < count) {
    const port = 10_000 + Math.floor(22_000 * Math.random());
    const probe = createServer();
    const isFree = await new Promise((done) =>
      probe.once("error", () => done(false)).listen(port, "127.0.0.1", () => done(true)));
    if (isFree) {
      ports.add(port);
      await new Promise((done) => probe.close(done));
    }
  }
  return [...ports];
}

export class Cluster {
  #directory = mkdtempSync(join(tmpdir(), "pawl-page-"));
  #running = new Map();
  #clients = [];
  #ports = {};

  async start() {
    const ports = await freePorts(9);
    this.#ports = Object.fromEntries(ids.map((id, i) =>
      [id, { client: ports[3 * i], peer: ports[3 * i + 1], http: ports[3 * i + 2] }]));
    const nodes = Object.entries(this.#ports).map(([id, { peer, client }]) =>
      `{id: ${id}, peer: 127.0.0.1:${peer}, client: 127.0.0.1:${client}}`);
    // On a busy machine nobody shall be taken for dead: what is tested is the page.
    writeFileSync(this.#file("cluster.yaml"),
      `cluster:\n  id: page-test\n  election: 1s\n  nodes: [${nodes}]\n`);
    for (const id of ids) this.startNode(id);
    this.primary = await until(() => this.#wholeUnder(), `three nodes in touch\n${this.lastWords()}`);
    this.standbys = ids.filter((id) => id !== this.primary);
  }

  url = (id) => `http://127.0.0.1:${this.#ports[id].http}/`;
  status = (id) =>
    fetch(`${this.url(id)}status.json`).then((answer) => answer.json()).catch(() => null);
  #file = (name) => join(this.#directory, name);

  // The node that is primary and hears two standbys, if there is one.
  async #wholeUnder() {
    const all = await Promise.all(ids.map(this.status));
    const primary = all.find((status) => status?.role === "primary");
    const follow = primary?.nodes.filter((node) => node.role === "standby").length === 2;
    return follow && primary.health.state === "ok" ? primary.node : null;
  }

  startNode(id) {
    const settings = { node: id, data_dir: this.#file(id),
      "listen.http": `127.0.0.1:${this.#ports[id].http}` };
    const words = Object.entries(settings).map(([key, value]) => `--set=${key}=${value}`);
    const log = openSync(this.#file(`${id}.log`), "a");
    this.#running.set(id, spawn(built("pawld"), ["-c", this.#file("cluster.yaml"), ...words],
      { env, stdio: ["ignore", log, log] }));
  }

  async kill(id) {
    const process = this.#running.get(id);
    this.#running.delete(id);
    process.kill("SIGKILL");
    if (process.exitCode === null && process.signalCode === null) await once(process, "exit");
  }

  // Sixteen clients that take one lock after another from each other, until all is stopped.
  load() {
    const servers = ids.map((id) => `127.0.0.1:${this.#ports[id].client}`).join(",");
    const words = ["-s", servers, "bench", "contend", "--connections", "16", "--duration", "2m"];
    this.#running.set("bench", spawn(built("pawl"), words, { env, stdio: "ignore" }));
  }

  // A connection to the primary; `say` answers the reply to that line.
  async client() {
    const socket = connect(this.#ports[this.primary].client, "127.0.0.1");
    socket.on("error", () => {});
    const asked = [];
    createInterface({ input: socket }).on("line", (line) => asked.shift()?.(line));
    this.#clients.push(socket);
    await once(socket, "connect");
    const say = (line) => new Promise((done) => { asked.push(done); socket.write(`${line}\n`); });
    return { say };
  }

  lastWords = () => ids.map((id) => {
    const lines = readFileSync(this.#file(`${id}.log`), "utf8").trim().split("\n");
    return lines.slice(-5).map((line) => `${id}: ${line}`).join("\n");
  }).join("\n");

  async stop() {
    for (const socket of this.#clients) socket.destroy();
    for (const id of [...this.#running.keys()]) await this.kill(id);
    rmSync(this.#directory, { recursive: true });
  }
}
