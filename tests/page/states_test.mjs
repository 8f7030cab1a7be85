// SPDX-License-Identifier: Apache-2.0
// What the status page makes of states that a real server reaches rarely, or never.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { after, afterEach, before, test } from "node:test";
import {
  banner, complaints, openPage, paleTexts, phone, picture, sidewaysScroll, startBrowser, wide } from "./browser.mjs";
import { until } from "./cluster.mjs";
import { contended, fakeServer, lock, losses, status } from "./fake_server.mjs";

let browser, server, page;
let second = 0, asked = 0;

before(async () => { browser = await startBrowser(); });
after(async () => { await browser?.close(); });
afterEach(async () => {
  const complained = page ? complaints(page) : [];
  await page?.close();
  await server?.stop();
  page = server = undefined;
  assert.deepEqual(complained, []);
});

// The page of a server whose status has these changes; `answers` may say more.
async function open(changes = {}, { hash = "", answers = {}, ...options } = {}) {
  server = await fakeServer({
    "/status.json": () => { asked++; return status(second++, changes); },
    "/lock.json": (words) =>
      lock(words.get("name"), 134, Number(words.get("after")), Number(words.get("limit"))),
    "/locks.json": () => ({ locks: [], next: null }), ...answers });
  page = await openPage(browser, server.url + hash, options);
  await page.locator("#about span", { hasText: "epoch" }).waitFor();
  return page;
}

const listed = (name) => ({ name, mode: "exclusive", holders: 1, waiters: 0, token: 7,
  since_ms: 61_000, expires_in_ms: 9000, delay_ms: 0 });
const hundred = (prefix) =>
  Array.from({ length: 100 }, (_, i) => listed(`${prefix}${String(i).padStart(3, "0")}`));
const paged = (locks) => (words) => {
  const rest = locks.filter(({ name }) => name > (words.get("after") ?? words.get("prefix")));
  const shown = rest.slice(0, Number(words.get("limit")));
  return { locks: shown, next: rest.length > shown.length ? shown.at(-1).name : null };
};
const degraded = { health: { state: "degraded", why: ["n3 has not been heard for 24 s"] },
  nodes: status().nodes.map((node, i) => ({ ...node, witness: i === 2, lag: 42_103 * i,
    role: i === 1 ? "learner" : node.role, last_contact_ms: 12_000 * i })) };

test("a name that is markup is text, wherever it stands", async () => {
  const name = `<img src=x onerror="document.title='broken into'">`;
  const person = { client: name, address: name, note: name };
  const held = contended(1).map((one) => ({ ...one, name, holder: { ...one.holder, ...person } }));
  await open({ node: name, cluster: name, version: name, contended: held,
    health: { state: "degraded", why: [name] },
    losses: losses(1).map((one) => ({ ...one, ...person, name, reason: name })),
    nodes: [{ id: name, role: name, lag: 0, last_contact_ms: 0, client: name }] }, {
    hash: `#find=${encodeURIComponent(name)}&lock=${encodeURIComponent(name)}`, answers: {
      "/locks.json": () => ({ locks: [listed(name)], next: null }),
      "/lock.json": () => ({ ...lock(name), holders: [{ ...lock(name).holders[0], ...person }] }) } });

  await page.locator("#holders td", { hasText: name }).first().waitFor();
  await page.locator("#found a", { hasText: name }).waitFor();
  await page.locator("#losses a", { hasText: name }).waitFor();

  assert.equal(await page.locator("img:not(header img)").count(), 0);
  assert.ok(!(await page.title()).startsWith("broken into"));
  assert.equal(await page.locator("#lock-title").innerText(), name);
});

test("a name that would turn text around or hide shows how it is written", async () => {
  await open({ contended: contended(1).map((one) => ({ ...one, name: "jobs/\u202etxt\u200b" })) });

  await page.locator("#contended a", { hasText: "jobs/\\u{202e}txt\\u{200b}" }).waitFor();
});

test("a server that is gone is missed at once, asked less and less often, and welcome again", async () => {
  await open();
  await banner(page, "The cluster is whole");

  await server.stop();

  const said = await banner(page, "Lost the server");
  assert.match(said, /What is below is what it said at \d+:\d\d:\d\d/);
  await page.locator("#retry", { hasText: /Last answer .* ago\. Asking again in [2-9]/ }).waitFor();
  assert.match(await page.title(), /^lost · n1 · pawl/);
  assert.deepEqual(await paleTexts(page), []);
  await picture(page, "lost");

  await server.start();
  await page.locator("#retry button").click();
  await banner(page, "The cluster is whole");
  assert.ok(await page.locator("#retry").isHidden());
});

test("an open lock says that it is no longer known", async () => {
  await open({}, { hash: "#lock=jobs/a" });
  await page.locator("#queue tbody tr").first().waitFor();

  await server.stop();

  await page.locator("#lock-about", { hasText: /No answer.*What is below is what it said at/ }).waitFor();
});

