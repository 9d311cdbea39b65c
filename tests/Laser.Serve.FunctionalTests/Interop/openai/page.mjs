// Uses the page at / as a person would, in headless Chromium, one scenario after the other.
//   node page.mjs ADDRESS FOLDER     prints "ok NAME" or "failed NAME: ERROR" per scenario; screenshots go to FOLDER
import assert from "node:assert/strict";
import { join } from "node:path";
import { chromium } from "playwright-core";

const [address, folder] = process.argv.slice(2);
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox"],
});

/** A fresh tab, and what it did that it should not have. */
async function open(options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 860 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  const problems = [];
  page.on("console", (message) => message.type() === "error" && problems.push(message.text()));
  page.on("pageerror", (error) => problems.push(String(error)));
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (url.protocol !== "data:" && url.origin !== new URL(address).origin) problems.push(`asked ${url}`);
  });
  await page.goto(address);
  return { page, problems, shot: (name) => page.screenshot({ path: join(folder, `${name}.png`), fullPage: true }) };
}

async function generate(page, { prompt = "Once upon a time", ...fields } = {}) {
  await page.getByLabel("Prompt").fill(prompt);
  for (const [label, value] of Object.entries(fields)) await page.getByLabel(label, { exact: true }).fill(value);
  await page.getByRole("button", { name: "Generate" }).click();
}

/** A line so slow that a run lasts: a small model is done sooner than a busy browser draws. */
async function narrowLine(page, bytesPerSecond = 10_000) {
  const devtools = await page.context().newCDPSession(page);
  const conditions = { offline: false, latency: 0, downloadThroughput: bytesPerSecond, uploadThroughput: -1 };
  await devtools.send("Network.emulateNetworkConditions", conditions);
}

const done = (page) => page.getByRole("status").filter({ hasText: "Done" }).waitFor();
const text = (page, id) => page.locator(`#${id}`).innerText();

