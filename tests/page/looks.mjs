// How it looks and how quick it is: for everybody, on every screen, with as many errors as there can be.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { Person, ended, post } from './person.mjs';

const { SAMPLE, PAGE_URL } = process.env;

const SCREENS = {
  desk: {},
  dark: { colorScheme: 'dark' },
  phone: { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true },
  wall: { viewport: { width: 3840, height: 2160 } },
};

export async function everyViewIsForEverybodyOnEveryScreen() {
  // In a store of its own, where nothing of the sample is stored yet.
  const make = async (file, options) => ended(await post(file, options, 'FRESH'), 'FRESH');
  await make('{"type":"subscription_product","name":"Tea"}', { external_ref: 'Nightly products' });
  await make('nothing', { external_ref: 'Broken export' });
  await make(readFileSync(SAMPLE), { dry_run: 'true', external_ref: 'Spring catalogue' });
  for (const [name, screen] of Object.entries(SCREENS)) {
    const person = await Person.come({ ...screen, signed: 'FRESH' });
    await person.choose(SAMPLE);
    await person.axe();
    await person.shoot(`send-${name}`);
    await person.click('link', 'Jobs');
    await person.see('Spring catalogue');
    await person.axe();
    await person.shoot(`jobs-${name}`);
    await person.click('link', 'Spring catalogue');
    await person.figures();
    await person.page.locator('.group summary').first().click();
    await person.axe();
    await person.shoot(`job-${name}`);
    // The picture of the README.
    if (name === 'desk') {
      await person.page.setViewportSize({ width: 1200, height: 1250 });
      await person.page.waitForTimeout(300);
      await person.shoot('picture', { fullPage: false });
    }
    await person.click('link', 'Mend refused lines');
    await person.page.locator('textarea').first().waitFor();
    await person.axe();
    await person.shoot(`mend-${name}`);
    await person.leave();
    const stranger = await Person.come({ ...screen, signed: '' });
    await stranger.click('button', 'Sign in');
    await stranger.axe();
    await stranger.shoot(`sign-in-${name}`);
    await stranger.leave();
  }
}

export async function theKeyboardIsEnough() {
  const id = await post(readFileSync(SAMPLE), { dry_run: 'true' });
  await ended(id);
  const person = await Person.come({ hash: `#/jobs/${id}` });
  await person.figures();
  const focused = () => person.page.evaluate(() => document.activeElement?.textContent?.trim() ?? '');
  const reached = [];
  await person.page.evaluate(() => document.body.focus());
  for (let count = 0; count < 12; count += 1) {
    await person.page.keyboard.press('Tab');
    reached.push(await focused());
    const ring = await person.page.evaluate(() => getComputedStyle(document.activeElement ?? document.body).outlineStyle);
    assert.notEqual(ring, 'none', `${reached.at(-1)} shows that it has the keyboard`);
  }
  for (const name of ['Skip to content', 'Send a file', 'Jobs', 'Mend refused lines', 'Download results']) assert.ok(reached.includes(name), `${name}: ${reached}`);
  await person.page.locator('.group summary').first().focus();
  await person.page.keyboard.press('Enter');
  await person.page.locator('.group[open] .row').first().waitFor();
  await person.page.keyboard.press('Tab');
  assert.equal(await focused(), 'Mend these');
  await person.page.keyboard.press('Enter');
  await person.page.locator('textarea').first().waitFor();
  await person.leave();
}

/** As Chromium's "Slow 4G" is. */
export async function theFirstViewIsThereWithinASecondOnASlowNetwork() {
  const person = await Person.come({ signed: '', hash: '#/warm' });
  await person.slowly(562.5, 180_000, 84_375);
  await person.page.goto('about:blank');
  await person.page.goto(PAGE_URL, { waitUntil: 'load' });
  await person.heading('Send a file');
  const { paint, ready, bytes } = await person.page.evaluate(() => {
    const bytes = [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')].map((entry) => entry.encodedBodySize);
    const [paint] = performance.getEntriesByName('first-contentful-paint');
    return { paint: paint?.startTime ?? Infinity, ready: performance.now(), bytes: bytes.reduce((a, b) => a + b) };
  });
  console.log(`        first view after ${Math.round(paint)} ms, a form after ${Math.round(ready)} ms, ${bytes} bytes`);
  assert.ok(paint <= 1000, `${paint} ms`);
  assert.ok(bytes <= 60 << 10, `${bytes} bytes`);
  await person.leave();
}

export async function fiftyThousandErrorsStayQuick() {
  const lines = Array.from({ length: 50_000 }, (_, index) => JSON.stringify({ type: 'subscription_product', external_ref: `many-${index}`, name: 'Product', main_image: index }));
  const id = await post(lines.join('\n'));
  assert.ok((await ended(id)).meta.errors >= 50_000);
  const person = await Person.come({ hash: '#/jobs' });
  await person.page.evaluate(() => {
    globalThis.longest = 0;
    new PerformanceObserver((list) => list.getEntries().forEach(({ duration }) => (globalThis.longest = Math.max(globalThis.longest, duration)))).observe({ entryTypes: ['longtask'] });
  });
  const began = Date.now();
  await person.page.evaluate((id) => (location.hash = `#/jobs/${id}`), id);
  assert.equal((await person.figures()).refused, 50_000);
  const read = Date.now() - began;
  await person.page.locator('.group summary').first().click();
  await person.page.locator('.group[open] .row').first().waitFor();
  for (let count = 0; count < 20; count += 1) {
    await person.page.mouse.wheel(0, 3000);
    await person.page.waitForTimeout(50);
  }
  const { rows, longest } = await person.page.evaluate(() => ({ rows: document.querySelectorAll('.row').length, longest: globalThis.longest }));
  console.log(`        read after ${read} ms, ${rows} rows drawn, at most ${Math.round(longest)} ms without an answer`);
  assert.ok(rows > 30 && rows < 2000, `${rows} rows are drawn`);
  assert.ok(longest < 500, `${longest} ms`);
  await person.leave();
}
