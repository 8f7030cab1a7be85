// SPDX-License-Identifier: Apache-2.0
// Who a client says it is, and whom it believes: pawl.mjs before servers whose answers a test
// writes.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { createServer as createSecureServer } from "node:tls";
import { inspect } from "node:util";
import {
  Client, Forbidden, LockLost, Unauthenticated, Unreachable,
} from "../../src/client/node/pawl.mjs";

const secret = "s3cr3t-of-ci";
const auth = `AUTH ci ${secret}`;
const accepted = {
  AUTH: "OK user=ci", EVENTS: "OK", OPEN: "OK session=x handle=s1 ttl=10000",
  RESUME: "OK session=x handle=s1 ttl=10000", KEEPALIVE: "OK ttl=10000",
  LOCK: "OK token=7 ttl=10000", VERIFY: "OK ttl=10000", UNLOCK: "OK", CLOSE: "OK released=0" };
const unauthenticated = 'ERR UNAUTHENTICATED msg="no such user, or not its secret"';
const refused = Object.fromEntries(Object.keys(accepted).map((verb) => [verb, unauthenticated]));

/**
 * `heard`: the lines of each connection. `answers`: what a verb, or a verb and its first word, is
 * answered; "": nothing.
 */
class Fake {
  heard = [];
  peers = [];
  answers = { ...accepted };
  #sockets = new Set();

  static async listen(tls) {
    const fake = new Fake();
    const serve = (socket) => fake.#serve(socket);
    const server = tls ? createSecureServer(tls, serve) : createServer(serve);
    server.on("tlsClientError", () => {});
    await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
    after(() => server.close() && fake.hangUp());
    fake.port = server.address().port;
    return fake;
  }

  #serve(socket) {
    const lines = [];
    this.heard.push(lines);
    this.peers.push(socket.getPeerCertificate?.());
    this.#sockets.add(socket);
    socket.on("error", () => {});
    createInterface({ input: socket }).on("line", (line) => {
      const [tag, verb, word] = line.split(" ");
      lines.push(line.slice(tag.length + 1));
      const answer = this.answers[`${verb} ${word}`] ?? this.answers[verb];
      if (answer && socket.writable) socket.write(`${tag} ${answer}\n`);
    });
  }

  hangUp(lastWords = "") {
    for (const socket of this.#sockets) socket.end(lastWords);
    this.#sockets.clear();
  }
}

const clientOf = (fake, options = {}, host = "127.0.0.1") =>
  new Client(`${host}:${fake.port}`, { user: "ci", secret, ...options });

async function until(condition) {
  for (const end = Date.now() + 20_000; !condition(); await sleep(5)) assert.ok(Date.now() < end);
}

const isVerified = (fake) =>
  fake.heard.slice(1).some((lines) => lines.includes("VERIFY x token=7"));

test("it says who it is first on each connection", async () => {
  const fake = await Fake.listen();
  const lock = await clientOf(fake).lock("x");
  fake.hangUp();
  await until(() => isVerified(fake));
  assert.equal(lock.state, "held");
  await lock.release();
  assert.deepEqual(new Set(fake.heard.map((lines) => lines[0])), new Set([auth]));
});

test("a wrong secret is said once and ends what was begun", async () => {
  const fake = await Fake.listen();
  fake.answers = refused;
  const client = clientOf(fake);
  for (const begin of [() => client.lock("x", { wait: Infinity }), () => client.session()]) {
    await assert.rejects(begin, (error) => {
      assert.ok(error instanceof Unauthenticated);
      assert.match(error.message, /not its secret/);
      return !inspect(error).includes(secret);
    });
  }
  assert.deepEqual(fake.heard, [[auth], [auth]]); // and nothing is asked
});

test("a server that does not answer who it is is left", async () => {
  const [silent, other] = [await Fake.listen(), await Fake.listen()];
  silent.answers = {};
  const servers = [silent, other].map((fake) => `127.0.0.1:${fake.port}`);
  await (await new Client(servers, { user: "ci", secret }).lock("x")).release();
  assert.equal(other.heard.length, 1);
});

test("who says no user to a server that wants one is told", async () => {
  const fake = await Fake.listen();
  fake.answers = refused;
  await assert.rejects(clientOf(fake, { user: "", secret: "" }).session(), Unauthenticated);
  assert.equal(fake.heard.length, 1);
});

test("who says no user may do less", async () => {
  const fake = await Fake.listen();
  fake.answers["LOCK secret/x"] = unauthenticated;
  const session = await new Client(`127.0.0.1:${fake.port}`).session();
  const lock = await session.lock("x");
  await assert.rejects(session.lock("secret/x", { wait: Infinity }), Unauthenticated);
  assert.equal(lock.state, "held");
  await session.close();
  assert.equal(fake.heard.length, 1);
});

test("a request that meets a new configuration is asked again", async () => {
  const fake = await Fake.listen();
  fake.answers["LOCK x"] = unauthenticated;
  const locking = clientOf(fake).lock("x", { wait: Infinity });
  await until(() => fake.heard.length > 1);
  delete fake.answers["LOCK x"];
  await (await locking).release();
});

