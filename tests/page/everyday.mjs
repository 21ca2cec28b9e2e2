// Sending, watching, mending: what people come for.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { Person, api, ended, post } from './person.mjs';

const { SAMPLE, BAD } = process.env;
const lines = (path) => readFileSync(path, 'utf8').split('\n').filter((line) => line.trim());

export async function aPersonSignsInAtTheIssuerAndTheTokenIsInMemoryAlone() {
  const person = await Person.come({ signed: '' });
  await person.click('button', 'Sign in');
  const [window] = await Promise.all([person.page.waitForEvent('popup'), person.page.getByRole('dialog').getByRole('button', { name: 'Sign in', exact: true }).click()]);
  await window.getByLabel('Store').fill('page-sign-in');
  await Promise.all([window.waitForEvent('close'), window.getByRole('button', { name: 'Sign in' }).click()]);
  await person.page.getByRole('button', { name: 'Sign out' }).waitFor();
  await person.click('link', 'Jobs');
  await person.heading('No file was sent yet');
  const kept = await person.page.evaluate(() => document.cookie + JSON.stringify({ ...localStorage }) + JSON.stringify({ ...sessionStorage }));
  assert.equal(kept, '{}{}');
  assert.deepEqual(await person.context.cookies(), []);
  assert.equal(person.page.url().split('?').length, 1, 'nothing of the sign-in stays in the address');
  await person.axe();
  await person.leave();
}

export async function aFileIsRehearsedThenItsGoodLinesAreImported() {
  const person = await Person.come();
  await person.choose(SAMPLE);
  await person.page.getByLabel('Name of the job').fill('sample');
  await person.click('button', 'Rehearse');
  const rehearsed = await person.figures();
  assert.equal(rehearsed.all, lines(SAMPLE).length, 'the three figures add up');
  await person.see('can be imported');
  await person.see('Rehearsal');
  const rehearsal = (await api(`/${person.job()}`)).data;
  assert.equal(rehearsal.meta.dry_run, true);
  const { root_causes: causes } = rehearsal.meta.error_counts;
  await person.see(`${causes} causes explain ${rehearsal.meta.errors} errors`);
  const rehearsedTotal = await person.page.locator('#total').elementHandle();
  await person.page.getByRole('button', { name: /^Import \d+ good lines$/ }).click();
  await person.page.waitForURL((url) => !url.hash.includes(rehearsal.id));
  // The address changes before what is shown.
  await rehearsedTotal?.waitForElementState('hidden');
  const imported = await person.figures();
  assert.deepEqual(imported, rehearsed, 'what was rehearsed is what happens');
  const job = (await api(`/${person.job()}`)).data;
  assert.equal(job.attributes.external_ref, 'sample');
  assert.equal(job.meta.dry_run, undefined);
  await person.leave();
}

export async function aGroupOpensToItsLinesWithTheCulpritMarkedAndCanBeShared() {
  const id = await post(readFileSync(SAMPLE), { dry_run: 'true' });
  await ended(id);
  const person = await Person.come({ hash: `#/jobs/${id}` });
  await person.figures();
  const group = person.page.locator('.group', { hasText: 'end_behavior' }).first();
  await group.locator('summary').press('Enter');
  assert.equal(await group.locator('mark').first().textContent(), '"renew"');
  assert.ok((await group.locator('.where').first().textContent()).includes('line 42'));
  const shared = person.page.url();
  assert.ok(shared.includes('?group=not_allowed+'), shared);
  const other = await Person.come({ hash: new URL(shared).hash });
  await other.page.locator('.group[open] mark').first().waitFor();
  const waiting = other.page.locator('.waiting');
  assert.ok((await waiting.textContent()).includes('Only wait for another line'));
  await other.leave();
  await person.leave();
}

export async function reportsAreDownloaded() {
  const id = await post(readFileSync(SAMPLE), { dry_run: 'true' });
  await ended(id);
  const person = await Person.come({ hash: `#/jobs/${id}` });
  await person.figures();
  for (const [button, name, part] of [['Download failed lines', 'failed-lines', '"end_behavior":"renew"'], ['Download results', 'results', '"line":42,']]) {
    const [download] = await Promise.all([person.page.waitForEvent('download'), person.click('button', button)]);
    assert.ok(download.suggestedFilename().includes(name), download.suggestedFilename());
    assert.ok(readFileSync(await download.path(), 'utf8').includes(part));
  }
  await person.leave();
}

/** Writes a good line over each that is refused, as somebody does who knows what was meant. */
async function mend(person) {
  // Rows are drawn as they are seen: a person scrolls to them.
  for (let before = -1, now = 0; now > before; now = await person.page.locator('textarea').count()) {
    before = now;
    await person.page.mouse.wheel(0, 100_000);
    await person.page.waitForTimeout(200);
  }
  for (const field of await person.page.locator('textarea[aria-invalid=true]').all()) {
    const external_ref = `mended ${person.job()} ${await field.getAttribute('id')}`;
    await field.fill(JSON.stringify({ type: 'subscription_product', external_ref, name: 'Mended' }));
  }
  await person.see('Changed since the last check.');
  await person.click('button', 'Check');
  await person.page.getByText(/lines are good/).waitFor();
}

