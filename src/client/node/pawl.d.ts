// SPDX-License-Identifier: Apache-2.0
// What pawl.mjs exports; there it says what each means. Times are milliseconds.

import type { ConnectionOptions } from "node:tls";

export class PawlError extends Error {
  readonly code: string;
  constructor(code: string, message?: string, options?: ErrorOptions);
}
export class LockBusy extends PawlError {}
export class Deadlock extends PawlError {}
export class Unreachable extends PawlError {}
export class Unauthenticated extends PawlError {}
export class Forbidden extends PawlError {}
export class LockLost extends PawlError {}

export type State = "held" | "unsure" | "lost" | "released";

/** How a lock is shared, and what is told of it. */
export interface Shape {
  mode?: "exclusive" | "shared";
  /** How many may hold it at once. */
  slots?: number;
  /** How long it is nobody's after an unclean loss. */
  delay?: number;
  /** After how long it is taken back, renewed or not. */
  maxHold?: number;
  /** Shown to others. */
  note?: string;
}

export interface SessionLockOptions extends Shape {
  /** 0, the default: tried once. Infinity: for ever. */
  wait?: number;
  /** Gives the wait up; lock() then rejects with its reason, once the lock certainly is not granted. */
  signal?: AbortSignal;
}

export interface LockOptions extends SessionLockOptions {
  /** 30 000 unless said. */
  ttl?: number;
}

export interface SessionOptions {
  /** 10 000 unless said. */
  ttl?: number;
  /** Shown to others. */
  name?: string;
  onDisconnect?: "keep" | "release";
  /** false where several lines of work share the session: it counts as one. */
  deadlock?: boolean;
}

export interface ClientOptions {
  /** To reach a server at all; 5 000 unless said. */
  timeout?: number;
  /** Said first on each connection, with its secret. */
  user?: string;
  secret?: string;
  /** ca, cert, key, servername and so on; true: whom Node trusts is trusted. */
  tls?: true | ConnectionOptions | null;
}

export class Client {
  constructor(servers?: string | string[], options?: ClientOptions);
  lock(name: string, options?: LockOptions): Promise<Lock>;
  session(options?: SessionOptions): Promise<Session>;
  using<T>(
    name: string,
    options: LockOptions,
    body: (signal: AbortSignal, lock: Lock) => Promise<T> | T,
  ): Promise<T>;
}

interface Held extends AsyncDisposable {
  /** Aborts, with a LockLost, when it is lost; its cause is what a server refused, if that was why. */
  readonly signal: AbortSignal;
  readonly state: State;
  /** For how long it is certainly held; 0 where it is not. */
  readonly validFor: number;
}

export interface Lock extends Held {
  readonly name: string;
  /** The fencing token of the grant. */
  readonly token: number;
  release(): Promise<void>;
}

export interface Session extends Held {
  /** Its public name: s17. */
  readonly handle: string;
  lock(name: string, options?: SessionLockOptions): Promise<Lock>;
  /** Gives back all it holds, and ends its waits. */
  close(): Promise<void>;
}
