// What can go wrong is said.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

const { SAMPLE, HUGE, READER, OVER, API_URL } = process.env;

/** A workbook of Excel, as far as it is one. */
const SHEET =
  'UEsDBBQAAAAIAPwtfF3uR1hmHwAAAB0AAAATAAAAW0NvbnRlbnRfVHlwZXNdLnhtbLOxr8jNUShLLSrOzM+zVTLUM1Cyt7MJqSxILda3AwBQSwMEFAAAAAgA/C18Xc6emBMNAAAACwAAAA8AAAB4bC93b3JrYm9vay54bWyzKc8vyk7Kz8/WtwMAUEsBAhQDFAAAAAgA/C18Xe5HWGYfAAAAHQAAABMAAAAAAAAAAAAAAIABAAAAAFtDb250ZW50X1R5cGVzXS54bWxQSwECFAMUAAAACAD8LXxdzp6YEw0AAAALAAAADwAAAAAAAAAAAAAAgAFQAAAAeGwvd29ya2Jvb2sueG1sUEsFBgAAAAACAAIAfgAAAIoAAAAAAA==';

export async function aTokenThatIsOverIsAskedForAgainAndNothingIsLost(shop) {
  const id = await shop.post(readFileSync(SAMPLE), { dry_run: 'true' });
  await shop.ended(id);
  const person = await shop.come({ hash: `#/jobs/${id}/mend` });
  const field = person.page.locator('textarea').first();
  await field.fill('what was typed');
  // The token is refused from now on, as after its end.
  await person.page.route('**/v2/subscriptions/**', (route) => route.fulfill({ status: 401, body: '{"message":"Unauthorized"}' }));
  await person.click('button', 'Check');
  await person.heading('Sign in again');
  await person.axe();
  await person.page.unroute('**/v2/subscriptions/**');
  await person.paste(shop.token);
  await person.page.getByText(/still refused|lines are good/).waitFor();
  assert.equal(await field.inputValue(), 'what was typed');
  await person.leave();
}

export async function aTokenThatTheServiceFindsOverIsAskedForAgain(shop) {
  const person = await shop.come({ signed: OVER, hash: '#/jobs' });
  await person.heading('Sign in again');
  await person.paste(shop.token);
  await person.heading('No file was sent yet');
  await person.leave();
}

export async function aTextThatIsNoTokenIsNotTaken(shop) {
  const person = await shop.come({ signed: '' });
  await person.paste('not a token', true);
  await person.see('That is not a token');
  await person.leave();
}

export async function theNetworkGoesAndComesBackAndThePageGoesOnByItself(shop) {
  const id = await shop.post('{"type":"subscription_product","name":"Tea"}', { external_ref: 'offline', dry_run: 'true' });
  await shop.ended(id);
  const person = await shop.come({ hash: '#/jobs' });
  await person.see('offline');
  await person.context.setOffline(true);
  await person.click('link', 'offline');
  await person.see('The network is gone');
  await person.context.setOffline(false);
  await person.figures();
  assert.equal(await person.page.getByText('The network is gone').count(), 0);
  await person.leave();
}

export async function aFileWhoseAnswerIsLostIsSentAgainAndIsOneJob(shop) {
  const person = await shop.come();
  await person.choose(SAMPLE);
  const seen = [];
  await person.page.route('**/v2/subscriptions/imports', async (route) => {
    seen.push(await person.asksBeforeItGoes());
    if (seen.length > 1) return route.continue();
    // It arrives, and the network goes before the answer does. Node finds no names under `localhost`.
    await route.fetch({ url: `${API_URL}/v2/subscriptions/imports` });
    return route.abort('internetdisconnected');
  });
  await person.click('button', 'Rehearse');
  await person.see('The network is gone');
  await person.figures();
  assert.deepEqual(seen, [true, true], 'nobody closes a page that sends without being asked');
  assert.ok(!(await person.asksBeforeItGoes()));
  assert.equal((await shop.api('')).data.length, 1, 'it was sent twice and is one job');
  await person.leave();
}

export async function aServiceThatIsBusyIsAskedAgain(shop) {
  const person = await shop.come({ signed: '' });
  let calls = 0;
  await person.page.route('**/v2/subscriptions/**', (route) => ((calls += 1) < 3 ? route.fulfill({ status: 503, headers: { 'Retry-After': '1' } }) : route.continue()));
  await person.paste(shop.token, true);
  await person.click('link', 'Jobs');
  await person.see('The service is busy');
  await person.page.locator('.jobs, .empty').waitFor();
  await person.leave();
}

