// What can go wrong is said.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { Person, ended, post, token } from './person.mjs';

const { SAMPLE, HUGE } = process.env;

export async function aTokenThatIsOverIsAskedForAgainAndNothingIsLost() {
  const id = await post(readFileSync(SAMPLE), { dry_run: 'true' });
  await ended(id);
  const person = await Person.come({ hash: `#/jobs/${id}/mend` });
  const field = person.page.locator('textarea').first();
  await field.fill('what was typed');
  // The token is refused from now on, as after its end.
  await person.page.route('**/v2/subscriptions/**', (route) => route.fulfill({ status: 401, body: '{"message":"Unauthorized"}' }));
  await person.click('button', 'Check');
  await person.heading('Sign in again');
  await person.axe();
  await person.page.unroute('**/v2/subscriptions/**');
  await person.paste(token());
  await person.page.getByText(/still refused|lines are good/).waitFor();
  assert.equal(await field.inputValue(), 'what was typed');
  await person.leave();
}

export async function aTextThatIsNoTokenIsNotTaken() {
  const person = await Person.come({ signed: '' });
  await person.paste('not a token', true);
  await person.see('That is not a token');
  await person.leave();
}

export async function theNetworkGoesAndComesBackAndThePageGoesOnByItself() {
  const id = await post('{"type":"subscription_product","name":"Tea"}', { external_ref: 'offline', dry_run: 'true' });
  await ended(id);
  const person = await Person.come({ hash: '#/jobs' });
  await person.see('offline');
  await person.context.setOffline(true);
  await person.click('link', 'offline');
  await person.see('The network is gone');
  await person.context.setOffline(false);
  await person.figures();
  assert.equal(await person.page.getByText('The network is gone').count(), 0);
  await person.leave();
}

export async function aServiceThatIsBusyIsAskedAgain() {
  const person = await Person.come({ signed: '' });
  let calls = 0;
  await person.page.route('**/v2/subscriptions/**', (route) => ((calls += 1) < 3 ? route.fulfill({ status: 503, headers: { 'Retry-After': '1' } }) : route.continue()));
  await person.paste(token(), true);
  await person.click('link', 'Jobs');
  await person.see('The service is busy');
  await person.page.locator('.jobs, .empty').waitFor();
  await person.leave();
}

export async function aJobThatIsGoneAndAFileThatIsTooLargeAreNamed() {
  const person = await Person.come({ hash: '#/jobs/00000000-0000-4000-8000-000000000000' });
  await person.heading('There is no such job');
  await person.click('link', 'Send a file');
  await person.choose(HUGE);
  await person.see('This file is too large');
  assert.ok(await person.page.getByRole('button', { name: 'Rehearse' }).isDisabled());
  await person.choose('empty.jsonl', '');
  await person.see('This file is empty');
  await person.leave();
}

export async function aStoreThatMayNotIsTold() {
  const person = await Person.come({ signed: 'READER' });
  await person.choose(SAMPLE);
  await person.click('button', 'Rehearse');
  await person.see('The store of this token may not do this');
  await person.leave();
}

export async function hostileTextsAreTexts() {
  const evil = '<script>alert(1)</script><img src=x onerror=alert(2)>';
  const lines = [
    { type: 'subscription_product', external_ref: evil, name: 'x\u202Egnp.exe\u0000' },
    { type: evil, name: evil },
    { type: 'subscription_product', name: `${evil}${'x'.repeat(1 << 20)}` },
    { type: 'subscription_plan', external_ref: '\u202E\u2066evil', [evil]: 1 },
  ];
  const file = [...lines.map((line) => JSON.stringify(line)), evil].join('\n');
  const id = await post(file, { external_ref: evil });
  await ended(id);
  const person = await Person.come({ hash: `#/jobs/${id}` });
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
