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
  const person = await shop.come();
  const { keyboard } = person.page;
  const focused = () => person.page.evaluate(() => document.activeElement?.textContent?.trim() || document.activeElement?.id || '');
  /** Goes on to what is called so, as somebody does who sees what has the keyboard. */
  const reach = async (name) => {
    const reached = [];
    for (let count = 0; count < 40; count += 1) {
      await keyboard.press('Tab');
      // Behind the last one, the page itself has it.
      if (await person.page.evaluate(() => document.activeElement === document.body)) break;
      reached.push(await focused());
      const ring = await person.page.evaluate(() => {
        const own = document.activeElement;
        // A field for a file shows it by the label that stands for it.
        const seen = own?.matches('input.unseen') ? own.nextElementSibling : own;
        return seen && getComputedStyle(seen).outlineStyle;
      });
      assert.ok(ring && ring !== 'none', `${reached.at(-1)} shows that it has the keyboard`);
      if (reached.at(-1) === name) return reached;
    }
    throw new Error(`${name} is not reached, but ${reached}`);
  };
  // Listened for from now on: it takes the browser a moment to hand the window over.
  const chooser = person.page.waitForEvent('filechooser');
  await person.page.evaluate(() => document.body.focus());
  for (const name of ['Skip to content', 'Send a file', 'Jobs', 'file']) await reach(name);
  await keyboard.press('Enter');
  await (await chooser).setFiles(SAMPLE);
  await person.page.locator('button.primary:enabled').waitFor();
  await reach('dry-run');
  await reach('name');
  await keyboard.type('by keyboard');
  // One of the three is chosen, and the arrows go from one to the next.
  await keyboard.press('Tab');
  await keyboard.press('ArrowDown');
  assert.ok(await person.page.getByLabel('Skip it').isChecked());
  await reach('unknown');
  await reach('Rehearse');
  await keyboard.press('Enter');
  await person.figures();
  assert.equal((await shop.api(`/${person.job()}`)).data.attributes.external_ref, 'by keyboard');
  const reached = await reach('Download results');
  for (const name of ['Mend refused lines', 'Download failed lines']) assert.ok(reached.includes(name), `${name}: ${reached}`);
  // The first group.
  await keyboard.press('Tab');
  await keyboard.press('Enter');
  await person.page.locator('.group[open] .row').first().waitFor();
  await reach('Mend these');
  await keyboard.press('Enter');
  const field = person.page.locator('textarea').first();
  await field.waitFor();
  await reach(await field.getAttribute('id').then(async (id) => (await field.evaluate((own) => own.textContent.trim())) || id));
  const before = await field.inputValue();
  await reach((await person.page.locator('.find').first().textContent()).trim());
  await keyboard.press('Enter');
  assert.ok(await field.evaluate((own) => own === document.activeElement && own.selectionEnd > own.selectionStart), 'the culprit is selected');
  await keyboard.type('x');
  assert.notEqual(await field.inputValue(), before);
  await person.leave();
}
