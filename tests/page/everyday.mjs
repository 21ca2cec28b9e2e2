// Sending, watching, mending: what people come for.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { mended } from './mender.mjs';

const { SAMPLE, BAD } = process.env;
const lines = (path) => readFileSync(path, 'utf8').split('\n').filter((line) => line.trim());

export async function aPersonSignsInAtTheIssuerAndTheTokenIsInMemoryAlone(shop) {
  const person = await shop.come({ signed: '' });
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

export async function aFileIsRehearsedThenItsGoodLinesAreImported(shop) {
  const person = await shop.come();
  await person.choose(SAMPLE);
  await person.page.getByLabel('Name of the job').fill('sample');
  await person.click('button', 'Rehearse');
  const rehearsed = await person.figures();
  assert.equal(rehearsed.all, lines(SAMPLE).length, 'the three figures add up');
  await person.see('can be imported');
  await person.see('Rehearsal');
  const rehearsal = (await shop.api(`/${person.job()}`)).data;
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
  const job = (await shop.api(`/${person.job()}`)).data;
  assert.equal(job.attributes.external_ref, 'sample');
  assert.equal(job.meta.dry_run, undefined);
  await person.leave();
}

export async function aGroupOpensToItsLinesWithTheCulpritMarkedAndCanBeShared(shop) {
  const id = await shop.post(readFileSync(SAMPLE), { dry_run: 'true' });
  await shop.ended(id);
  const person = await shop.come({ hash: `#/jobs/${id}` });
  await person.figures();
  const group = person.page.locator('.group', { hasText: 'end_behavior' }).first();
  await group.locator('summary').press('Enter');
  assert.equal(await group.locator('mark').first().textContent(), '"renew"');
  assert.ok((await group.locator('.where').first().textContent()).includes('line 42'));
  const shared = person.page.url();
  assert.ok(shared.includes('?group=not_allowed+'), shared);
  const other = await shop.come({ hash: new URL(shared).hash });
  await other.page.locator('.group[open] mark').first().waitFor();
  const waiting = other.page.locator('.waiting');
  assert.ok((await waiting.textContent()).includes('Only wait for another line'));
  await other.leave();
  await person.leave();
}

export async function whatIsNoticedOfLinesThatAreImportedIsShownApartFromErrors(shop) {
  const product = (ref, more) => JSON.stringify({ type: 'subscription_product', external_ref: ref, name: 'Tea', ...more });
  const file = [product('plain'), '', product('first', { colour: 'green' }), product('refused', { main_image: 1, colour: 'red' }), product('second', { colour: 'black' }), JSON.stringify({ type: 'subscription_product', name: 'Nameless' })].join('\n');
  const person = await shop.come();
  const noticed = person.page.locator('.noticed');
  const look = async () => {
    await person.see('Of 3 lines something was noticed: see below.');
    const group = noticed.locator('.group', { hasText: 'colour' });
    assert.equal(await group.locator('.count').textContent(), '2');
    if ((await group.getAttribute('open')) === null) await group.locator('summary').press('Enter');
    await group.locator('.row').nth(1).waitFor();
    const [first, second] = await group.locator('.row').all();
    for (const [row, line, ref] of [[first, 3, 'first'], [second, 5, 'second']]) {
      assert.equal((await row.locator('.where').textContent()).trim(), `line ${line} ${ref}`);
      assert.ok((await row.locator('.error').textContent()).includes('nothing reads it'));
    }
    assert.ok((await noticed.textContent()).includes('A line without an external_ref'));
    const errors = await person.page.locator('.groups').first().textContent();
    assert.ok(errors.includes('main_image') && !errors.includes('colour'), errors);
    return first;
  };
  const isMarked = async (row) => {
    assert.equal(await row.locator('mark').textContent(), '"colour"');
    assert.equal(await row.locator('.line').textContent(), product('first', { colour: 'green' }));
  };
  await person.choose('plain.jsonl', file);
  await person.click('button', 'Rehearse');
  await person.see('These lines can be imported all the same.');
  await isMarked(await look());
  await person.page.getByRole('button', { name: /^Import \d+ good lines$/ }).click();
  await person.see('These lines were imported all the same.');
  await isMarked(await look());
  await person.axe();
  await person.shoot('noticed');
  const shared = person.page.url();
  assert.ok(shared.includes('?group=noticed+'), shared);
  await person.click('link', 'Send a file');
  await person.page.locator('input[type=file]').setInputFiles({ name: 'packed.jsonl.gz', mimeType: 'application/gzip', buffer: gzipSync(file) });
  await person.page.getByLabel('Replace it').check();
  await person.click('button', 'Rehearse');
  await person.see('These lines can be imported all the same.');
  await isMarked(await look());
  // Where the file is not at hand, the texts are not either.
  await person.page.goto('about:blank');
  await person.page.goto(shared);
  await person.paste(shop.token);
  await person.see('Their texts are in your file');
  await look();
  assert.equal(await noticed.locator('.line').count(), 0);
  await person.leave();
}

export async function reportsAreDownloaded(shop) {
  const id = await shop.post(readFileSync(SAMPLE), { dry_run: 'true' });
  await shop.ended(id);
  const person = await shop.come({ hash: `#/jobs/${id}` });
  const { refused, all } = await person.figures();
  const fetched = async (button) => {
    const [download] = await Promise.all([person.page.waitForEvent('download'), person.click('button', button)]);
    const file = await download.path();
    return { name: download.suggestedFilename(), rows: lines(file) };
  };
  const failed = await fetched('Download failed lines');
  assert.ok(failed.name.includes('failed-lines') && failed.name.includes(id), failed.name);
  const sent = readFileSync(SAMPLE, 'utf8').split('\n');
  assert.equal(failed.rows.length, refused);
  assert.deepEqual(failed.rows.filter((row) => !sent.includes(row)), [], 'each is a line as it was sent');
  const results = await fetched('Download results');
  assert.ok(results.name.includes('results') && results.name.includes(id), results.name);
  assert.equal(results.rows.length, all);
  const refusals = results.rows.map((row) => JSON.parse(row)).filter(({ action }) => action === 'failed');
  assert.deepEqual(failed.rows, refusals.map(({ line }) => sent[line - 1]), 'they are those that the results call failed');
  await person.leave();
}

/** The first good line of each type by its name: what somebody knows to be stored. */
function stored(path, refused) {
  const names = {};
  for (const text of lines(path).filter((_, index) => !refused.has(index + 1))) {
    const { data } = JSON.parse(text);
    const name = data?.attributes?.external_ref;
    if (name) names[data.type] ??= name;
  }
  return names;
}

/** Mends each line by what stands beside it, a sentence after the other, and has it checked. */
async function mend(person, names) {
  // Rows are drawn as they are seen: a person scrolls to them.
  for (let before = -1, now = 0; now > before; now = await person.page.locator('textarea').count()) {
    before = now;
    await person.page.mouse.wheel(0, 100_000);
    await person.page.waitForTimeout(100);
  }
  const fields = person.page.locator('textarea[aria-invalid=true]');
  // A click on what is said selects the culprit.
  const refused = await fields.evaluateAll((fields) =>
    fields.map((field, index) => {
      // On a busy machine more rows may be drawn meanwhile: those wait for the next round.
      field.dataset.seen = index;
      const sentences = [...field.parentElement.querySelectorAll('.find')];
      return { text: field.value, said: sentences.map((sentence) => (sentence.click(), [sentence.textContent, field.selectionStart])) };
    }),
  );
  const better = refused.map(({ text, said }) =>
    said.reduce((text, [sentence, at]) => {
      const better = mended(text, sentence, at, names);
      assert.ok(better, `it is said what to write: ${sentence}`);
      return better;
    }, text),
  );
  await person.page.locator('textarea[data-seen]').evaluateAll(
    (fields, better) =>
      fields.forEach((field) => {
        field.value = better[field.dataset.seen];
        delete field.dataset.seen;
        field.dispatchEvent(new Event('input'));
      }),
    better,
  );
  await person.see('Changed since the last check.');
  await person.click('button', 'Check');
  await person.page.getByText(/lines are good|still refused/).waitFor();
}

export async function aHundredFaultsAreMendedByWhatIsSaidOfThem(shop) {
  const person = await shop.come();
  await person.choose(BAD);
  await person.page.getByText('Rehearse first').click();
  await person.click('button', 'Import');
  const first = await person.figures();
  assert.deepEqual(first, { done: 200, skipped: 0, refused: 100, all: lines(BAD).length });
  const source = person.job();
  await person.click('link', 'Mend refused lines');
  await person.see('Each refused line with what is wrong with it');
  const { links } = await shop.api(`/${source}/results?only=failed&redirect=false`);
  const report = await (await fetch(links.download)).text();
  const names = stored(BAD, new Set(report.trim().split('\n').map((line) => JSON.parse(line).line)));
  const isGood = () => person.page.getByText(/All \d+ lines are good/).isVisible();
  // What was wrong in a line that is no JSON is seen once it is some.
  let rounds = 0;
  for (; !(await isGood()); rounds += 1) {
    assert.ok(rounds < 8, await person.page.locator('.foot').textContent());
    await mend(person, names);
  }
  console.log(`        mended in ${rounds} rounds`);
  await person.page.getByRole('button', { name: /^Import \d+ lines$/ }).click();
  await person.page.waitForURL((url) => !url.hash.includes('mend') && !url.hash.includes(source));
  const { done, refused: left } = await person.figures();
  // Where two objects stood in a line, there are two lines by now.
  assert.ok(left === 0 && done >= 100, `${done} imported, ${left} refused`);
  const { data } = await shop.api(`/${person.job()}`);
  assert.equal(data.attributes.external_ref, `mends ${source}`);
  await person.click('link', `Import ${source.slice(0, 8)}`);
  await person.page.waitForURL((url) => url.hash.includes(source));
  await person.leave();
}

export async function oneFaultInManyLinesIsMendedOnceAndWhatWasTypedStays(shop) {
  const line = (index) => JSON.stringify({ type: 'subscription_product', external_ref: `many-${index}`, name: 'Tea', main_image: 'www.example.com/tea.png' });
  const id = await shop.post(Array.from({ length: 40 }, (_, index) => line(index)).join('\n'));
  await shop.ended(id);
  const person = await shop.come({ hash: `#/jobs/${id}` });
  await person.figures();
  await person.page.locator('.group summary').click();
  await person.click('link', 'Mend these');
  assert.ok((await person.page.locator('.mending-head').first().textContent()).includes('many-0'), 'a line is known by its name');
  await person.page.getByText('Replace in all lines').click();
  await person.page.getByLabel('This text').fill('www.example');
  await person.page.getByLabel('becomes').fill('https://www.example');
  await person.click('button', 'Replace');
  await person.see('40 lines changed.');
  const first = person.page.locator('textarea').first();
  assert.ok((await first.inputValue()).includes('"https://www.example.com/tea.png"'));
  await person.click('button', 'Undo');
  assert.ok(!(await first.inputValue()).includes('https'));
  await person.click('button', 'Replace');
  assert.ok(await person.asksBeforeItGoes());
  await person.click('link', 'Jobs');
  await person.heading('Jobs');
  await person.page.goBack();
  await person.page.locator('textarea').first().waitFor();
  assert.ok((await person.page.locator('textarea').first().inputValue()).includes('https'), 'what was typed is there still');
  await person.click('button', 'Import 40 lines');
  assert.equal((await person.figures()).done, 40);
  assert.ok(!(await person.asksBeforeItGoes()), 'there is nothing left to lose');
  await person.leave();
}

export async function linesThatAreStoredAlreadyAreSentAnotherWay(shop) {
  const line = '{"type":"subscription_product","external_ref":"tea","name":"Tea"}';
  await shop.ended(await shop.post(line));
  const id = await shop.post(line);
  await shop.ended(id);
  const person = await shop.come({ hash: `#/jobs/${id}/mend` });
  await person.page.getByLabel('Skip it').check();
  await person.see('Changed since the last check.');
  await person.click('button', 'Check');
  await person.see('The line is good');
  await person.click('button', 'Import 1 line');
  await person.page.waitForURL((url) => !url.hash.includes(id));
  assert.equal((await person.figures()).skipped, 1);
  await person.leave();
}

export async function aPackedFileIsSentPackedAndAPlainOneIsPacked(shop) {
  const person = await shop.come();
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

export async function jobsAreListedNewestFirstFilteredAndPaged(shop) {
  for (let count = 0; count < 27; count += 1) await shop.post('{"type":"subscription_product","name":"Tea","external_ref":""}', { external_ref: `listed ${count}, "so"`, dry_run: 'true' });
  const last = await shop.post('nothing', { external_ref: 'broken' });
  await shop.ended(last);
  const person = await shop.come({ hash: '#/jobs' });
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