test("a page that nobody sees asks nothing, and asks at once when it is seen", async () => {
  await open();
  const see = (hidden) => page.evaluate((value) => {
    Object.defineProperty(document, "hidden", { configurable: true, value });
    document.dispatchEvent(new Event("visibilitychange"));
  }, hidden);
  await page.clock.install();
  await see(true);
  await page.clock.runFor(2000);

  const before = asked;
  await page.clock.runFor(20_000);
  assert.equal(asked, before);
  await page.locator("body.lost").waitFor();

  const next = page.waitForResponse(/status\.json/);
  await see(false);
  await next;
  await page.locator("body:not(.lost)").waitFor();
});

test("health is told in words, and by whom", async () => {
  await open({ ...degraded });
  assert.match(await banner(page, "Degraded"), /n3 has not been heard for 24 s/);
  assert.match(await page.locator("#nodes tbody").innerText(), /standby\s+witness/);
  assert.match(await page.locator("#nodes tr", { hasText: "n3" }).innerText(), /24\ss ago/);
  await picture(page, "degraded");

  server.answers["/status.json"] = () => status(second++, {
    node: "n2", role: "standby", primary: null,
    health: { state: "no_primary", why: ["n1 has not been heard for 5 s"] } });
  assert.match(await banner(page, "No primary: from here nothing is granted or renewed"),
    /n2 is a standby: .*its own view, unconfirmed/);

  server.answers["/status.json"] = () => status(second++, { node: "n2", role: "standby" });
  assert.match(await banner(page, "In touch with the primary"),
    /its own view, unconfirmed; n1 is the primary/);
  assert.doesNotMatch(await page.locator("#contended").innerText(), /lease/,
    "only the primary knows when one ends");
});

test("health is read out when it changes, not because a second has gone by", async () => {
  const silent = (seconds, node = "n3") => ({ ...degraded,
    health: { state: "degraded", why: [`${node} has not been heard for ${seconds} s`] } });
  await open(silent(24));
  const news = page.locator("#news");
  await news.filter({ hasText: "n3 has not been heard for 24 s" }).waitFor();

  server.answers["/status.json"] = () => status(second++, silent("25"));
  await page.locator("#health li", { hasText: "for 25 s" }).waitFor();
  assert.match(await news.textContent(), /for 24 s/);

  server.answers["/status.json"] = () => status(second++, silent("26", "n2"));
  await news.filter({ hasText: "n2 has not been heard for 26 s" }).waitFor();
});

test("every text stands out from what lies behind it, light and dark", async () => {
  await open(degraded, { hash: "#find=", answers: {
    "/locks.json": () => ({ locks: [listed("jobs/a")], next: "jobs/a" }) } });
  await page.locator("#found button", { hasText: "Next" }).waitFor();

  for (const state of ["ok", "degraded", "no_primary"]) {
    const changes = { ...degraded, health: { ...degraded.health, state } };
    server.answers["/status.json"] = () => status(second++, changes);
    await page.locator(`#health[data-state=${state}]`).waitFor();
    for (const colorScheme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme });
      assert.deepEqual(await paleTexts(page), [], `${colorScheme} ${state}`);
    }
  }
});

const long = "a/very/long/name/".repeat(20).slice(0, 252);
const much = { cluster: long,
  contended: contended(20).map((one, i) => ({ ...one, name: long + i, waiters: 1_234_567, holder: {
    ...one.holder, client: "c".repeat(255), note: "n".repeat(1024), since_ms: 4e10 } })),
  losses: losses(50).map((one, i) => ({ ...one, name: long + i, token: 2 ** 53 - 1 - i })),
  totals: { ...status().totals, locks: 12_345_678, holders: 98_765_432, waiters: 12_345_678,
    oldest_wait_ms: 1.2e9 } };
const nothing = { shape: "single", contended: [], losses: [], nodes: status().nodes.slice(0, 1),
  totals: { locks: 0, holders: 0, waiters: 0, sessions: 0, connections: 0, oldest_wait_ms: 0,
    memory_bytes: 0 } };

test("nothing makes the page itself scroll sideways", async () => {
  for (const [what, changes] of Object.entries({ much, nothing, degraded })) {
    await open(changes, { hash: `#find=&lock=${long}`, answers: {
      "/locks.json": () => ({ locks: [listed(long)], next: null }) } });
    await page.locator("#holders tbody tr").first().waitFor();
    await page.locator("#found a").waitFor();
    for (const width of [320, 390, 768, 900, 1280]) {
      await page.setViewportSize({ width, height: 844 });
      assert.equal(await sidewaysScroll(page), 0, `${what} ${width}`);
      const wider = await page.locator("dialog, .panel, .tile").evaluateAll((all) =>
        all.filter((part) => part.scrollWidth > part.clientWidth).map((part) => part.textContent));
      assert.deepEqual(wider, [], `${what} ${width}`);
    }
    await page.close();
    await server.stop();
  }
});

