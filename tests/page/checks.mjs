// What the page promises, each promise tried in a browser as a person would: `node checks.mjs [NAME…]`.

import * as everyday from './everyday.mjs';
import * as trouble from './trouble.mjs';
import * as looks from './looks.mjs';
import { Person, close } from './person.mjs';

const wanted = process.argv.slice(2);
let failed = 0;
for (const [name, check] of Object.entries({ ...everyday, ...trouble, ...looks })) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const began = Date.now();
  const words = name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  try {
    await check();
    console.log(`ok      ${words} (${Date.now() - began} ms)`);
  } catch (error) {
    failed += 1;
    await Person.last?.page.screenshot({ path: `${process.env.SHOTS}/failed-${name}.png` }).catch(() => {});
    console.log(`FAILED  ${words}: ${error.stack}`);
  }
}
await close();
process.exitCode = failed > 0 ? 1 : 0;