const scenarios = {
  async text_grows_and_figures_show() {
    const { page, problems, shot } = await open();
    await narrowLine(page, 50_000);
    assert.equal(await page.title(), "Laser.Serve");
    // Watched from inside: a question from outside can be answered late.
    await page.locator("#text").evaluate((element) => {
      window.lengths = new Set();
      new MutationObserver(() => window.lengths.add(element.textContent.length)).observe(element, {
        childList: true,
        characterData: true,
        subtree: true,
      });
    });
    await generate(page, { "Max tokens": "400", Temperature: "0.8", "Top-k": "40", Seed: "7" });
    await page.locator("#text:not(:empty)").waitFor();
    await done(page);

    const lengths = await page.evaluate(() => window.lengths.size);
    assert.ok(lengths > 2, `the text had ${lengths} lengths on its way`);
    assert.equal(await text(page, "tokens"), "400");
    assert.equal(await text(page, "finish"), "length");
    assert.match(await text(page, "first"), /^[\d.]+ m?s$/);
    assert.match(await text(page, "speed"), /^[\d.]+ tokens\/s$/);
    assert.match(await text(page, "gaps"), /^p50 [\d.]+, p95 [\d.]+ ms$/);
    assert.match(await page.locator("#spark path").getAttribute("d"), /^M[\d. L]+$/);
    await page.getByText("laser-tales-3m").waitFor();
    await page.locator("#running", { hasText: "0 of 32" }).waitFor();
    await shot("light");
    assert.deepEqual(problems, []);
  },

  async same_seed_same_text() {
    const { page } = await open();
    const texts = [];
    for (let i = 0; i < 2; i++) {
      await generate(page, { "Max tokens": "30", Seed: "11" });
      await done(page);
      texts.push(await text(page, "text"));
    }
    assert.ok(texts[0].length > 20);
    assert.equal(texts[0], texts[1]);
  },

  async stop_string_ends_the_text() {
    const { page } = await open();
    await generate(page, { "Max tokens": "200", Temperature: "0", "Stop strings": "King" });
    await done(page);
    assert.equal(await text(page, "finish"), "stop");
    assert.ok(!(await text(page, "text")).includes("King"));
  },

  async stop_button_ends_the_run() {
    const { page, problems, shot } = await open();
    await narrowLine(page);
    await generate(page, { "Max tokens": "1000", Temperature: "0.8", Seed: "7" });
    await page.locator("#text:not(:empty)").waitFor();
    await page.getByRole("status").filter({ hasText: "Generating" }).waitFor();
    await shot("running");
    await page.getByRole("button", { name: "Stop" }).click();
    await page.getByRole("status").filter({ hasText: "Stopped" }).waitFor();
    assert.equal(await text(page, "finish"), "stopped");
    assert.ok(Number(await text(page, "tokens")) < 1000);
    await page.locator("#running", { hasText: /^0 of/ }).waitFor();
    await page.getByRole("button", { name: "Generate" }).waitFor();
    assert.deepEqual(problems, []);
  },

  async keyboard_alone_is_enough() {
    const { page, problems } = await open();
    await narrowLine(page, 2_000);
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement.id), "prompt");
    await page.keyboard.type(" lived in a castle");
    await page.keyboard.press("Control+Enter");
    await page.locator("#text:not(:empty)").waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("status").filter({ hasText: "Stopped" }).waitFor();
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement.id), "go");
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Stop" }).waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Generate" }).waitFor();
    assert.deepEqual(problems, []);
  },

  async impossible_request_is_told_in_words() {
    const { page, problems, shot } = await open();
    await generate(page, { "Max tokens": "100000" });
    await page.getByRole("alert").filter({ hasText: "Max tokens is 100000" }).waitFor();
    assert.equal(await page.evaluate(() => document.activeElement.id), "max_tokens");
    assert.equal(await page.getByLabel("Max tokens").getAttribute("aria-invalid"), "true");
    assert.equal(await text(page, "finish"), "error");
    await shot("error");
    // The browser itself reports the status; the page reports nothing.
    assert.equal(problems.length, 1);
    assert.match(problems[0], /status of 400/);

    await generate(page, { "Max tokens": "8" });
    await done(page);
    assert.equal(await page.getByRole("alert").count(), 0);
  },

  async api_key_is_sent_and_stays_in_the_tab() {
    const { page } = await open();
    await page.getByLabel("API key").fill("secret");
    const asked = page.waitForRequest((request) => request.url().endsWith("/v1/completions"));
    await generate(page, { "Max tokens": "4" });
    assert.equal((await asked).headers().authorization, "Bearer secret");
    assert.ok(!(await page.locator("#curl").textContent()).includes("secret"));
    await page.reload();
    assert.equal(await page.getByLabel("API key").inputValue(), "secret");
    assert.equal(await page.evaluate(() => localStorage.length), 0);
  },

  async foreign_content_is_blocked() {
    const { page } = await open();
    const blocked = await page.evaluate(async () => {
      const violations = [];
      const both = new Promise((resolve) =>
        document.addEventListener("securitypolicyviolation", (e) => violations.push(e.effectiveDirective) === 2 && resolve()),
      );
      const script = document.createElement("script");
      script.textContent = "document.title = 'changed'";
      document.head.append(script);
      await fetch("https://example.invalid/").catch(() => {});
      await both;
      return violations;
    });
    assert.deepEqual(blocked.sort(), ["connect-src", "script-src-elem"]);
    assert.equal(await page.title(), "Laser.Serve");
  },

  async dark_and_narrow_fit() {
    for (const [name, options] of Object.entries({
      dark: { colorScheme: "dark" },
      narrow: { viewport: { width: 390, height: 844 } },
      "narrow-dark": { viewport: { width: 390, height: 844 }, colorScheme: "dark" },
    })) {
      const { page, problems, shot } = await open(options);
      await generate(page, { "Max tokens": "250", Temperature: "0.8", Seed: "3" });
      await done(page);
      await page.locator("#running", { hasText: "0 of 32" }).waitFor();
      const [wide, inner] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
      assert.ok(wide <= inner, `${name}: the page is ${wide} wide in ${inner}`);
      await shot(name);
      assert.deepEqual(problems, []);
    }
  },
};

try {
  for (const [name, scenario] of Object.entries(scenarios)) {
    try {
      await scenario();
      console.log(`ok ${name}`);
    } catch (error) {
      console.log(`failed ${name}: ${String(error.stack ?? error).replaceAll("\n", " | ")}`);
    }
  }
} finally {
  await browser.close();
}