export async function aJobThatIsGoneAndAFileThatIsTooLargeAreNamed(shop) {
  const person = await shop.come({ hash: '#/jobs/00000000-0000-4000-8000-000000000000' });
  await person.heading('There is no such job');
  await person.click('link', 'Send a file');
  await person.choose(HUGE);
  await person.see('This file is too large');
  assert.ok(await person.page.getByRole('button', { name: 'Rehearse' }).isDisabled());
  await person.choose('empty.jsonl', '');
  await person.see('This file is empty');
  await person.leave();
}

export async function aFileThatCanNotBeReadIsNamed(shop) {
  const folder = mkdtempSync(join(tmpdir(), 'page-'));
  const file = join(folder, 'moved.jsonl');
  writeFileSync(file, '{}\n');
  const person = await shop.come();
  await person.choose(file);
  // It was looked at, and then it went.
  await person.page.locator('button.primary:enabled').waitFor();
  rmSync(folder, { recursive: true });
  await person.click('button', 'Rehearse');
  await person.see('It can’t be read');
  await person.drop({ 'one.jsonl': '{"type":"subscription_product","name":"Tea"}', 'two.jsonl': '{}' });
  await person.see('2 files were dropped');
  await person.click('button', 'Rehearse');
  assert.equal((await person.figures()).done, 1, 'the first is sent');
  await person.leave();
}

export async function aQuestionStaysWhenTheJobStartsAndIsNoOtherButtonWhenItHasEnded(shop) {
  const id = await shop.post('{"type":"subscription_product","external_ref":"tea","name":"Tea"}');
  await shop.ended(id);
  const person = await shop.come({ signed: '', hash: `#/jobs/${id}` });
  let shown = 'pending';
  await person.seesJob(id, (job) => {
    job.attributes.status = shown;
    if (shown === 'pending') job.meta.queue = { position: 1 };
  });
  await person.paste(shop.token);
  await person.click('button', 'Cancel');
  const yes = person.page.getByRole('button', { name: 'Cancel the job' });
  const { x, y } = await yes.boundingBox();
  shown = 'started';
  await person.page.locator('.pill.started').waitFor();
  assert.ok(await yes.evaluate((button) => button === document.activeElement), 'the question is open, and has the keyboard');
  shown = 'success';
  await person.see('It ended before it was cancelled.');
  const there = await person.page.evaluate(([x, y]) => document.elementFromPoint(x, y)?.closest('button, a')?.textContent, [x + 5, y + 5]);
  assert.equal(there, undefined);
  await person.leave();
}

