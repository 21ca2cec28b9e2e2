// The jobs of the store, newest first. Live while one of them waits or runs, and the page is looked at.

import { h, put } from './dom.js';
import { exactTime, number, texts, time } from './texts.js';
import { PAGE, Problem, getJob, listJobs, pause } from './api.js';
import { isActive, nameOf, pill, whenVisible } from './job.js';

/** @typedef {import('./api.js').Job} Job */

const text = texts.jobs;

/** @type {import('./main.js').View} */
export async function view({ main, query, signal }) {
  const wanted = { status: query.get('status') ?? '', name: query.get('name') ?? '', offset: Number(query.get('offset') ?? 0) };
  const list = h('div', { class: 'list' });
  put(main, h('h1', {}, text.title), filters(wanted), list);
  /** @type {string | null} */
  let known = null;
  while (!signal.aborted) {
    const asked = Date.now();
    try {
      const { jobs, total } = await listJobs(wanted, signal);
      if (signal.aborted) return;
      draw(list, jobs, total, wanted);
      const active = jobs.filter(isActive);
      // The one that runs, or the one that runs next, is asked for news; then the whole list is.
      const watched = active.find(({ attributes: { status } }) => status === 'started') ?? active.at(-1);
      if (!watched) return;
      ({ etag: known } = await getJob(watched.id, signal));
      await getJob(watched.id, signal, known);
    } catch (error) {
      if (!(error instanceof Problem) || (error.kind !== 'interrupted' && error.kind !== 'gone')) throw error;
    }
    await pause(Math.max(0, asked + 3000 - Date.now()), signal);
    await whenVisible(signal);
  }
}

/** @typedef {{ status: string, name: string, offset: number }} Wanted */

/** @param {Partial<Wanted>} wanted */
function addressOf(wanted) {
  const given = Object.entries(wanted).filter(([, value]) => value);
  const query = new URLSearchParams(given.map(([name, value]) => [name, String(value)]));
  return `#/jobs${query.size > 0 ? `?${query}` : ''}`;
}

/** @param {Wanted} wanted */
function filters({ status, name }) {
  const choices = { '': text.any, 'pending,started': text.active, success: texts.status.success, failed: texts.status.failed };
  const options = Object.entries(choices).map(([value, shown]) => h('option', { value, selected: value === status }, shown));
  const select = h('select', { id: 'status' }, ...options);
  const field = h('input', { id: 'find', type: 'search', value: name, placeholder: text.nameHint });
  const find = () => (location.hash = addressOf({ status: select.value, name: field.value.trim() }));
  select.addEventListener('change', find);
  return h(
    'form',
    { class: 'filters', role: 'search', submit: (/** @type {Event} */ event) => (event.preventDefault(), find()) },
    h('div', {}, h('label', { for: 'status' }, text.status), select),
    h('div', {}, h('label', { for: 'find' }, text.name), field),
    h('button', {}, text.find),
    (status || name) && h('a', { class: 'button quiet', href: '#/jobs' }, text.clear),
  );
}

/**
 * @param {Element} list
 * @param {Job[]} jobs
 * @param {number} total
 * @param {Wanted} wanted
 */
function draw(list, jobs, total, wanted) {
  if (jobs.length === 0) {
    const isSearch = wanted.status || wanted.name || wanted.offset;
    const [title, lead] = isSearch ? [text.noneFound, text.noneFoundLead] : [text.none, text.noneLead];
    const send = !isSearch && h('p', {}, h('a', { class: 'button primary', href: '#/' }, texts.nav.send));
    return put(list, h('div', { class: 'empty' }, h('h2', {}, title), h('p', {}, lead), send));
  }
  const focused = document.activeElement?.getAttribute('href');
  const columns = Object.values(text.columns).map((name) => h('th', { scope: 'col' }, name));
  const table = h('table', { class: 'jobs' }, h('thead', {}, h('tr', {}, ...columns)), h('tbody', {}, ...jobs.map(row)));
  put(list, table, pages(wanted, jobs.length, total));
  // Drawn anew, the list keeps the keyboard's place.
  if (focused) /** @type {HTMLElement | undefined} */ ([...list.querySelectorAll('a')].find((link) => link.getAttribute('href') === focused))?.focus();
}

/** @param {Job} job */
function row(job) {
  const { id, meta } = job;
  const sum = (/** @type {import('./api.js').Counts} */ counts) => number(Object.values(counts).reduce((all, count) => all + count, 0));
  const cell = (/** @type {string} */ name, /** @type {import('./dom.js').Child[]} */ ...children) => h('td', { 'data-name': name }, ...children);
  const { columns } = text;
  return h(
    'tr',
    {},
    h('th', { scope: 'row' }, h('a', { href: `#/jobs/${id}` }, h('bdi', {}, nameOf(job))), meta.dry_run && h('span', { class: 'chip' }, texts.job.rehearsal)),
    cell(columns.status, pill(job), meta.queue && h('small', {}, ` ${texts.job.place(meta.queue.position)}`)),
    cell(columns.imported, meta.dry_run ? '–' : sum(meta.records.imported)),
    cell(columns.errors, meta.errors === undefined ? '–' : number(meta.errors)),
    cell(columns.sent, h('time', { datetime: meta.timestamps.created_at, title: exactTime(meta.timestamps.created_at) }, time(meta.timestamps.created_at))),
  );
}

/**
 * @param {Wanted} wanted
 * @param {number} count
 * @param {number} total
 */
function pages(wanted, count, total) {
  const { offset } = wanted;
  if (total <= count && !offset) return null;
  const newer = offset > 0 && h('a', { class: 'button', href: addressOf({ ...wanted, offset: Math.max(0, offset - PAGE) }) }, text.newer);
  const older = offset + count < total && h('a', { class: 'button', href: addressOf({ ...wanted, offset: offset + PAGE }) }, text.older);
  return h('nav', { class: 'pages', 'aria-label': text.title }, newer, h('span', { class: 'soft' }, text.range(offset + 1, offset + count, total)), older);
}