test("who is sent away for a new configuration comes back", async () => {
  const fake = await Fake.listen();
  const lock = await clientOf(fake).lock("x");
  fake.hangUp(`${unauthenticated}\n`);
  await until(() => isVerified(fake));
  assert.equal(lock.state, "held");
  await lock.release();
});

test("who is not known any more has lost its locks and is told why", async () => {
  const fake = await Fake.listen();
  fake.answers["LOCK y"] = "";
  const session = await clientOf(fake).session();
  const lock = await session.lock("x");
  const waiting = assert.rejects(session.lock("y", { wait: Infinity }), Unauthenticated);
  fake.answers = refused;
  fake.hangUp(`${unauthenticated}\n`);
  await waiting;
  assert.ok(lock.signal.reason instanceof LockLost);
  assert.ok(lock.signal.reason.cause instanceof Unauthenticated);
  assert.equal(session.state, "lost");
});

test("what is forbidden ends alone", async () => {
  const fake = await Fake.listen();
  fake.answers["LOCK secret/x"] = 'ERR FORBIDDEN msg="not for ci"';
  const session = await clientOf(fake).session();
  const lock = await session.lock("x");
  await assert.rejects(session.lock("secret/x", { wait: Infinity }), (error) => {
    return error instanceof Forbidden && /not for ci/.test(error.message);
  });
  assert.equal(lock.state, "held");
  await session.close();
  assert.equal(fake.heard.length, 1);
});

test("a secret is not shown", async () => {
  const fake = await Fake.listen();
  const client = clientOf(fake);
  const lock = await client.lock("x");
  for (const one of [client, lock]) {
    const text = inspect(one, { depth: 9, showHidden: true }) + JSON.stringify(one);
    assert.ok(!text.includes(secret));
  }
  await lock.release();
  for (const word of ["", undefined, "two words", "a\nQUIT", 'a"b', "a=b"]) {
    assert.throws(
      () => new Client("a", { user: "ci", secret: word }),
      (error) => error instanceof TypeError && (!word || !error.message.includes(word)));
  }
});

const skip = spawnSync("openssl", ["version"]).error ? "openssl is not installed" : false;
const directory = mkdtempSync(join(tmpdir(), "pawl-certificates-"));
after(() => rmSync(directory, { recursive: true }));
if (!skip) {
  const script = new URL("certificates.sh", import.meta.url).pathname;
  assert.equal(spawnSync(script, [directory], { stdio: "inherit" }).status, 0);
}
const pem = (file) => readFileSync(join(directory, file));
const pair = (name) => ({ cert: pem(`${name}.pem`), key: pem(`${name}.key`) });
const trusted = () => ({ ca: pem("ca.pem") });

async function refuses(fake, why, tls) {
  const client = clientOf(fake, { timeout: 2_000, tls });
  const isWhy = (error) => error instanceof Unreachable && why.test(error.message);
  await Promise.all([
    assert.rejects(client.lock("x"), isWhy), assert.rejects(client.session(), isWhy)]);
  assert.deepEqual(fake.heard.flat().filter((line) => line.includes(secret)), []);
}

test("it believes a server of its CA", { skip }, async () => {
  const fake = await Fake.listen(pair("here"));
  for (const host of ["127.0.0.1", "localhost"]) {
    const lock = await clientOf(fake, { tls: trusted() }, host).lock("x");
    await lock.release();
  }
  const lock = await clientOf(fake, { tls: trusted() }).lock("x");
  fake.hangUp();
  await until(() => isVerified(fake));
  assert.equal(lock.state, "held");
  await lock.release();
  assert.deepEqual(new Set(fake.heard.map((lines) => lines[0])), new Set([auth]));
});

test("it asks for a server by its name", { skip }, async () => {
  const asked = [];
  const SNICallback = (name, then) => then(null, asked.push(name) && undefined);
  const fake = await Fake.listen({ ...pair("here"), SNICallback });
  await (await clientOf(fake, { tls: trusted() }, "localhost").lock("x")).release();
  assert.deepEqual(asked, ["localhost"]);
});

test("it believes no server of another CA", { skip }, async () => {
  const fake = await Fake.listen(pair("here"));
  await refuses(fake, /certificate/, { ca: pem("other-ca.pem") });
  await refuses(fake, /certificate/, true);
});

test("it believes no server with the certificate of another host", { skip }, async () => {
  const fake = await Fake.listen(pair("elsewhere"));
  await refuses(fake, /does not match|not in the cert/, trusted());
  const lock = await clientOf(
    fake, { tls: { ...trusted(), servername: "elsewhere.example" } }).lock("x");
  await lock.release();
});

test("it tells nothing to a server that speaks no TLS", { skip }, async () => {
  await refuses(await Fake.listen(), /no server answers/, trusted());
});

test("a certificate of its own is shown where it is asked for", { skip }, async () => {
  const fake = await Fake.listen({ ...pair("here"), ...trusted(), requestCert: true });
  await refuses(fake, /no server answers/, trusted()); // a reset may overtake the alert
  const tls = { ...trusted(), ...pair("client") };
  await (await clientOf(fake, { user: "", secret: "", tls }).lock("x")).release();
  assert.equal(fake.peers.at(-1).subject.CN, "ci");
});
