// SPDX-License-Identifier: Apache-2.0
// Lock libraries on ioredis, in RESP2 and RESP3: node ioredis_locks.js PORT
"use strict";
const assert = require("node:assert");
const Redis = require("ioredis");
const Redlock4 = require("redlock4");
const { default: Redlock5 } = require("redlock5");
const { Redlock: SesameRedlock } = require("@sesamecare-oss/redlock");
const { Mutex } = require("redis-semaphore");

const port = Number(process.argv[2]);
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

async function holds(lock4or5, names, what) {
  const { acquire, release, extend, client } = what;
  const lock = await acquire(names, 2000);
  await assert.rejects(acquire([names[0]], 2000), `${lock4or5}: contention`);
  const longer = await extend(lock, 5000);
  for (const name of names) {
    const left = await client.pttl(name);
    assert(left > 3000 && left <= 5000, `${lock4or5}: extended to ${left}`);
  }
  const token = await client.call("FENCE", names[0], longer.value);
  assert(Number(token) > 0, `${lock4or5}: the owner has a token`);
  assert.strictEqual(await client.call("FENCE", names[0], "another"), null);
  await release(longer);
  for (const name of names) assert.strictEqual(await client.exists(name), 0);
}

async function isTakenBack(names, { acquire, release, client }) {
  const lost = await acquire(names, 200);
  await sleep(400);
  const next = await acquire(names, 2000);
  await release(lost).catch(() => {});
  assert.strictEqual(await client.get(names[0]), next.value, "the late owner released nothing");
  await release(next);
}

async function redlock4(client) {
  const redlock = new Redlock4([client], { retryCount: 1, retryDelay: 50 });
  redlock.on("clientError", () => {});
  const what = {
    client,
    acquire: (names, ttl) => redlock.lock(names, ttl),
    release: (lock) => lock.unlock(),
    extend: (lock, ttl) => lock.extend(ttl),
  };
  await holds("redlock 4", ["r4/a"], what);
  await holds("redlock 4", ["r4/a", "r4/b"], what);
  await isTakenBack(["r4/c"], what);
}

async function redlock5(Redlock, client) {
  const redlock = new Redlock([client], { retryCount: 1, retryDelay: 50 });
  redlock.on("error", () => {});
  const what = {
    client,
    acquire: (names, ttl) => redlock.acquire(names, ttl),
    release: (lock) => lock.release(),
    extend: (lock, ttl) => lock.extend(ttl),
  };
  await holds("redlock 5", ["r5/a"], what);
  await holds("redlock 5", ["r5/a", "r5/b"], what);
  await isTakenBack(["r5/c"], what);
  let ran = false;
  await redlock.using(["r5/d"], 1000, async (signal) => {
    await sleep(1500);
    ran = !signal.aborted;
  });
  assert(ran, "redlock 5 extends while it works");
}

async function mutex(client) {
  const options = { lockTimeout: 1000, acquireTimeout: 300, refreshInterval: 300 };
  const [mine, yours] = [1, 2].map(() => new Mutex(client, "rs/a", options));
  await mine.acquire();
  assert.strictEqual(await yours.tryAcquire(), false);
  await sleep(1500);
  assert(mine.isAcquired, "redis-semaphore refreshes while it holds");
  await yours.release();
  assert.strictEqual(await client.exists("mutex:rs/a"), 1, "the other one released nothing");
  await mine.release();
  assert.strictEqual(await yours.tryAcquire(), true);
  await yours.release();
}

async function main() {
  for (const protocol of [2, 3]) {
    const client = new Redis({ port, protocol });
    assert.strictEqual(await client.ping(), "PONG");
    await redlock4(client);
    await redlock5(Redlock5, client);
    await redlock5(SesameRedlock, client);
    await mutex(client);
    await client.quit();
  }
  console.log("lock libraries on ioredis: ok");
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