test("empty tables say what it means that they are empty", async () => {
  await open(nothing);

  assert.match(await banner(page, "The server is well"), /One node, no standby; durability fsync/);
  assert.match(await page.locator("#contended").innerText(), /Nobody waits for a lock/);
  assert.match(await page.locator("#losses").innerText(), /n1 took no lock away since it started/);
  assert.equal(await page.locator("#contended table").isVisible(), false);
  await picture(page, "nothing", { fullPage: true });
});

test("focus stays where it is while rows move under it", async () => {
  await open();
  const chosen = page.locator("#contended a", { hasText: "deploy/eu-west-1" });
  await chosen.focus();

  server.answers["/status.json"] = () => status(second++, { contended: contended(6).reverse() });
  await page.locator("#contended tbody tr:first-child", { hasText: "shard/5" }).waitFor();

  assert.equal(await page.evaluate(() => document.activeElement.textContent), "deploy/eu-west-1");
});

test("a search and a queue go on page by page", async () => {
  await open({}, { hash: "#find=jobs/", answers: { "/locks.json": paged(hundred("jobs/")) } });
  const names = page.locator("#found tbody a");
  await names.filter({ hasText: "jobs/049" }).waitFor();
  assert.equal(await names.count(), 50);
  await page.locator("#found button", { hasText: "Next" }).click();
  await names.filter({ hasText: "jobs/050" }).waitFor();
  await page.locator("#found button", { hasText: "From the beginning" }).click();
  await names.filter({ hasText: "jobs/000" }).click();

  const positions = page.locator("#queue tbody th");
  await positions.filter({ hasText: /^50$/ }).waitFor();
  await page.locator("#queue button", { hasText: "Next" }).click();
  await positions.filter({ hasText: /^51$/ }).waitFor();
  await picture(page, "queue");
});

test("what another lock was does not stand under the name of this one", async () => {
  await open({}, { hash: "#lock=jobs/a" });
  await page.locator("#queue tbody tr").first().waitFor();
  server.answers["/lock.json"] = () => ({ error: "not now" });

  await page.evaluate(() => { location.hash = "#lock=jobs/b"; });

  await page.locator("#lock-title", { hasText: "jobs/b" }).waitFor();
  await page.locator("#lock-about", { hasText: "not now" }).waitFor();
  assert.equal(await page.locator("#queue tbody tr, #holders tbody tr").count(), 0);
  page.complaints = page.complaints.filter((text) => !/status of 400/.test(text));
});

test("what the server refuses is said in its words", async () => {
  await open({}, { hash: "#lock=a%20b", answers: {
    "/lock.json": () => ({ error: "a name has no blanks" }) } });

  await page.locator("#lock-about", { hasText: "a name has no blanks" }).waitFor();
  page.complaints = page.complaints.filter((text) => !/status of 400/.test(text));
});

test("charts draw what was, with gaps where nothing is known, and begin anew with the server", async () => {
  await open();
  const line = () => page.locator("#tiles .first").first().getAttribute("d");
  const isDrawnIn = (runs) =>
    until(async () => (await line())?.match(/M[^M]+L/g)?.length === runs, `${runs} runs of a line`);
  await isDrawnIn(1);
  assert.match(await page.locator("#tiles svg").first().getAttribute("aria-label"),
    /^Held, five minutes, highest [\d,]+$/);

  second += 60;
  await isDrawnIn(2);

  second = 0;
  await isDrawnIn(1);
  assert.doesNotMatch(await line(), /NaN/);
});

test("light, dark, phone", async () => {
  await open();
  await page.locator("#losses tbody tr").first().waitFor();
  for (const colorScheme of ["light", "dark"]) {
    for (const [name, viewport] of Object.entries({ wide, phone })) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize(viewport);
      await picture(page, `${name}-${colorScheme}`, { fullPage: true });
    }
  }
});

test("nothing moves, so that nobody has to ask for less", async () => {
  await open();

  const moving = await page.evaluate(() => [...document.querySelectorAll("*")].filter((element) => {
    const style = getComputedStyle(element);
    return style.transitionDuration !== "0s" || style.animationName !== "none";
  }).length);
  assert.equal(moving, 0);
});

test("the page is small, and of its own", () => {
  const folder = new URL("../../src/server/http/page/", import.meta.url);
  const files = readdirSync(folder).map((name) => readFileSync(new URL(name, folder), "utf8"));
  const all = files.join("\n");

  assert.ok(Buffer.byteLength(all) < 40_000, `${Buffer.byteLength(all)} bytes`);
  assert.doesNotMatch(all, /innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(/);
  assert.doesNotMatch(all.replaceAll("http://www.w3.org/2000/svg", ""), /https?:\/\//);
});
