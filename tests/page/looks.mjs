// How it looks: for everybody, on every screen.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

const { SAMPLE } = process.env;

const SCREENS = {
  desk: {},
  dark: { colorScheme: 'dark' },
  phone: { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true },
  wall: { viewport: { width: 3840, height: 2160 } },
};

export async function everyViewIsForEverybodyOnEveryScreen(shop) {
  const make = async (file, options) => shop.ended(await shop.post(file, options));
  await make('{"type":"subscription_product","name":"Tea"}', { external_ref: 'Nightly products' });
  await make('nothing', { external_ref: 'Broken export' });
  await make(readFileSync(SAMPLE), { dry_run: 'true', external_ref: 'Spring catalogue' });
  for (const [name, screen] of Object.entries(SCREENS)) {
    const person = await shop.come({ ...screen });
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
    const stranger = await shop.come({ ...screen, signed: '' });
    await stranger.click('button', 'Sign in');
    await stranger.axe();
    await stranger.shoot(`sign-in-${name}`);
    await stranger.leave();
  }
}

export async function theKeyboardIsEnough(shop) {
  const id = await shop.post(readFileSync(SAMPLE), { dry_run: 'true' });
  await shop.ended(id);
  const person = await shop.come({ hash: `#/jobs/${id}` });
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