export async function aHundredFaultsAreMendedInOneSitting() {
  const person = await Person.come();
  await person.choose(BAD);
  await person.page.getByText('Rehearse first').click();
  await person.click('button', 'Import');
  const first = await person.figures();
  assert.equal(first.all, lines(BAD).length);
  assert.ok(first.refused >= 90, JSON.stringify(first));
  const source = person.job();
  await person.click('link', 'Mend refused lines');
  await person.see('Each refused line with what is wrong with it');
  assert.ok((await person.page.locator('.wrong').first().textContent()).length > 20, 'each has its error beside it');
  await mend(person);
  // Lines that waited for those, and now have nothing to refer to, are there to be mended as well.
  if (!(await person.page.getByText(/All \d+ lines are good/).isVisible())) await mend(person);
  await person.see(/All \d+ lines are good/);
  await person.page.getByRole('button', { name: /^Import \d+ lines$/ }).click();
  await person.page.waitForURL((url) => !url.hash.includes('mend') && !url.hash.includes(source));
  const { done, refused } = await person.figures();
  assert.deepEqual([done, refused], [first.refused, 0]);
  const { data } = await api(`/${person.job()}`);
  assert.equal(data.attributes.external_ref, `mends ${source}`);
  await person.click('link', `Import ${source.slice(0, 8)}`);
  await person.page.waitForURL((url) => url.hash.includes(source));
  await person.leave();
}

export async function aLargeFileGoesStraightIntoTheBucket() {
  const person = await Person.come();
  const chance = () => Array.from({ length: 30 }, () => Math.random().toString(36).slice(2)).join('');
  const large = Array.from({ length: 20_000 }, (_, index) => JSON.stringify({ type: 'subscription_product', external_ref: `large-${index}`, name: chance() })).join('\n');
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
  assert.equal((await person.figures()).all, 20_000);
  assert.ok((await ended(person.job())).meta.records.importable.subscription_product > 0, 'as a rehearsal, as it was asked for');
  await person.leave();
}

export async function aPackedFileIsSentPackedAndAPlainOneIsPacked() {
  const person = await Person.come();
  const line = (ref) => `${JSON.stringify({ type: 'subscription_product', external_ref: ref, name: 'Green tea' })}\n`;
  await person.choose('plain.jsonl', line('packed').repeat(2000));
  const [request] = await Promise.all([person.page.waitForRequest((request) => request.method() === 'POST'), person.click('button', 'Rehearse')]);
  const plain = (await person.figures()).all;
  const { requestBodySize } = await request.sizes();
  assert.ok(plain === 2000 && requestBodySize < 10_000, `${plain} lines in ${requestBodySize} bytes`);
  await person.click('link', 'Send a file');
  await person.page.locator('input[type=file]').setInputFiles({ name: 'packed.jsonl.gz', mimeType: 'application/gzip', buffer: gzipSync(line('again').repeat(3)) });
  await person.click('button', 'Rehearse');
  await person.page.waitForFunction(() => document.querySelector('#total')?.textContent === 'of 3 lines');
  await person.leave();
}

export async function jobsAreListedNewestFirstFilteredAndPaged() {
  for (let count = 0; count < 27; count += 1) await post('{"type":"subscription_product","name":"Tea","external_ref":""}', { external_ref: `listed ${count}, "so"`, dry_run: 'true' });
  const last = await post('nothing', { external_ref: 'broken' });
  await ended(last);
  const person = await Person.come({ hash: '#/jobs' });
  const names = () => person.page.locator('.jobs tbody th a').allTextContents();
  await person.see('broken');
  assert.deepEqual((await names()).slice(0, 2), ['broken', 'listed 26, "so"']);
  assert.equal((await names()).length, 25);
  await person.click('link', 'Older');
  await person.see('listed 2, "so"');
  assert.ok(person.page.url().includes('offset=25'));
  await person.page.goBack();
  await person.page.getByLabel('Status').selectOption('Failed');
  await person.page.waitForURL((url) => url.hash.includes('status=failed'));
  await person.page.waitForFunction(() => document.querySelector('.jobs tbody tr') && !document.body.innerText.includes('listed 26'));
  assert.equal((await names())[0], 'broken');
  await person.click('link', 'Show all');
  await person.page.getByLabel('Name').fill('listed 7, "so"');
  await person.click('button', 'Find');
  await person.page.waitForFunction(() => document.querySelectorAll('.jobs tbody tr').length === 1);
  await person.page.getByLabel('Name').fill('none is called so');
  await person.click('button', 'Find');
  await person.heading('No job is like this');
  await person.leave();
}

export async function aJobThatWaitsIsWatchedAndCancelledOnceItWasAskedFor() {
  const line = (index) => JSON.stringify({ type: 'subscription_product', external_ref: `long-${index}`, name: 'Green tea' });
  const lines = Array.from({ length: 50_000 }, (_, index) => line(index)).join('\n');
  // The first keeps the others waiting; the second begins while somebody looks.
  await post(lines);
  const long = await post(lines, { on_conflict: 'update' });
  const waits = await post(line('waits'), { external_ref: 'waits' });
  const person = await Person.come({ hash: `#/jobs/${waits}` });
  await person.see(/in the line/);
  await person.click('button', 'Cancel');
  await person.see('Cancel this job?');
  await person.click('button', 'Go on');
  assert.equal((await api(`/${waits}`)).data.attributes.status, 'pending');
  await person.click('button', 'Cancel');
  await person.click('button', 'Cancel the job');
  await person.page.locator('.pill.cancelled').waitFor();
  const list = await Person.come({ hash: '#/jobs?status=pending,started' });
  await list.page.locator('.pill.started').waitFor();
  await list.leave();
  await person.page.goto(person.page.url().replace(waits, long));
  await person.page.getByText('By type').waitFor();
  await person.page.locator('.bar').waitFor();
  await person.click('button', 'Cancel');
  await person.click('button', 'Cancel the job');
  await person.page.locator('.pill.success, .pill.cancelled, .pill.failed').waitFor();
  assert.equal((await person.figures()).all, 50_000);
  await person.leave();
}
