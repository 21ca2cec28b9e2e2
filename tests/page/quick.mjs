// How quick it is: on a slow network, with as many errors as there can be.

import assert from 'node:assert/strict';

const { PAGE_URL } = process.env;

/** As Chromium's "Slow 4G" is. */
export async function theFirstViewIsThereWithinASecondOnASlowNetwork(shop) {
  const person = await shop.come({ signed: '', hash: '#/warm' });
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

export async function fiftyThousandErrorsStayQuick(shop) {
  const lines = Array.from({ length: 50_000 }, (_, index) => JSON.stringify({ type: 'subscription_product', external_ref: `many-${index}`, name: 'Product', main_image: index }));
  const id = await shop.post(lines.join('\n'));
  assert.ok((await shop.ended(id)).meta.errors >= 50_000);
  const person = await shop.come({ hash: '#/jobs' });
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