export async function aFileOfAnotherKindIsNamedBeforeItIsSent(shop) {
  const folder = mkdtempSync(join(tmpdir(), 'page-'));
  const pdf = '%PDF-1.7\n%\u00e2\u00e3\n1 0 obj\n';
  const jsonl = '{"type":"subscription_product","external_ref":"tea","name":"Tea"}\n';
  /** @type {[string, string | Buffer, string | undefined][]} */
  const kinds = [
    ['Products.xlsx', Buffer.from(SHEET, 'base64'), 'This is a spreadsheet. Export its rows first. What is taken is JSONL'],
    ['products.zip', Buffer.from('PK\x03\x04\x14\0\0\0\b\0products.jsonl'), 'This is an archive. Unpack it'],
    ['old.xls', Buffer.from('\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1', 'latin1'), 'This is a document of Office'],
    ['catalogue.pdf', pdf, 'This is a PDF. What is taken is JSONL'],
    ['tea.png', Buffer.from('\x89PNG\r\n\x1a\n\0\0\0\rIHDR', 'latin1'), 'This is an image. What is taken is JSONL'],
    ['products.csv', 'type;name\nsubscription_product;Tea\n', 'This looks like CSV. Turn each row into an object first. What is taken is JSONL'],
    ['products.txt', 'type,name\nsubscription_product,Tea\n', 'This looks like CSV.'],
    ['products.csv.gz', gzipSync('type,name\nsubscription_product,Tea\n'), 'This looks like CSV.'],
    ['notepad.jsonl', Buffer.from(`\ufeff${jsonl}`, 'utf16le'), 'This text is in UTF-16. Save it as UTF-8'],
    ['list.json', `[${jsonl.trim()},${jsonl.trim()}]`, 'This is one JSON list.'],
    ['letter.txt', 'Dear Sir or Madam\n', 'This has no line that begins a JSON object. What is taken is JSONL'],
    // What the file is counts, not its name; and a bad line never stops a file.
    ['lines.csv', jsonl, undefined],
    ['bad-first.jsonl', `type,name\n${jsonl}`, undefined],
    ['mark.jsonl', `\ufeff\n${jsonl}`, undefined],
    ['packed.gz', gzipSync(jsonl), undefined],
  ];
  const person = await shop.come();
  let sent = 0;
  person.page.on('request', (request) => (sent += request.method() === 'POST' ? 1 : 0));
  const go = person.page.getByRole('button', { name: 'Rehearse', exact: true });
  const said = person.page.locator('.problem');
  for (const [name, content, words] of kinds) {
    writeFileSync(join(folder, name), content);
    await person.dropPaths(join(folder, name));
    await person.page.locator('.file-name', { hasText: name }).waitFor();
    if (words === undefined) await person.page.waitForFunction(() => !document.querySelector('button.primary')?.disabled);
    else await said.filter({ hasText: words }).waitFor();
    assert.deepEqual([await go.isEnabled(), await said.count()], [words === undefined, words ? 1 : 0], name);
  }
  await person.dropPaths(folder);
  await person.see('This is a folder. Open it, and drop the file that is in it.');
  assert.ok(await go.isDisabled());
  await person.axe();
  await person.shoot('other-kind');
  await person.dropPaths(join(folder, 'Products.xlsx'), join(folder, 'lines.csv'));
  await person.see('2 files were dropped');
  await person.see('This is a spreadsheet.');
  await person.dropPaths(join(folder, 'lines.csv'), folder);
  await person.see('2 files were dropped');
  assert.equal(await said.count(), 1);
  await person.drop({});
  await person.see('What was dropped is no file.');
  assert.equal(sent, 0, 'nothing was sent');
  await go.click();
  assert.equal((await person.figures()).done, 1, 'what was good before is still chosen');
  rmSync(folder, { recursive: true });
  await person.leave();
}

export async function aReportThatIsNoLongerKeptIsNamed(shop) {
  const id = await shop.post('nothing');
  await shop.ended(id);
  const person = await shop.come({ signed: '', hash: `#/jobs/${id}` });
  await person.page.route('**/results?**', (route) => route.fulfill({ status: 404, body: '{"errors":[{"detail":"gone"}]}' }));
  await person.paste(shop.token);
  await person.see('The report of this job is no longer kept');
  await person.page.locator('.actions').getByRole('button', { name: 'Download results' }).click();
  await person.page.locator('.problem').getByText('no longer kept').waitFor();
  await person.leave();
}

export async function aStoreThatMayNotIsTold(shop) {
  const person = await shop.come({ signed: READER });
  await person.choose(SAMPLE);
  await person.click('button', 'Rehearse');
  await person.see('The store of this token may not do this');
  await person.leave();
}

export async function hostileTextsAreTexts(shop) {
  const evil = '<script>alert(1)</script><img src=x onerror=alert(2)>';
  const lines = [
    { type: 'subscription_product', external_ref: evil, name: 'x\u202Egnp.exe\u0000' },
    { type: evil, name: evil },
    { type: 'subscription_product', name: `${evil}${'x'.repeat(1 << 20)}` },
    { type: 'subscription_plan', external_ref: '\u202E\u2066evil', [evil]: 1 },
  ];
  const file = [...lines.map((line) => JSON.stringify(line)), evil].join('\n');
  const id = await shop.post(file, { external_ref: evil });
  await shop.ended(id);
  const person = await shop.come({ hash: `#/jobs/${id}` });
  assert.equal((await person.figures()).all, 5);
  for (const summary of await person.page.locator('.group summary').all()) await summary.click();
  const body = await person.page.locator('main').innerText();
  assert.ok(body.includes('<script>alert(1)</script>') && body.includes('<img src=x'), body);
  assert.ok(!/[\u202a-\u202e\u2066-\u2069]/.test(body), 'nothing turns the text around');
  assert.equal(await person.page.locator('main script, main img').count(), 0);
  await person.shoot('hostile');
  await person.click('link', 'Mend refused lines');
  await person.page.locator('textarea').first().waitFor();
  await person.see(/these are the first \d+ of the line's \d+ bytes/);
  await person.click('link', 'Jobs');
  await person.see('<script>alert(1)</script>');
  await person.leave();
}
