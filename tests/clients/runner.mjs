// SPDX-License-Identifier: Apache-2.0
// Does to pawl.mjs what lines on standard input say, and prints what came of it; README.md here says
// which.
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { Client } from "../../src/client/node/pawl.mjs";

/** Somebody who works under a lock until told to end, or until its signal aborts. */
class Body {
  #giveUp = new AbortController();
  #end;
  #ended = new Promise((resolve) => (this.#end = resolve));

  constructor(lockWith, say) {
    this.done = this.#run(lockWith, say);
  }

  async #run(lockWith, say) {
    try {
      this.lock = await lockWith(this.#giveUp.signal);
    } catch (error) {
      return say(error === this.#giveUp.signal.reason ? "cancelled" : error.code);
    }
    say(`held token=${this.lock.token}`);
    const { signal } = this.lock;
    const isLost = new Promise((resolve) => {
      if (signal.aborted) resolve(true);
      signal.addEventListener("abort", () => resolve(true));
    });
    if (await Promise.race([isLost, this.#ended])) return say("lost");
    await this.lock.release();
    say(signal.aborted ? "lost" : "released");
  }

  end() {
    this.#end(false);
  }

  cancel() {
    this.#giveUp.abort();
  }

  async forget() {
    this.cancel();
    this.end();
    await this.done;
  }
}

class Actor {
  #name;
  #client;
  #session = null;
  #bodies = new Map();
  #isSilent = false;

  constructor(name, servers, options) {
    this.#name = name;
    this.#client = new Client(servers, options);
  }

  #say(text) {
    if (!this.#isSilent) console.log(`${this.#name} ${text}`);
  }

  lock(name, ...words) {
    const options = optionsOf(words);
    const holder = this.#session ?? this.#client;
    const lockWith = (signal) => holder.lock(name, { ...options, signal });
    this.#bodies.set(name, new Body(lockWith, (text) => this.#say(`${name} ${text}`)));
  }

  unlock(name) {
    this.#bodies.get(name).end();
  }

  cancel(name) {
    this.#bodies.get(name).cancel();
  }

  state(name) {
    const { state, token } = this.#bodies.get(name).lock;
    this.#say(`${name} is ${state}${state === "lost" ? "" : ` token=${token}`}`);
  }

  async session(...words) {
    try {
      this.#session = await this.#client.session(optionsOf(words));
      this.#say("open");
    } catch (error) {
      this.#say(error.code);
    }
  }

  async close() {
    this.#isSilent = true;
    await this.#session.close();
    this.#isSilent = false;
    this.#say("closed");
  }

  async forget() {
    this.#isSilent = true;
    await Promise.all([...this.#bodies.values()].map((body) => body.forget()));
    await this.#session?.close();
  }
}

function clientOptions(words) {
  const { user, secret, ca, cert, key, name } =
    Object.fromEntries(words.map((word) => word.split("=")));
  if (!ca) return { user, secret };
  const tls = { ca: readFileSync(ca), servername: name };
  if (cert) Object.assign(tls, { cert: readFileSync(cert), key: readFileSync(key) });
  return { user, secret, tls };
}

function optionsOf(words) {
  const { max_hold: maxHold, ...options } =
    Object.fromEntries(words.map((word) => word.split("=")));
  for (const key of ["ttl", "wait"]) {
    if (key in options) options[key] = millisecondsOf(options[key]);
  }
  if (maxHold) options.maxHold = millisecondsOf(maxHold);
  if ("slots" in options) options.slots = Number(options.slots);
  return options;
}

function millisecondsOf(text) {
  if (text === "forever") return Infinity;
  return parseInt(text) * (text.endsWith("ms") ? 1 : 1000);
}

const actors = new Map();

async function forgetAll() {
  await Promise.all([...actors.values()].map((actor) => actor.forget()));
  actors.clear();
}

console.log("ready");
let forgetting = Promise.resolve();
const input = createInterface({ input: process.stdin });
input.on("line", (line) => {
  const [name, verb, ...words] = line.split(" ");
  if (name === "reset") {
    forgetting = forgetAll().then(() => console.log("reset done"));
    return;
  }
  if (!actors.has(name)) {
    const options = verb === "is" ? clientOptions(words) : {};
    actors.set(name, new Actor(name, process.argv[2], options));
  }
  if (verb !== "is") actors.get(name)[verb](...words);
});
input.on("close", () => forgetting.then(forgetAll));
