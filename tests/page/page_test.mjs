// SPDX-License-Identifier: Apache-2.0
// The status page of three real nodes under load: what it shows, and what it says when nodes die.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  banner, complaints, openPage, paleTexts, phone, picture, sidewaysScroll, startBrowser } from "./browser.mjs";
import { Cluster, until } from "./cluster.mjs";

const cluster = new Cluster();
const hostile = "jobs/<img/src/onerror>";
const hostileNote = "<img src=x onerror=alert(1)>";
let browser, page;

before(async () => {
  [browser] = await Promise.all([startBrowser(), cluster.start()]);
  cluster.load();
  const holder = await session("worker 1");
  assert.match(await holder.say('LOCK jobs/nightly note="see the runbook"'), /^OK/);
  assert.match(await holder.say(`LOCK ${hostile} note="${hostileNote}"`), /^OK/);
  for (const name of ["worker 2", "worker 3", "worker 4"]) {
    const waiter = await session(name);
    waiter.say("LOCK jobs/nightly wait=10m");
    await waiting("jobs/nightly", name);
  }
  const loser = await cluster.client();
  assert.match(await loser.say("LOCK jobs/lost ttl=4s"), /^OK/);
  page = await openPage(browser, cluster.url(cluster.primary));
});
after(async () => {
  await browser?.close();
  await cluster.stop();
});

async function session(name) {
  const client = await cluster.client();
  assert.match(await client.say(`OPEN ttl=10m name="${name}"`), /^OK/);
  return client;
}

// Waits until that client stands in the queue: they shall come in order.
async function waiting(lock, name) {
  const client = await cluster.client();
  await until(async () => (await client.say(`SHOW ${lock}`)).includes(name), `${name} in the queue`);
}

test("the page keeps others out by its headers", async () => {
  const headers = page.answer.headers();
  const policy = headers["content-security-policy"];
  for (const rule of ["default-src 'none'", "script-src 'self'", "style-src 'self'",
    "connect-src 'self'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"]) {
    assert.ok(policy.includes(rule), rule);
  }
  assert.doesNotMatch(policy, /unsafe/);
  assert.equal(headers["x-content-type-options"], "nosniff");
  assert.equal(headers["cache-control"], "no-store");
  assert.equal(headers["referrer-policy"], "no-referrer");
});

test("it shows the cluster whole and at work", async () => {
  assert.match(await banner(page, "The cluster is whole"), new RegExp(`${cluster.primary} is primary`));
  assert.equal(await page.locator("#nodes tbody tr").count(), 3);
  const tile = (title) => page.locator(".tile", { hasText: title });
  await tile("Grants/s").locator(".big", { hasText: /[1-9]/ }).waitFor();
  await tile("Commit").locator(".big", { hasText: /[\d.]+ .*\/ [\d.]+\sm?s/ }).waitFor();
  await page.waitForFunction(() => document.querySelectorAll("#tiles .first[d*=L]").length >= 5);
});

test("it shows the contended locks, and what was lost", async () => {
  const row = page.locator("#contended tr", { hasText: "jobs/nightly" });
  assert.match(await row.innerText(), /worker 1\s.*see the runbook[^]*\s3\s/);
  const lost = page.locator("#losses tr", { hasText: "jobs/lost" });
  await lost.filter({ hasText: "lease expired" }).waitFor();
});

test("a lock is found, opened and closed by the keyboard alone", async () => {
  await page.keyboard.press("/");
  await page.keyboard.type("jobs/");
  await page.keyboard.press("Enter");
  await page.locator("#found a", { hasText: "jobs/nightly" }).waitFor();
  assert.equal(await page.evaluate(() => location.hash), "#find=jobs%2F");
  const focused = () => page.evaluate(() => document.activeElement.textContent);
  for (let i = 0; await focused() !== "jobs/nightly"; ++i) {
    assert.ok(i < 20, "Tab never came to jobs/nightly");
    await page.keyboard.press("Tab");
  }

  await page.keyboard.press("Enter");

  await page.locator("#queue tbody tr").nth(2).waitFor();
  const queue = await page.locator("#queue tbody tr").allInnerTexts();
  assert.deepEqual(queue.map((row) => /^(\d+)\s+(worker \d)/.exec(row).slice(1)),
    [["1", "worker 2"], ["2", "worker 3"], ["3", "worker 4"]]);
  assert.match(await page.locator("#holders tbody").innerText(), /worker 1[^]*see the runbook/);
  await picture(page, "real-queue");

  await page.keyboard.press("Escape");
  await page.locator("#lock").waitFor({ state: "hidden" });
  assert.equal(await focused(), "jobs/nightly");
  await page.keyboard.press("Escape");
  await page.locator("#found").waitFor({ state: "hidden" });
});

test("what a stranger wrote is text, and a lock can be linked", async () => {
  const link = `${cluster.url(cluster.primary)}#lock=${encodeURIComponent(hostile)}`;
  const other = await openPage(browser, link);
  await other.reload();

  await other.locator("#holders td", { hasText: hostileNote }).waitFor();
  assert.equal(await other.locator("#lock-title").innerText(), hostile);
  assert.equal(await other.locator("img:not(header img)").count(), 0);

  assert.deepEqual(complaints(other), []);
  await other.close();
});

test("light, dark, and on a phone it can be read and does not scroll sideways", async () => {
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme });
    assert.deepEqual(await paleTexts(page), []);
    await picture(page, `real-${colorScheme}`, { fullPage: true });
  }
  const size = page.viewportSize();
  await page.setViewportSize(phone);
  assert.equal(await sidewaysScroll(page), 0);
  await picture(page, "real-phone", { fullPage: true });
  await page.setViewportSize(size);
  await page.emulateMedia({ colorScheme: "light" });
});

test("a standby says that it shows its own view", async () => {
  const other = await openPage(browser, cluster.url(cluster.standbys[0]));

  const said = await banner(other, "In touch with the primary");
  assert.ok(said.includes(`its own view, unconfirmed; ${cluster.primary} is the primary`), said);
  await picture(other, "real-standby");

  assert.deepEqual(complaints(other), []);
  await other.close();
});

test("a node dies, and the banner tells which one", async () => {
  const victim = cluster.standbys[1];

  await cluster.kill(victim);

  assert.match(await banner(page, "Degraded"), new RegExp(victim));
  await page.locator("#nodes tr", { hasText: victim }).filter({ hasText: "ago" }).waitFor();
  await picture(page, "real-degraded");

  cluster.startNode(victim);
  await banner(page, "The cluster is whole");
});

test("the server dies, and the page says so until it is back", async () => {
  await cluster.kill(cluster.primary);

  assert.match(await banner(page, "Lost the server"), /What is below is what it said at/);
  await picture(page, "real-lost");

  cluster.startNode(cluster.primary);
  await page.locator("#health:not([data-state=lost])").waitFor();
  assert.deepEqual(complaints(page), []);
});
