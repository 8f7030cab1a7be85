// SPDX-License-Identifier: Apache-2.0
// Debian's Chromium without a screen, and pages of it that remember what they complained about.
import { mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";

const { chromium } = createRequire(import.meta.url)("playwright-core");
const pictures = process.env.PAGE_PICTURES ?? join(tmpdir(), "pawl-page");
// A busy machine may take its time, a page that never gets there fails.
export const patience = 20_000;

export async function startBrowser() {
  mkdirSync(pictures, { recursive: true });
  const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
  return chromium.launch({ executablePath, args: ["--no-sandbox"] });
}

export const wide = { width: 1280, height: 900 };
export const phone = { width: 390, height: 844 };

// A page whose `complaints` are errors, and whatever its content security policy forbade.
export async function openPage(browser, url, { colorScheme = "light", viewport = wide, ...more } = {}) {
  const page = await browser.newPage({ colorScheme, viewport, ...more });
  page.setDefaultTimeout(patience);
  page.complaints = [];
  page.on("pageerror", (error) => page.complaints.push(error.stack));
  page.on("dialog", (dialog) => { page.complaints.push(dialog.message()); dialog.dismiss(); });
  page.on("console", (message) => {
    if (message.type() === "error") page.complaints.push(message.text());
  });
  await page.addInitScript(() => addEventListener("securitypolicyviolation", (event) =>
    console.error(`forbidden: ${event.violatedDirective} ${event.blockedURI}`)));
  page.answer = await page.goto(url);
  return page;
}

// That a server which is gone does not answer is a complaint of the browser, not of the page.
export const complaints = (page) =>
  page.complaints.filter((text) => !/^Failed to load resource: net::ERR_/.test(text));

export const picture = (page, name, more) =>
  page.screenshot({ path: join(pictures, `${name}.png`), ...more });

export async function banner(page, text) {
  await page.locator("#health h2", { hasText: text }).waitFor();
  return page.locator("#health").innerText();
}

// The texts whose contrast with what lies behind them is below 4.5:1, WCAG 2.2 §1.4.3.
export const paleTexts = (page) => page.evaluate(() => {
  const channels = (colour) => colour.match(/[\d.]+/g).map(Number);
  const light = (colour) => channels(colour).slice(0, 3)
    .map((c) => c / 255).map((c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (element) => {
    const colour = getComputedStyle(element).backgroundColor;
    return (channels(colour)[3] ?? 1) === 1 ? colour : behind(element.parentElement);
  };
  const ownText = (element) =>
    [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
  return [...document.querySelectorAll("body, body *")]
    .filter((element) => ownText(element) && element.checkVisibility())
    .map((element) => {
      const colours = [getComputedStyle(element).color, behind(element)];
      const [a, b] = colours.map(light).sort((x, y) => y - x);
      return { text: element.textContent.trim().slice(0, 40), contrast: (a + 0.05) / (b + 0.05) };
    }).filter(({ contrast }) => contrast < 4.5);
});

export const sidewaysScroll = (page) =>
  page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
