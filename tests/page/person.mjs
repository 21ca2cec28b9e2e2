// A browser with the page in it, and what a person does there.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { chromium } from 'playwright-core';

const { PAGE_URL, API_URL, SHOTS, AXE } = process.env;

export const API = new URL('/v2/subscriptions/imports', PAGE_URL).href;

/** Without a sandbox, since root can have none; the page is our own. */
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-dev-shm-usage'] });
export const close = () => browser.close();

/** A store of its own: what is tried in one does not show in another. */
export class Shop {
  /** @param {string} token */
  constructor(token) {
    Object.assign(this, { token, people: [] });
  }

  /** Calls the API as a program does: a file becomes a job. */
  async post(file, options = {}) {
    const body = new FormData();
    for (const [name, value] of Object.entries(options)) body.append(name, value);
    // A call carries no more than some megabytes.
    body.append('import_file', new Blob([gzipSync(file)]), 'file.jsonl.gz');
    return (await this.api('', { method: 'POST', body })).data.id;
  }

  async api(path, init = {}) {
    // Node finds no names under `localhost`.
    const answer = await fetch(`${API_URL}/v2/subscriptions/imports${path}`, { ...init, headers: { Authorization: `Bearer ${this.token}` } });
    const text = await answer.text();
    assert.ok(answer.ok, text);
    return JSON.parse(text);
  }

  async ended(id) {
    for (;;) {
      const { data } = await this.api(`/${id}`);
      if (['success', 'failed'].includes(data.attributes.status)) return data;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }

  /** Somebody opens the page. */
  async come({ hash = '', signed = this.token, ...options } = {}) {
    const context = await browser.newContext({ viewport: { width: 1200, height: 900 }, ...options });
    const person = new Person(context, await context.newPage());
    this.people.push(person);
    await person.page.goto(PAGE_URL + hash);
    if (signed) await person.paste(signed, !hash);
    return person;
  }
}

class Person {
  constructor(context, page) {
    Object.assign(this, { context, page, faults: [], most: 0 });
    page.setDefaultTimeout(60_000);
    let now = 0;
    const isCall = (request) => request.url().startsWith(API) && !request.isNavigationRequest();
    // A call that was broken off is told of a little later than the next one.
    const count = () => (this.most = Math.max(this.most, now));
    page.on('request', (request) => isCall(request) && ((now += 1), setTimeout(count, 200)));
    for (const end of ['requestfinished', 'requestfailed']) page.on(end, (request) => isCall(request) && (now -= 1));
    page.on('pageerror', (error) => this.faults.push(error.message));
    page.on('console', (message) => message.text().includes('Content Security Policy') && this.faults.push(message.text()));
    page.on('dialog', (dialog) => (this.faults.push(dialog.message()), dialog.dismiss()));
  }

  /** Signs in with a token. */
  async paste(token, asks = false) {
    if (asks) await this.page.getByRole('button', { name: 'Sign in' }).click();
    const dialog = this.page.getByRole('dialog');
    await dialog.getByText('Use a token instead').click();
    await dialog.getByLabel('Access token').fill(token);
    await dialog.getByRole('button', { name: 'Use this token' }).click();
  }

  see(text, options) {
    return this.page.getByText(text, options).first().waitFor();
  }

  heading(name) {
    return this.page.getByRole('heading', { name }).waitFor();
  }

  click(role, name) {
    return this.page.getByRole(role, { name, exact: true }).first().click();
  }

  /** Chooses a file: a path, or a name with its text. */
  choose(file, text) {
    const chosen = text === undefined ? file : { name: file, mimeType: 'application/jsonl', buffer: Buffer.from(text) };
    return this.page.locator('input[type=file]').setInputFiles(chosen);
  }

  /** Waits for the end of the job that the page shows, and gives its three figures. */
  async figures() {
    // In one go: the page may go on to another job between two looks.
    const shown = await this.page.waitForFunction(() => {
      const figures = [...document.querySelectorAll('.figure')].map((figure) => Number(figure.getAttribute('data-count')));
      return document.querySelector('#total')?.textContent && figures.length === 3 ? figures : undefined;
    });
    const counts = /** @type {number[]} */ (await shown.jsonValue());
    return { done: counts[0], skipped: counts[1], refused: counts[2], all: counts.reduce((a, b) => a + b) };
  }

  /** The page sees a job as this makes it: what takes a moment lasts. */
  async seesJob(id, change) {
    await this.page.route(new RegExp(`/imports/${id}(\\?|$)`), async (route) => {
      try {
        // Node finds no names under `localhost`.
        const { 'if-none-match': _, ...headers } = route.request().headers();
        const answer = await route.fetch({ url: `${API_URL}${new URL(route.request().url()).pathname}`, headers });
        const body = await answer.json();
        change(body.data);
        await route.fulfill({ response: answer, json: body });
      } catch (error) {
        // A call that waits for news is broken off for another.
        if (!this.page.isClosed()) await route.abort().catch(() => assert.ok(error));
      }
    });
  }

  /** Drops files and folders as a file manager does. */
  async dropPaths(...files) {
    const session = await this.context.newCDPSession(this.page);
    const { x, y, width, height } = await this.page.locator('.drop').boundingBox();
    const data = { items: [], files, dragOperationsMask: 1 };
    for (const type of ['dragEnter', 'dragOver', 'drop']) await session.send('Input.dispatchDragEvent', { type, x: x + width / 2, y: y + height / 2, data });
    await session.detach();
  }

  /** Drops files, texts by their names. */
  async drop(files) {
    const dataTransfer = await this.page.evaluateHandle((files) => {
      const transfer = new DataTransfer();
      for (const [name, text] of Object.entries(files)) transfer.items.add(new File([text], name));
      return transfer;
    }, files);
    await this.page.dispatchEvent('.drop', 'drop', { dataTransfer });
  }

  /** Whether somebody who closes the page now is asked first. */
  asksBeforeItGoes() {
    return this.page.evaluate(() => !dispatchEvent(new Event('beforeunload', { cancelable: true })));
  }

  job() {
    return /#\/jobs\/([0-9a-f-]{36})/.exec(this.page.url())?.[1];
  }

  /** Nothing that axe knows may keep anybody out. */
  async axe() {
    // Not as an element of the page, which takes no script but its own.
    await this.page.evaluate(readFileSync(AXE, 'utf8'));
    const { violations } = await this.page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }));
    assert.deepEqual(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 200)).join(' | ')}`), []);
  }

  /** Keeps a picture; nothing may stand out to the right. */
  async shoot(name, options = {}) {
    const beyond = await this.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.ok(beyond <= 0, `${name} is ${beyond} px too wide`);
    // What is out of sight is drawn late, and would be missing.
    await this.page.evaluate(() => document.querySelectorAll('.rows > li').forEach((row) => (row.style.contentVisibility = 'visible')));
    await this.page.screenshot({ path: `${SHOTS}/${name}.png`, fullPage: true, ...options });
  }

  /** As on a line that carries so many bytes a second, after so many milliseconds. */
  async slowly(latency, downloadThroughput, uploadThroughput) {
    const session = await this.context.newCDPSession(this.page);
    await session.send('Network.enable');
    await session.send('Network.setCacheDisabled', { cacheDisabled: true });
    await session.send('Network.emulateNetworkConditions', { offline: false, latency, downloadThroughput, uploadThroughput });
  }

  async leave() {
    assert.deepEqual(this.faults, []);
    assert.ok(this.most <= 1, `${this.most} calls under way at once`);
    await this.context.close();
  }
}
