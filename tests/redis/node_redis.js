// SPDX-License-Identifier: Apache-2.0
// node-redis, in RESP2 and RESP3: node node_redis.js PORT
"use strict";
const assert = require("node:assert");
const { createClient } = require("redis");

const port = Number(process.argv[2]);
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

async function check(RESP) {
  const client = createClient({ socket: { host: "127.0.0.1", port }, RESP });
  client.on("error", (error) => console.error(error));
  await client.connect();
  const take = (value, PX) => client.set("nr/a", value, { NX: true, PX });
  assert.strictEqual(await take("me", 5000), "OK");
  assert.strictEqual(await take("you", 5000), null);
  assert.strictEqual(await client.get("nr/a"), "me");
  assert((await client.pTTL("nr/a")) > 4000);
  const token = await client.sendCommand(["FENCE", "nr/a", "me"]);
  assert(Number(token) > 0);
  await assert.rejects(client.del("nr/a"), /key is a lock/);
  const compareAndDelete =
    "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) " +
    "else return 0 end";
  const release = (owner) => client.eval(compareAndDelete, { keys: ["nr/a"], arguments: [owner] });
  assert.strictEqual(Number(await release("you")), 0);
  assert.strictEqual(Number(await release("me")), 1);
  assert.strictEqual(await client.get("nr/a"), null);
  assert.strictEqual(await take("me", 200), "OK");
  await sleep(400);
  assert.strictEqual(await take("you", 5000), "OK");
  assert.strictEqual(Number(await release("me")), 0);
  assert.strictEqual(Number(await release("you")), 1);
  const [grant, ttl] = await client.sendCommand(["LOCK", "nr/b", "PX", "30000", "WAIT", "1000"]);
  assert.strictEqual(Number(ttl), 30000);
  assert.strictEqual(
    await client.sendCommand(["UNLOCK", "nr/b", "TOKEN", String(grant)]), "OK");
  await client.close();
}

async function main() {
  for (const version of [2, 3]) await check(version);
  console.log("node-redis: ok");
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
