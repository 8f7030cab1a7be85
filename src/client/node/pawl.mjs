// SPDX-License-Identifier: Apache-2.0
/**
 * Locks of pawl from Node: one file, no dependencies, Node 18 or later.
 *
 *     import { Client } from "./pawl.mjs";
 *     const client = new Client("10.0.0.1:7295,10.0.0.2:7295,10.0.0.3:7295");
 *
 *     await client.using("jobs/nightly", { ttl: 30_000, wait: 10_000 }, async (signal, lock) => {
 *       await fetch(url, { signal, headers: { "fencing-token": lock.token } });
 *     });                                           // signal aborts when the lock is lost
 *
 *     await using lock = await client.lock("jobs/nightly");  // where the syntax is known: Node 24,
 *                                                            // TypeScript 5.2; else lock.release()
 *     await using session = await client.session({ ttl: 10_000 });
 *     const a = await session.lock("a");            // many locks, renewed as one; deadlocks are
 *     const b = await session.lock("b", { wait: Infinity });  // found
 *
 *     const { PAWL_SECRET: secret } = process.env;
 *     new Client(servers, { user: "ci", secret, tls: { ca: readFileSync("ca.pem") } });
 *
 * The law: a lock is held until the TTL has passed, by the client's own clock, since the send of the
 * request that renewed it last, less a margin and the moment a body needs to stop. What was lost stays
 * lost. A LOCK is asked again with its id, of any server, until one says yes or no. All this stops
 * your body, never the resource: that has to refuse a lower token. Times are milliseconds. A body that
 * blocks the event loop keeps renewals from being sent; `state` is true nonetheless.
 */
import { randomBytes, randomUUID } from "node:crypto";
import { connect, isIP } from "node:net";
import { uptime } from "node:os";
import { connect as connectSecurely, createSecureContext } from "node:tls";

/** A lock or session that is not to be had; `code` is the protocol's, UNREACHABLE or LOST. */
export class PawlError extends Error {
  constructor(code, message = "", options = {}) {
    super(message ? `${code}: ${message}` : code, options);
    this.name = new.target.name;
    this.code = code;
  }
}
/** Others hold it, now (BUSY) or for the whole wait (TIMEOUT). */
export class LockBusy extends PawlError {}
/** The wait would never end: sessions wait for each other. The message names them. */
export class Deadlock extends PawlError {}
/** No server said yes or no in time, or none that could be trusted. The message says why. */
export class Unreachable extends PawlError {}
/** The server does not know this user, or the secret is not its own: it is not asked again. */
export class Unauthenticated extends PawlError {}
/** The user may not do this; other locks go on. */
export class Forbidden extends PawlError {}
/** It was held, and is not any more; its cause is what a server refused, if that was why. */
export class LockLost extends PawlError {}

const kinds = {
  BUSY: LockBusy, TIMEOUT: LockBusy, DEADLOCK: Deadlock, UNREACHABLE: Unreachable,
  UNAUTHENTICATED: Unauthenticated, FORBIDDEN: Forbidden };
const errorOf = (code, message) => new (kinds[code] ?? PawlError)(code, message);
const lossOf = (what, refusal) => new LockLost("LOST", what, refusal && { cause: refusal });

// Node 18 does not have it; compilers look there for it.
const asyncDispose = Symbol.asyncDispose ?? Symbol.for("Symbol.asyncDispose");

/** Knows the servers; each lock or session has a connection of its own. */
export class Client {
  #access; // private: what is logged shows neither a secret nor a key

  /**
   * `timeout`: to reach a server at all, and for what is given back to be answered. `user` and
   * `secret` are said first on each connection, in the clear where it is not TLS. `tls`: what
   * tls.connect() takes, such as ca, cert, key and servername; or true, to trust whom Node trusts.
   */
  constructor(
    servers = process.env.PAWL_SERVER ?? "127.0.0.1:7295",
    { timeout = 5_000, user = "", secret = "", tls = null } = {},
  ) {
    const names = typeof servers === "string" ? servers.split(/[\s,]+/).filter(Boolean) : servers;
    this.servers = names.map(addressOf);
    if (!this.servers.every(Boolean) || names.length === 0) {
      throw new TypeError(`not servers' addresses: ${names}`);
    }
    this.timeout = timeout;
    this.first = 0; // who answered last is asked first
    this.#access = { auth: authLine(user, secret), connect: connectorOf(tls) };
  }

