// The refused lines of a job: by what is wrong with them, each with its text and the culprit marked.

import { h, put, asSeen } from './dom.js';
import { number, texts } from './texts.js';
import { Problem, results } from './api.js';
import { Groups } from './groups.js';
import { foldable, listOf, row } from './rows.js';

const text = texts.groups;

/** What was read last: whoever goes on to mend does not wait for it again. @type {{ id: string, groups: Groups } | undefined} */
let last;

/**
 * Reads the refused lines of a job that has ended.
 * @param {string} id
 * @param {AbortSignal} signal
 * @param {(groups: Groups) => void} heard
 */
export async function read(id, signal, heard) {
  if (last?.id === id) return last.groups;
  const groups = new Groups();
  for await (const lines of results(id, 'failed', signal)) {
    groups.add(lines);
    heard(groups);
  }
  last = { id, groups };
  return groups;
}

/**
 * @param {{ job: import('./api.js').Job, place: Element, figures: Element, query: URLSearchParams, signal: AbortSignal }} how
 */
export async function failedLines({ job, place, figures, query, signal }) {
  if (!job.meta.errors) return;
  const title = h('h2', {}, text.title);
  const told = h('p', { class: 'soft' }, text.reading);
  put(place, title, told);
  let drawn = 0;
  const count = (/** @type {Groups} */ { lines }) => showFigures(figures, lines.size);
  try {
    const groups = await read(job.id, signal, (so_far) => {
      if (Date.now() - drawn < 250) return;
      drawn = Date.now();
      count(so_far);
      put(told, `${text.reading} ${number(so_far.lines.size)}`);
    });
    if (signal.aborted) return;
    count(groups);
    figures.querySelector('#total')?.replaceChildren(texts.job.lines(sumOf(figures)));
    draw(place, job, groups, query.get('group'));
  } catch (error) {
    if (signal.aborted) return;
    if (!(error instanceof Problem)) throw error;
    put(told, error.kind === 'gone' ? texts.wrong.reportGone : error.message);
  }
}

/**
 * @param {Element} figures
 * @param {number} refused
 */
function showFigures(figures, refused) {
  const [own, value] = [figures.querySelector('.refused'), figures.querySelector('.refused dd')];
  own?.setAttribute('data-count', String(refused));
  if (value) put(value, number(refused));
}

/** How many lines the three figures count. @param {Element} figures */
const sumOf = (figures) => [...figures.querySelectorAll('.figure')].reduce((sum, figure) => sum + Number(figure.getAttribute('data-count')), 0);

/**
 * @param {Element} place
 * @param {import('./api.js').Job} job
 * @param {Groups} groups
 * @param {string | null} open
 */
function draw(place, job, groups, open) {
  const mend = (/** @type {string} */ key) => h('a', { class: 'button', href: `#/jobs/${job.id}/mend?group=${encodeURIComponent(key)}` }, text.mend);
  const list = listOf(groups.sorted(), ({ key }) => ({ key, actions: mend(key) }), open);
  const explained = groups.causes > 0 && h('p', { class: 'lead' }, text.explain(groups.causes, groups.errors));
  put(place, h('h2', {}, text.title), explained, list, groups.waiting.length > 0 && waiting(groups, open === 'waiting'));
  list.querySelector('details[open]')?.scrollIntoView({ block: 'nearest' });
}

/**
 * @param {Groups} groups
 * @param {boolean} isOpen
 */
function waiting({ waiting: lines }, isOpen) {
  const head = [h('b', { class: 'count' }, number(lines.length)), h('span', { class: 'what' }, text.waiting)];
  const details = foldable('waiting', isOpen, head, () => [asSeen(lines, (line) => row(line, line.errors))]);
  return h('section', { class: 'waiting' }, h('p', { class: 'soft' }, text.waitingLead), details);
}
