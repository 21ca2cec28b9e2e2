// What is large and what is measured: it has the lane and the machine to itself.

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

export async function aLargeFileGoesStraightIntoTheBucket(shop) {
  const person = await shop.come();
  const chance = () => Array.from({ length: 90 }, () => Math.random().toString(36).slice(2)).join('');
  const large = Array.from({ length: 8000 }, (_, index) => JSON.stringify({ type: 'subscription_product', external_ref: `large-${index}`, name: chance() })).join('\n');
  await person.choose('large.jsonl', large);
  await person.slowly(1, 4e6, 4e6);
  let posted = '';
  person.page.on('request', (request) => request.method() === 'POST' && (posted = request.url()));
  const shares = person.page.evaluate(async () => {
    const seen = new Set();
    while (!location.hash.includes('jobs')) {
      const bar = document.querySelector('.sending progress');
      if (bar) seen.add(Math.floor(bar.value * 10));
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    return seen.size;
  });
  await person.click('button', 'Rehearse');
  assert.ok((await shares) > 1, 'the bar moves');
  assert.ok(!posted.includes('/v2/subscriptions'), posted);
  await person.page.waitForURL((url) => url.hash.includes('#/jobs/'));
  assert.equal((await person.figures()).all, 8000);
  assert.ok((await shop.ended(person.job())).meta.records.importable.subscription_product > 0, 'as a rehearsal, as it was asked for');
  await person.leave();
}

export async function aJobThatWaitsIsWatchedAndCancelledOnceItWasAskedFor(shop) {
  const line = (index) => JSON.stringify({ type: 'subscription_product', external_ref: `long-${index}`, name: 'Green tea' });
  const lines = (from) => Array.from({ length: 50_000 }, (_, index) => line(from + index)).join('\n');
  // They keep the last one waiting.
  const first = await shop.post(lines(0));
  const long = await shop.post(lines(50_000));
  const waits = await shop.post(line('waits'), { external_ref: 'waits' });
  const status = async (id) => (await shop.api(`/${id}`)).data.attributes.status;
  const person = await shop.come({ hash: `#/jobs/${waits}` });
  let cancels = 0;
  person.page.on('request', (request) => (cancels += request.url().endsWith('/cancel') ? 1 : 0));
  await person.see(/in the line/);
  await person.click('button', 'Cancel');
  await person.see('Cancel this job?');
  await person.click('button', 'Go on');
  assert.deepEqual([cancels, await status(waits)], [0, 'pending']);
  await person.click('button', 'Cancel');
  assert.equal(cancels, 0, 'nothing is cancelled by the question');
  await person.click('button', 'Cancel the job');
  await person.page.locator('.pill.cancelled').waitFor();
  assert.deepEqual([cancels, (await shop.api(`/${waits}`)).data.meta.failure.code], [1, 'cancelled']);
  const list = await shop.come({ hash: '#/jobs?status=pending,started' });
  await list.page.locator('.pill.started').waitFor();
  await list.leave();
  // Unless it has ended.
  await shop.api(`/${first}/cancel`, { method: 'POST' }).catch(() => {});
  // However quick the service is, it runs until it is cancelled.
  await person.seesJob(long, (job) => {
    if (cancels === 1 && job.attributes.status !== 'pending') job.attributes.status = 'started';
  });
  await person.page.goto(person.page.url().replace(waits, long));
  await person.page.getByText('By type').waitFor();
  await person.page.locator('.pill.started').waitFor();
  await person.page.locator('.bar').waitFor();
  await person.click('button', 'Cancel');
  await person.click('button', 'Cancel the job');
  await person.page.locator('.pill.success, .pill.cancelled, .pill.failed').waitFor();
  assert.equal(cancels, 2);
  assert.equal((await person.figures()).all, 50_000);
  await person.leave();
}