  /** One lock, in a session of its own. */
  async lock(name, { ttl = 30_000, wait = 0, signal, ...shape } = {}) {
    const hold = new Hold(name, wait, shape);
    return await hold.acquire(signal, () => new LiveSession(this, this.#access, ttl, ""));
  }

  /** Locks that live as long as it does. */
  async session({ ttl = 10_000, name = "", onDisconnect = "keep", deadlock = true } = {}) {
    const options = lineOf("", {
      name, on_disconnect: onDisconnect, deadlock: deadlock ? "on" : "off" });
    return await new LiveSession(this, this.#access, ttl, options).open();
  }

  /** Runs the body under the lock, and gives the lock back. */
  async using(name, options, body) {
    const lock = await this.lock(name, options);
    let result;
    try {
      result = await body(lock.signal, lock);
    } finally {
      await lock.release();
    }
    lock.signal.throwIfAborted();
    return result;
  }
}

/** Something held: `signal` aborts, with a LockLost, when it is lost. */
class Held {
  #part;
  constructor(part) {
    this.#part = part;
  }
  get signal() {
    return this.#part.controller.signal;
  }
  /** held, unsure (not renewed in time, but held), lost or released. */
  get state() {
    return this.#part.state();
  }
  /** For how long it is certainly held; 0 where it is not. */
  get validFor() {
    const isHeld = ["held", "unsure"].includes(this.state);
    return isHeld ? Math.max(0, this.#part.heldUntil() - now()) : 0;
  }
  async [asyncDispose]() {
    await this.#part.giveBack();
  }
}

export class Lock extends Held {
  constructor(hold) {
    super(hold);
    this.name = hold.name;
    /** The fencing token of the grant. */
    this.token = hold.token;
  }
  release() {
    return this[asyncDispose]();
  }
}

export class Session extends Held {
  #live;
  constructor(live) {
    super(live);
    this.#live = live;
    /** Its public name: s17. */
    this.handle = live.handle;
  }
  /** As Client.lock, without a TTL: that is the session's. */
  async lock(name, { wait = 0, signal, ...shape } = {}) {
    return await new Hold(name, wait, shape, this.#live).acquire(signal);
  }
  /** Gives back all it holds, and ends its waits. */
  close() {
    return this[asyncDispose]();
  }
}

const patienceWithAnswer = 1_000;
const pingEvery = 1_000;
const pingPatience = 2_000; // the server keeps the place of a broken connection for 5 s
const elsewhere = ["NOT_PRIMARY", "SHUTTING_DOWN", "NO_SESSION"]; // not on this connection
const timeMayHelp = ["LIMIT", "DISK_FULL"];
const unknown = ["NO_QUORUM", "INTERNAL"]; // it may have taken effect: the same is asked again

/** One connection after the other to whoever is primary; requests are asked over as many as it takes. */
class Link {
  stopped = false;
  reached = false;
  #trouble = ""; // of the connection that failed last
  #access;
  #up = new Gate();
  #over = new Gate();
  #socket = null;
  #waiting = new Map();
  #tags = 0;
  #attempts = 0;
  #server;
  #primary = null;

  constructor(client, access, ttl) {
    this.client = client;
    this.#access = access;
    this.ttl = ttl;
    this.#server = client.first;
  }

  start() {
    this.#connectForEver();
    within(this.#over.opened, this.client.timeout).then(() => this.reached || this.stop());
  }

  stop() {
    this.stopped = true;
    this.#over.open();
    this.#drop();
    this.#up.open(); // whoever waits for it learns that it is over
  }

  /** The first answer that says yes or no; nothing at `until`, when aborted, or when stopped. */
  async ask(line, until = Infinity, patience = () => patienceWithAnswer, signal = undefined) {
    let vain = 0;
    for (let asked = 1; await within(this.#up.opened, until - now(), signal); ++asked) {
      if (this.stopped || signal?.aborted) return undefined;
      const wait = Math.min(patience(asked - 1), until - now());
      const reply = await this.#askOnce(line(), wait, signal);
      if (!reply) continue;
      if (elsewhere.includes(reply.code) || this.isKnownNoMore(reply)) {
        this.leave(reply.fields.primary);
      } else if (unknown.includes(reply.code)) {
        if (++vain % 2 === 0) this.leave();
        await within(this.#over.opened, longestPause(this.ttl), signal);
      } else {
        this.client.first = this.#server;
        return Object.assign(reply, { asked });
      }
    }
    return undefined;
  }

  /** Nothing when the connection broke, or is left because nothing came. */
  async #askOnce(line, patience, signal) {
    if (!this.#socket) return undefined;
    const sent = now();
    const { tag, answer } = this.send(line);
    const reply = await within(answer, patience, signal);
    if (reply) return Object.assign(reply, { sent });
    if (this.#waiting.delete(tag) && !signal?.aborted) this.leave();
    return undefined;
  }

  send(line) {
    const tag = `t${++this.#tags}`;
    const answer = new Promise((resolve) => this.#waiting.set(tag, resolve));
    this.#socket.write(`#${tag} ${line}\n`);
    return { tag, answer };
  }

  leave(primary) {
    if (!this.#socket) return;
    this.#primary = addressOf(primary ?? "");
    this.#drop();
  }

  #drop() {
    if (this.#up.isOpen) this.#up = new Gate();
    this.#socket?.destroy();
    this.#socket = null;
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const resolve of waiting) resolve(undefined);
  }

  async #connectForEver() {
    const { servers, timeout } = this.client;
    for (let pause = 0; !this.stopped; ) {
      const server = this.#primary ?? servers[this.#server];
      const known = servers.findIndex((one) => one.host === server.host && one.port === server.port);
      if (known >= 0) this.#server = known;
      this.#primary = null;
      const began = now();
      const round = Math.min(6, Math.floor(this.#attempts++ / servers.length));
      await this.#serve(server, Math.min(timeout, 250 * 2 ** round));
      if (this.stopped) return;
      this.#drop();
      if (!this.#primary) this.#server = (this.#server + 1) % servers.length;
      // What stood well is made anew at once; and not by all clients in the same moment.
      const longest = this.reached ? Math.min(50, longestPause(this.ttl)) : 250;
      pause = now() - began > 1_000 ? 0 : Math.min(longest, 2 * pause || 10);
      await within(this.#over.opened, (pause * (1 + Math.random())) / 2);
    }
  }

  unreachable() {
    return errorOf("UNREACHABLE", ["no server answers", this.#trouble].filter(Boolean).join(": "));
  }

  /** Until that connection is over. */
  #serve(server, attempt) {
    const socket = this.#access.connect(server, () => {
      timer.refresh(); // each step on the way may take as long as the first
      if (this.stopped) return socket.destroy();
      heard = now();
      this.#socket = socket;
      this.#begin(() => clearTimeout(timer));
    });
    socket.setEncoding("utf8");
    let heard = now();
    let rest = "";
    const timer = setTimeout(() => socket.destroy(), attempt);
    const pings = setInterval(() => {
      if (this.#waiting.size === 0 || socket !== this.#socket) return;
      if (now() - heard > pingPatience) return socket.destroy();
      if (now() - heard >= pingEvery * 0.9) this.send("PING");
    }, pingEvery);
    socket.on("data", (text) => {
      const lines = (rest + text).split("\n");
      rest = lines.pop();
      for (const line of lines) {
        if (socket !== this.#socket) return;
        heard = now();
        this.#onLine(replyOf(line));
      }
    });
    return new Promise((resolve) => {
      socket.on("error", ({ message, code }) => (this.#trouble = message || code)); // then 'close'
      socket.on("close", () => {
        clearTimeout(timer);
        clearInterval(pings);
        resolve();
      });
    });
  }

  /** Nothing is asked of a server that does not agree to who asks. */
  async #begin(onAccepted) {
    const socket = this.#socket;
    if (this.#access.auth) {
      const reply = await this.send(this.#access.auth).answer;
      if (!reply || socket !== this.#socket) return;
      if (reply.code) this.#trouble = errorOfReply(reply).message;
      if ([...elsewhere, ...unknown, ...timeMayHelp].includes(reply.code)) return this.leave();
      if (reply.code) return this.refuse(reply);
    }
    onAccepted();
    this.send("EVENTS on");
    this.greet();
    this.#up.open();
  }

  /** Else whoever does not say who it is may not do this. */
  isKnownNoMore(reply) {
    return reply.code === "UNAUTHENTICATED" && this.#access.auth !== "";
  }

  #onLine(reply) {
    if (reply.code && !reply.tag) { // why it will be closed
      this.#trouble = errorOfReply(reply).message;
      return;
    }
    this.reached = true;
    this.#attempts = 0;
    if (reply.kind === "EVENT") return this.onEvent(reply);
    const resolve = this.#waiting.get(reply.tag);
    this.#waiting.delete(reply.tag);
    resolve?.(reply);
  }
}

/** A session, and what it holds. */
class LiveSession extends Link {
  phase = "asking";
  refusal = null;
  handle = "";
  holds = new Set();
  lostTokens = new Set();
  controller = new AbortController();
  #heldUntil = -Infinity;
  #renewAt = -Infinity;
  #secret = randomBytes(16).toString("hex");
  #options;
  #opened = new Gate();
  #wake = new Gate();

  constructor(client, access, ttl, options) {
    super(client, access, ttl);
    this.#options = options;
  }

  async open() {
    this.start();
    await this.#opened.opened;
    if (this.phase === "held") return new Session(this);
    this.phase = "refused";
    throw this.refusal ?? this.unreachable();
  }

  giveBack() {
    return this.end(this.client.timeout);
  }

  /** True if a server has said that all is given back. */
  async end(patience) {
    const until = Math.min(now() + patience, this.phase === "held" ? this.#heldUntil : Infinity);
    if (this.state() === "lost") this.lose();
    if (["asking", "held"].includes(this.phase)) this.phase = "released";
    const reply = this.stopped ? undefined : await this.ask(() => "CLOSE", until);
    for (const hold of [...this.holds]) hold.end("released");
    this.stop();
    return reply !== undefined;
  }

  stop() {
    super.stop();
    this.#opened.open();
    this.#wake.open();
  }

  heldUntil() {
    return this.#heldUntil;
  }

  state() {
    if (this.phase !== "held") return this.phase;
    if (now() >= this.#heldUntil) return "lost";
    return now() > this.#renewAt + renewalPatience(this.ttl, 0) ? "unsure" : "held";
  }

  lose() {
    const wasHeld = this.phase === "held";
    this.phase = { held: "lost", asking: "refused" }[this.phase] ?? this.phase;
    this.stop();
    for (const hold of [...this.holds]) hold.end("lost");
    if (wasHeld) this.controller.abort(lossOf(`session ${this.handle}`, this.refusal));
  }

  /** What makes a new connection the session's; what is asked after it need not wait for it. */
  greet() {
    const open = () => lineOf("OPEN", { ttl: this.ttl, id: this.#secret }) + this.#options;
    const sent = now();
    const { answer } = this.send(this.#opened.isOpen ? `RESUME ${this.#secret}` : open());
    answer.then((reply) => reply && !this.stopped && this.#onGreeted(sent, reply));
  }

  #onGreeted(sent, reply) {
    if ([...elsewhere, ...unknown].includes(reply.code) || this.isKnownNoMore(reply)) {
      return this.leave(reply.fields.primary);
    }
    if (!reply.ttl) return this.refuse(reply);
    this.#extend(sent, reply.ttl);
    this.handle = reply.fields.handle ?? "";
    if (this.#opened.isOpen) {
      this.#wake.open();
      for (const hold of this.holds) hold.verify();
    } else if (this.phase === "asking") {
      this.phase = "held";
      this.#renewForEver();
    }
    this.#opened.open();
  }

  refuse(reply) {
    this.refusal ??= errorOfReply(reply);
    this.lose();
  }

  #extend(sent, ttl) {
    this.#heldUntil = Math.max(this.#heldUntil, endOf(sent, ttl));
    this.#renewAt = sent + Math.min(60_000, Math.max(ttl / 4 - marginOf(ttl), ttl / 10));
  }

  async #renewForEver() {
    while (this.phase === "held") {
      const left = this.#renewAt - now();
      if (left > 0 && !this.#wake.isOpen) {
        // A second at most: a timer does not count the time that a machine is suspended.
        await within(this.#wake.opened, Math.min(left, 1_000));
        continue;
      }
      this.#wake = new Gate();
      const patience = (asked) => renewalPatience(this.ttl, asked);
      const reply = await this.ask(() => "KEEPALIVE", this.#heldUntil, patience);
      if (reply?.ttl) {
        this.#extend(reply.sent, reply.ttl);
        for (const hold of this.holds) if (hold.isBounded) hold.verify();
      } else if (reply && reply.code !== "SESSION_EXPIRED") {
        await within(this.#wake.opened, longestPause(this.ttl));
      } else if (reply || now() >= this.#heldUntil) {
        return this.lose(); // else a RESUME has moved it meanwhile
      }
    }
  }

  onEvent(event) {
    if (event.fields.session && event.fields.session === this.handle) return this.lose();
    if (!event.token) return;
    this.lostTokens.add(event.token); // it may come before the grant is taken in
    for (const hold of [...this.holds]) if (hold.token === event.token) hold.end("lost");
  }
}

/** One acquisition of one lock. */
class Hold {
  token = 0;
  controller = new AbortController();
  #phase = "asking";
  #id = randomUUID();
  #wait;
  #waitUntil = 0;
  #options;
  #session;
  #isAlone;
  #isDoubtful = false;
  #givingBack = null;
  #over = new Gate();
  #released = new Gate();
  #until; // by max_hold, as far as a server has said: for the body
  #overAt = -Infinity; // and for others

  constructor(name, wait, { mode, slots, delay, maxHold, note, ...others }, session = null) {
    const [stranger] = Object.keys(others);
    if (stranger) throw new TypeError(`unknown option ${stranger}`);
    this.name = String(name);
    this.#wait = wait;
    this.#options = lineOf("", {
      mode: slots ? "slot" : mode, slots, delay, max_hold: maxHold, note });
    this.isBounded = maxHold > 0;
    this.#until = this.isBounded ? -Infinity : Infinity;
    this.#session = session;
    this.#isAlone = session === null;
  }

  state() {
    if (this.#phase !== "held") return this.#phase;
    return now() < this.#until ? this.#session.state() : "lost";
  }

  heldUntil() {
    return Math.min(this.#session.heldUntil(), this.#until);
  }

  async acquire(signal, makeSession) {
    signal?.throwIfAborted();
    if (!/^[^\x00-\x20\x7f-\x9f"=,]+$/.test(this.name)) {
      throw errorOf("BAD_REQUEST", "not a lock name");
    }
    this.#waitUntil = now() + this.#wait;
    for (;;) {
      if (this.#isAlone) {
        const reached = this.#session?.reached ?? false;
        this.#session = Object.assign(makeSession(), { reached });
        this.#session.start();
      }
      try {
        await this.#askForIt(signal);
        return new Lock(this);
      } catch (error) {
        const why = await this.#giveUp(error, signal);
        // Alone, before the grant, another session may do better.
        const mayHelp = ["SESSION_EXPIRED", ...timeMayHelp].includes(why?.code);
        const mayWait = mayHelp && now() < this.#waitUntil && !signal?.aborted;
        if (!this.#isAlone || !mayWait) throw why;
        await within(new Promise(() => {}), 250, signal);
      }
    }
  }

  async #askForIt(signal) {
    const session = this.#session;
    const until = Math.max(this.#waitUntil + patienceWithAnswer, now() + session.client.timeout);
    this.#isDoubtful = true; // a LOCK may be on its way
    for (let cancelledAtOnce = 0; ; ) {
      const reply = await session.ask(() => this.#line(), until, () => Infinity, signal);
      if (signal?.aborted) {
        if (reply?.token) this.token = reply.token;
        throw signal.reason;
      }
      if (!reply) throw this.#whyNone();
      this.#isDoubtful = reply.asked > 1 && reply.code !== "TIMEOUT";
      if (reply.token) return await this.#take(reply, signal);
      // Once is no proof: a server that closes cancels the waits of those it leaves.
      if (reply.code === "CANCELLED" && now() - reply.sent < 200) ++cancelledAtOnce;
      const mayWait = timeMayHelp.includes(reply.code) && now() < this.#waitUntil;
      if (mayWait) await within(new Promise(() => {}), 250, signal);
      else if (reply.code !== "CANCELLED" || cancelledAtOnce > 1) throw errorOfReply(reply);
    }
  }

  #line() {
    const wait = Math.max(0, this.#waitUntil - now());
    return lineOf(`LOCK ${this.name}`, { wait, id: this.#id }) + this.#options;
  }

  #whyNone() {
    const { phase, refusal, reached } = this.#session;
    if (refusal) return refusal;
    if (["lost", "released"].includes(phase)) return errorOf("SESSION_EXPIRED");
    return reached ? errorOf("TIMEOUT") : this.#session.unreachable();
  }

  async #take(reply, signal) {
    this.token = reply.token;
    this.#bound(reply);
    if (this.isBounded && now() - reply.sent > reply.ttl / 3) {
      this.#isDoubtful = true;
      await this.verify(); // granted after a wait: what does max_hold leave?
      signal?.throwIfAborted();
    }
    if (this.#session.phase !== "held") throw errorOf("SESSION_EXPIRED");
    this.#phase = "held";
    this.#session.holds.add(this);
    if (this.#session.lostTokens.has(this.token)) this.end("lost");
    else if (this.isBounded) this.#watchClock();
  }

  #bound({ sent, ttl }) {
    if (!this.isBounded || !ttl) return;
    this.#until = Math.max(this.#until, endOf(sent, ttl));
    this.#overAt = Math.max(this.#overAt, sent + ttl);
  }

  async #watchClock() {
    while (this.#phase === "held" && now() < this.#until) {
      await within(this.#over.opened, Math.min(this.#until - now(), 1_000));
    }
    if (!this.#leave("lost")) return;
    await within(this.#released.opened, this.#overAt - now()); // the body may not have stopped yet
    this.#endAlone();
  }

  /** What is to be thrown, once what may still wait or hold is given up. */
  async #giveUp(error, signal) {
    const isAborted = Boolean(signal?.aborted);
    const patience = isAborted ? this.#session.client.timeout : patienceWithAnswer;
    const isCertain = await this.#withdraw(patience);
    if (isAborted) return error;
    if (this.#isAlone && error.code === "SESSION_EXPIRED" && now() >= this.#waitUntil) {
      return errorOf("TIMEOUT"); // nobody asked for a session
    }
    if (error.code !== "TIMEOUT" || isCertain) return error;
    return errorOf("UNREACHABLE", "nobody confirms that it is not granted");
  }

  async #withdraw(patience) {
    const session = this.#session;
    if (this.#isAlone) return (await session.end(patience)) || !this.#isDoubtful;
    if (!this.#isDoubtful) return true;
    return (await within(this.#cancel(), patience)) !== undefined;
  }

  async #cancel() {
    const reply = await this.#session.ask(() => `CANCEL ${this.name} id=${this.#id}`);
    return reply?.token ? await this.#unlock(reply.token) : reply;
  }

  /** While it is held; else nothing. */
  giveBack() {
    this.#givingBack ??= this.#giveBack();
    return this.#givingBack;
  }

  async #giveBack() {
    const state = this.state();
    const isHeld = ["held", "unsure"].includes(state);
    this.#released.open();
    this.end(isHeld ? "released" : state);
    const { timeout } = this.#session.client;
    if (this.#isAlone) await this.#session.end(timeout);
    else if (isHeld) await within(this.#unlock(this.token), timeout);
  }

  /** For as long as the session lives, whoever waits for it. */
  #unlock(token) {
    return this.#session.ask(() => `UNLOCK ${this.name} token=${token}`);
  }

  /** A LOST told to the broken connection is found by asking; so is what max_hold leaves. */
  async verify() {
    const line = `VERIFY ${this.name} token=${this.token}`;
    const reply = await this.#session.ask(() => line, this.#session.heldUntil());
    if (reply?.code === "NOT_HELD") {
      this.#until = -Infinity;
      this.end("lost");
    } else if (reply) {
      this.#bound(reply);
    }
  }

  end(phase) {
    if (this.#leave(phase) && phase === "lost") this.#endAlone();
  }

  /** False: it was not held any more. */
  #leave(phase) {
    this.#session.holds.delete(this);
    if (this.#phase !== "held") return false;
    this.#phase = phase;
    this.#over.open();
    if (phase === "lost") {
      const lock = `lock ${this.name} token=${this.token}`;
      this.controller.abort(lossOf(lock, this.#session.refusal));
    }
    return true;
  }

  #endAlone() {
    if (this.#isAlone) this.#session.end(this.#session.client.timeout);
  }
}

/** A promise that is kept by open(). */
class Gate {
  isOpen = false;
  #resolve;
  opened = new Promise((resolve) => (this.#resolve = resolve));
  open() {
    this.isOpen = true;
    this.#resolve(true);
  }
}

/** What was promised, or nothing when it takes longer or is aborted. */
async function within(promised, milliseconds, signal) {
  let timer;
  let stop;
  const cut = new Promise((resolve) => {
    stop = () => resolve(undefined);
    const longest = 2 ** 31 - 1;
    if (milliseconds !== Infinity) {
      timer = setTimeout(stop, Math.min(longest, Math.max(0, milliseconds)));
    }
    if (signal?.aborted) stop();
    signal?.addEventListener("abort", stop);
  });
  try {
    return await Promise.race([promised, cut]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", stop);
  }
}

/** One line from a server: [#tag] OK or ERR CODE or EVENT KIND, then key=value. */
function replyOf(line) {
  const words = line.match(/[^\s="]+="(?:\\.|[^"\\])*"|\S+/g) ?? [];
  const tag = words[0]?.startsWith("#") ? words.shift().slice(1) : "";
  const kind = words[0] ?? "";
  const fields = Object.create(null);
  for (const word of words) {
    const at = word.indexOf("=");
    if (at > 0) fields[word.slice(0, at)] = unquoted(word.slice(at + 1));
  }
  const numberOf = (key) => (kind === "ERR" ? 0 : Number(fields[key] ?? 0) || 0);
  return {
    tag, kind, fields, code: kind === "ERR" ? words[1] : "", token: numberOf("token"),
    ttl: kind === "OK" ? numberOf("ttl") : 0 };
}

const errorOfReply = ({ code, fields }) => errorOf(code, fields.msg ?? fields.cycle);

/** A request. What is empty or zero is the server's to choose. */
function lineOf(verb, options) {
  let line = verb;
  for (const [key, value] of Object.entries(options)) {
    const isTime = ["ttl", "wait", "delay", "max_hold"].includes(key);
    const text = value === Infinity ? "forever" : isTime ? Math.ceil(value ?? 0) : value;
    if (text || key === "wait") line += ` ${key}=${quoted(String(text))}`;
  }
  return line;
}

function quoted(text) {
  if (/^[^\x00-\x20\x7f-\x9f"]+$/.test(text)) return text;
  return `"${text.replace(/[\\"]/g, "\\$&").replace(/\n/g, "\\n")}"`;
}

function unquoted(text) {
  return text.startsWith('"') ? text.slice(1, -1).replace(/\\(.)/g, "$1") : text;
}

const marginOf = (ttl) => Math.max(Math.min(50, ttl / 5), ttl / 100);

/** By when a body must have stopped. */
const endOf = (sent, ttl) => sent + ttl - marginOf(ttl) - Math.min(ttl / 20, 100);

function authLine(user, secret) {
  if (!user && !secret) return "";
  for (const [what, word] of Object.entries({ user, secret })) {
    if (!/^[^\x00-\x20\x7f-\x9f"=]+$/.test(word ?? "")) {
      throw new TypeError(`the ${what} is not one word without blanks, quotes and =`);
    }
  }
  return `AUTH ${user} ${secret}`;
}

/** What begins a connection. */
function connectorOf(tls) {
  if (!tls) return (server, then) => connect({ ...server, noDelay: true }, then);
  const options = tls === true ? {} : tls;
  const secureContext = options.secureContext ?? createSecureContext(options);
  return (server, then) => {
    const servername = isIP(server.host) ? undefined : server.host; // an address is no name
    return connectSecurely(
      { servername, ...options, ...server, secureContext, noDelay: true }, then);
  };
}

/** With a renewal, longer each time: where the way is long, some answer must be awaited. */
function renewalPatience(ttl, asked) {
  const first = Math.max(20, Math.min(ttl / 20, 1_000));
  return Math.min(Math.max(first, Math.min(ttl / 5, 1_000)), first * 2 ** Math.min(asked, 6));
}

const longestPause = (ttl) => Math.min(250, Math.max(2, ttl / 50));

/** Nothing where the text is none. */
function addressOf(text) {
  const [, host, port = 7295] = /^(.*?)(?::(\d+))?$/.exec(text) ?? [];
  if (!host || port < 1 || port > 65_535) return null;
  return { host: host.replace(/^\[|\]$/g, ""), port: Number(port) };
}

// While a machine is suspended only uptime goes on; it is read to 10 ms, and elsewhere to seconds.
const startedAt = { clock: performance.now(), uptime: uptime() };
function now() {
  const clock = performance.now() - startedAt.clock;
  if (process.platform !== "linux") return clock;
  return Math.max(clock, (uptime() - startedAt.uptime) * 1_000 - 20);
}
