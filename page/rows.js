// Groups that unfold to their lines, each line with its text and the culprit marked.

import { h, put, asSeen } from './dom.js';
import { number, texts } from './texts.js';
import { around, culprit, shown } from './text-of-line.js';

/** @typedef {import('./api.js').Failed} Failed */
/** @typedef {import('./api.js').LineError} LineError */
/** @typedef {import('./groups.js').Group} Group */

const text = texts.groups;

/** How many groups are shown at first. */
const SHOWN = 50;

/**
 * Shows groups, some at first.
 * @param {Group[]} groups
 * @param {(group: Group) => { key: string, actions?: Node }} how the name of a group in the address, and what can be done about it
 * @param {string | null} open
 */
export function listOf(groups, how, open) {
  const list = h('div', { class: 'groups' });
  const rest = h('div', {});
  let count = 0;
  const more = () => {
    const next = groups.slice(count, count + SHOWN);
    count += next.length;
    list.append(...next.map((group) => section(group, how(group), open)));
    put(rest, count < groups.length && h('button', { type: 'button', click: more }, text.more(groups.length - count)));
  };
  more();
  return h('div', {}, list, rest);
}

/**
 * @param {Group} group
 * @param {{ key: string, actions?: Node }} how
 * @param {string | null} open
 */
function section(group, { key, actions }, open) {
  const where = group.field ? h('code', {}, h('bdi', {}, shown(group.field))) : null;
  const head = [
    h('b', { class: 'count' }, number(group.lines)),
    h('span', { class: 'what' }, text.codes[group.code] ?? group.code, where ? ' ' : '', where),
    h('span', { class: 'example' }, h('bdi', {}, shown(sentence(group.rows[0]?.error)))),
  ];
  const rows = () => asSeen(group.rows, ({ line, error }) => row(line, [error]));
  return foldable(key, open === key, head, () => (actions ? [h('p', { class: 'actions' }, actions), rows()] : [rows()]));
}

/**
 * Unfolds to rows that are drawn when they are wanted, and says so in the address.
 * @param {string} key
 * @param {boolean} isOpen
 * @param {Node[]} head
 * @param {() => Node[]} body
 */
export function foldable(key, isOpen, head, body) {
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
export function row(line, errors) {
  const first = errors[0];
  return h(
    'article',
    { class: 'row' },
    h('p', { class: 'where' }, `${text.line} `, h('b', {}, number(line.line)), line.external_ref ? h('bdi', {}, ` ${shown(line.external_ref)}`) : null),
    ...errors.map((error) => h('p', { class: 'error' }, h('bdi', {}, shown(sentence(error))))),
    first && line.text && excerpt(line, first),
    line.text_note && h('p', { class: 'soft' }, line.text_note),
  );
}

/**
 * The text of a line around its culprit.
 * @param {Failed} line
 * @param {LineError} error
 */
function excerpt(line, error) {
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
