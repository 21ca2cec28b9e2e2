// What is noticed of lines that are imported all the same: shown as errors are, and apart from them.

import { h, put } from './dom.js';
import { texts } from './texts.js';
import { Problem, linesIn, results } from './api.js';
import { isPacked, sent } from './sending.js';
import { Groups } from './groups.js';
import { listOf } from './rows.js';

/** @typedef {import('./api.js').Failed} Failed */

const text = texts.noticed;

/**
 * @param {{ job: import('./api.js').Job, place: Element, query: URLSearchParams, signal: AbortSignal }} how
 */
export async function noticedLines({ job, place, query, signal }) {
  const { warnings = 0, dry_run } = job.meta;
  if (warnings === 0 || signal.aborted) return;
  const told = h('p', { class: 'soft' }, text.reading);
  put(place, h('h2', {}, text.title), told);
  const file = sent.get(job.id)?.file;
  try {
    const lines = await read(job.id, warnings, signal);
    const hasTexts = file ? await addTexts(lines, file, signal) : false;
    if (signal.aborted) return;
    const groups = new Groups();
    groups.add(lines);
    put(told, text.lead(Boolean(dry_run)), !hasTexts && ` ${text.noTexts}`);
    // An error of the same kind at the same place has a name of its own.
    place.append(h('div', { class: 'noticed' }, listOf(groups.sorted(), ({ key }) => ({ key: `noticed ${key}` }), query.get('group'))));
    place.querySelector('details[open]')?.scrollIntoView({ block: 'nearest' });
  } catch (error) {
    if (signal.aborted) return;
    if (!(error instanceof Problem)) throw error;
    put(told, error.kind === 'gone' ? texts.wrong.reportGone : error.message);
  }
}

/**
 * Reads the lines with warnings, which stand as their errors.
 * @param {string} id
 * @param {number} count how many there are
 * @param {AbortSignal} signal
 */
async function read(id, count, signal) {
  /** @type {Failed[]} */
  const noticed = [];
  for await (const lines of results(id, undefined, signal)) {
    for (const line of lines) {
      const errors = line.warnings?.map(({ code, field, warning }) => ({ code, field, error: warning }));
      if (errors) noticed.push({ ...line, errors, text: '' });
    }
    if (noticed.length >= count) break;
  }
  return noticed;
}

/**
 * Gives lines their texts, which the service does not keep, from the file as it was sent from here.
 * @param {Failed[]} lines in the order of the file
 * @param {Blob} file
 * @param {AbortSignal} signal
 * @returns {Promise<boolean>} whether all have theirs
 */
async function addTexts(lines, file, signal) {
  let [read, next] = [0, 0];
  try {
    const bytes = file.stream();
    const plain = (await isPacked(file)) ? bytes.pipeThrough(new DecompressionStream('gzip')) : bytes;
    for await (const some of linesIn(plain)) {
      for (let line = lines[next]; line && line.line <= read + some.length; line = lines[next]) {
        line.text = some[line.line - read - 1] ?? '';
        next += 1;
      }
      read += some.length;
      if (next === lines.length || signal.aborted) break;
    }
  } catch {
    // It was moved or changed since it was sent: the lines are shown without their texts.
  }
  return next === lines.length;
}
