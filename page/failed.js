// The refused lines of a job: by what is wrong with them, each with its text and the culprit marked.

import { h, put, asSeen } from './dom.js';
import { number, texts } from './texts.js';
import { Problem, readFailed } from './api.js';
import { Groups } from './groups.js';
import { around, culprit, shown } from './text-of-line.js';

/** @typedef {import('./api.js').Failed} Failed */
/** @typedef {import('./api.js').LineError} LineError */

const text = texts.groups;

/** How many groups are shown at first. */
const SHOWN = 50;

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
  await readFailed(id, signal, (lines) => {
    groups.add(lines);
    heard(groups);
  });
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
  const sorted = groups.sorted();
  const list = h('div', { class: 'groups' });
  const rest = h('div', {});
  let count = 0;
  const more = () => {
    const next = sorted.slice(count, count + SHOWN);
    count += next.length;
    list.append(...next.map((group) => section(job, group, open === group.key)));
    put(rest, count < sorted.length && h('button', { type: 'button', click: more }, text.more(sorted.length - count)));
  };
  more();
  const explained = groups.causes > 0 && h('p', { class: 'lead' }, text.explain(groups.causes, groups.errors));
  put(place, h('h2', {}, text.title), explained, list, rest, groups.waiting.length > 0 && waiting(groups, open === 'waiting'));
  list.querySelector('details[open]')?.scrollIntoView({ block: 'nearest' });
}

/**
 * Unfolds to rows that are drawn when they are wanted, and says so in the address.
 * @param {string} key
 * @param {boolean} isOpen
 * @param {Node[]} head
 * @param {() => Node[]} body
 */
function foldable(key, isOpen, head, body) {
  const details = h('details', { class: 'group', open: isOpen }, h('summary', {}, ...head));
  const fill = () => {
    if (details.open && details.childElementCount === 1) details.append(...body());
  };
  details.addEventListener('toggle', () => {
    fill();
    const [path, query] = location.hash.split('?');
    const other = new URLSearchParams(query);
    if (details.open) other.set('group', key);
    else if (other.get('group') === key) other.delete('group');
    history.replaceState(null, '', `${path}${other.size > 0 ? `?${other}` : ''}`);
  });
  fill();
  return details;
}

/**
 * @param {import('./api.js').Job} job
 * @param {import('./groups.js').Group} group
 * @param {boolean} isOpen
 */
function section(job, group, isOpen) {
  const where = group.field ? h('code', {}, h('bdi', {}, shown(group.field))) : null;
  const head = [
    h('b', { class: 'count' }, number(group.lines)),
    h('span', { class: 'what' }, text.codes[group.code] ?? group.code, where ? ' ' : '', where),
    h('span', { class: 'example' }, h('bdi', {}, shown(sentence(group.rows[0]?.error)))),
  ];
  const mend = h('a', { class: 'button', href: `#/jobs/${job.id}/mend?group=${encodeURIComponent(group.key)}` }, text.mend);
  return foldable(group.key, isOpen, head, () => [h('p', { class: 'actions' }, mend), asSeen(group.rows, ({ line, error }) => row(line, [error]))]);
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

/** What is wrong, without the path that stands beside it. @param {LineError | undefined} error */
function sentence(error) {
  if (!error) return '';
  const path = `${error.field}: `;
  return error.field && error.error.startsWith(path) ? error.error.slice(path.length) : error.error;
}

/**
 * A line with its errors.
 * @param {Failed} line
 * @param {LineError[]} errors
 */
function row(line, errors) {
  const first = errors[0];
  return h(
    'article',
    { class: 'row' },
    h('p', { class: 'where' }, `${text.line} `, h('b', {}, number(line.line)), line.external_ref ? h('bdi', {}, ` ${shown(line.external_ref)}`) : null),
    ...errors.map((error) => h('p', { class: 'error' }, h('bdi', {}, shown(sentence(error))))),
    first && excerpt(line, first),
    line.text_note && h('p', { class: 'soft' }, line.text_note),
  );
}

/**
 * The text of a line around its culprit.
 * @param {Failed} line
 * @param {LineError} error
 */
export function excerpt(line, error) {
  const span = culprit(line.text, error);
  const parts = (/** @type {number} */ width) => {
    const [before, it, after] = around(line.text, span, width);
    return [before, it && h('mark', {}, it), after];
  };
  const pre = h('pre', { class: 'line', dir: 'ltr' }, ...parts(240));
  if (line.text.length <= 240) return pre;
  const all = h('button', { type: 'button', class: 'quiet', click: () => (put(pre, ...parts(Infinity)), all.remove(), pre.setAttribute('tabindex', '-1'), pre.focus()) }, text.whole);
  return h('div', {}, pre, all);
}
