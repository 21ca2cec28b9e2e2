// What the page promises, each promise tried in a browser as a person would. `CHECKS` names those to try, where not all.

import * as everyday from './everyday.mjs';
import * as trouble from './trouble.mjs';
import * as alone from './alone.mjs';
import * as looks from './looks.mjs';
import { Shop, close } from './person.mjs';

const { TOKENS = '', SHOTS, CHECKS = '' } = process.env;
const wanted = CHECKS.split(' ').filter(Boolean);
const tokens = TOKENS.split(' ');
let failed = 0;

/** @param {[string, (shop: Shop) => Promise<void>]} check */
async function tried([name, check]) {
  const began = Date.now();
  const words = name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  const shop = new Shop(tokens.pop());
  try {
    await check(shop);
    console.log(`ok      ${words} (${Date.now() - began} ms)`);
  } catch (error) {
    failed += 1;
    await Promise.all(shop.people.map(({ page }, index) => page.screenshot({ path: `${SHOTS}/failed-${name}-${index}.png` }).catch(() => {})));
    console.log(`FAILED  ${words}: ${error.stack}`);
  }
}

/**
 * Tries checks, so many at a time.
 * @param {number} count
 * @param {Record<string, (shop: Shop) => Promise<void>>} checks
 */
async function together(count, checks) {
  const rest = Object.entries(checks).filter(([name]) => wanted.length === 0 || wanted.includes(name)).values();
  await Promise.all(Array.from({ length: count }, async () => {
    for (const check of rest) await tried(check);
  }));
}

for (const name of wanted) if (![everyday, trouble, looks, alone].some((checks) => name in checks)) throw new Error(`no check is called ${name}`);
await together(4, { ...everyday, ...trouble, ...looks });
await together(1, alone);
await close();
process.exitCode = failed > 0 ? 1 : 0;
