// SPDX-License-Identifier: Apache-2.0
// What pawl.mjs promises to Node alone: how a loss, an AbortSignal and an error meet in a body.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Client, LockBusy, LockLost, PawlError } from "../../src/client/node/pawl.mjs";

const pawld = process.env.PAWLD ?? new URL("../../build/release/pawld", import.meta.url).pathname;
const directory = mkdtempSync(join(tmpdir(), "pawl-node-"));
let daemon;
let server;
let client;

before(async () => {
  const settings = {
    "listen.client": "127.0.0.1:0", "listen.http": "127.0.0.1:0", data_dir: directory };
  const words = Object.entries(settings).map(([key, value]) => `--set=${key}=${value}`);
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([key]) => !key.startsWith("PAWL_")));
  daemon = spawn(pawld, words, { env, stdio: ["ignore", "ignore", "pipe"] });
  for await (const line of createInterface({ input: daemon.stderr })) {
    server = JSON.parse(line).client;
    if (server) break;
  }
  daemon.stderr.resume();
  client = new Client(server);
});

after(async () => {
  daemon.kill("SIGKILL");
  await once(daemon, "exit");
  rmSync(directory, { recursive: true });
});

async function ask(line) {
  const [host, port] = server.split(":");
  const socket = connect({ host, port: Number(port) }).setEncoding("utf8");
  socket.write(`${line}\n`);
  const [answer] = await once(socket, "data");
  socket.destroy();
  return answer.trim();
}

const shown = async (name) => JSON.parse((await ask(`SHOW ${name}`)).slice(3));

async function takeAway(lock) {
  assert.equal(await ask(`BREAK ${lock.name} token=${lock.token} reason="a test"`), "OK");
}

test("the signal of a body aborts when the lock is lost, and lock lost comes out", async () => {
  const work = client.using("lost", {}, async (signal, lock) => {
    await takeAway(lock);
    await sleep(60_000, undefined, { signal });
  });
  await assert.rejects(work, (error) => error.name === "AbortError" && error.cause instanceof LockLost);
});

test("a lock that was taken away leaves no session behind", { timeout: 10_000 }, async () => {
  const sessions = async () => (await ask("SESSIONS limit=1000")).match(/"handle"/g)?.length ?? 0;
  const before = await sessions();
  const lock = await client.lock("behind");
  assert.equal(await sessions(), before + 1);
  await takeAway(lock);
  await once(lock.signal, "abort");
  assert.equal(lock.state, "lost");
  while ((await sessions()) > before); // without a release(), too
});

test("a body that does not look at its signal is told at its end", async () => {
  const work = client.using("unseen", {}, async (signal, lock) => {
    await takeAway(lock);
    await once(signal, "abort");
    return "done";
  });
  await assert.rejects(work, LockLost);
});

test("an error of the body comes out, and the lock is given back", async () => {
  const work = client.using("error", {}, () => {
    throw new RangeError("the body's");
  });
  await assert.rejects(work, RangeError);
  assert.deepEqual((await shown("error")).holders, []);
});

test("using gives what the body gives", async () => {
  const token = await client.using("result", {}, (signal, lock) => lock.token);
  assert.ok(Number.isSafeInteger(token) && token > 0);
});

test("an aborted wait leaves the queue before its reason comes out", async () => {
  const holder = await client.lock("abort");
  await assert.rejects(
    client.lock("abort", { wait: Infinity, signal: AbortSignal.timeout(300) }),
    (error) => error.name === "TimeoutError");
  assert.deepEqual((await shown("abort")).waiters, []);
  await holder.release();
});

test("a signal that has aborted already asks nobody", async () => {
  const reason = new Error("before");
  await assert.rejects(client.lock("early", { signal: AbortSignal.abort(reason) }), reason);
});

test("a lock is disposed of by the method that await using calls", async () => {
  const lock = await client.lock("dispose");
  await lock[Symbol.asyncDispose ?? Symbol.for("Symbol.asyncDispose")]();
  assert.equal(lock.state, "released");
  assert.equal(lock.validFor, 0);
  assert.deepEqual((await shown("dispose")).holders, []);
  await lock.release(); // again: nothing
});

test("a body that blocks the event loop for too long finds its lock lost", async () => {
  const lock = await client.lock("block", { ttl: 200 });
  const end = performance.now() + 400;
  while (performance.now() < end);
  assert.equal(lock.state, "lost");
  await lock.release();
});

test("a lock of a session that was closed is released, and the next is refused", async () => {
  const session = await client.session({ ttl: 5_000, name: "worker 7" });
  const lock = await session.lock("closed");
  await session.close();
  assert.equal(lock.state, "released");
  await assert.rejects(session.lock("closed"), (error) => error.code === "SESSION_EXPIRED");
});

test("who finds it held is told so by a kind of error", async () => {
  const holder = await client.lock("busy");
  await assert.rejects(client.lock("busy"), LockBusy);
  await holder.release();
});

test("a name cannot carry a second request", async () => {
  for (const name of ["", "a b", "a\nBREAK x", "a=b", 'a"b', "a,b", "x".repeat(256)]) {
    await assert.rejects(
      client.lock(name), (error) => error instanceof PawlError && error.code === "BAD_REQUEST");
  }
  await assert.rejects(client.lock("a", { tll: 5 }), TypeError);
});

test("what is no address is refused before anything is asked", () => {
  for (const servers of [[], ",", ":7295", "host:65536", "host:0"]) {
    assert.throws(() => new Client(servers), TypeError);
  }
  const { servers } = new Client("a, b:1 [::1]:2");
  assert.deepEqual(servers.map(({ host, port }) => `${host} ${port}`), ["a 7295", "b 1", "::1 2"]);
});

test("a note is shown as it was given", async () => {
  const note = 'web-3 said: "C:\\new"\nand more';
  const lock = await client.lock("note", { note });
  assert.equal((await shown("note")).holders[0].note, note);
  await lock.release();
});
