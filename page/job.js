// One job: on its way, and at its end.

import { h, put, button, say, download } from './dom.js';
import { exactTime, number, texts, time } from './texts.js';
import { Problem, addressOf, cancelJob, getJob, pause } from './api.js';
import { arriving, sent } from './sending.js';
import { sendWithBar, explain } from './send.js';
import { failedLines } from './failed.js';
import { noticedLines } from './noticed.js';

/** @typedef {import('./api.js').Job} Job */
/** @typedef {import('./api.js').Counts} Counts */

const text = texts.job;

/** @param {Counts | undefined} counts */
const sum = (counts) => Object.values(counts ?? {}).reduce((all, count) => all + count, 0);

/** @param {Job} job */
export const isActive = ({ attributes: { status } }) => status === 'pending' || status === 'started';

/** The job that this one mends, by its name. @param {string | undefined} name */
export const mended = (name) => /^mends ([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$/.exec(name ?? '')?.[1];

/** @param {Job} job */
export function pill({ attributes: { status }, meta }) {
  const shown = meta.failure?.code === 'cancelled' ? 'cancelled' : status;
  return h('span', { class: `pill ${shown}` }, texts.status[shown]);
}

/** What a job is called. @param {Job} job */
export function nameOf({ id, attributes: { external_ref } }) {
  const other = mended(external_ref);
  if (other) return `${text.mends} ${text.title(other)}`;
  return external_ref || text.title(id);
}

/** @type {import('./main.js').View} */
export async function view({ main, path, query, signal }) {
  const id = path[1] ?? '';
  const parts = { head: h('div', {}), actions: h('div', {}), body: h('div', {}), failed: h('div', {}), noticed: h('div', {}) };
  let [known, before] = [/** @type {string | null} */ (null), ''];
  while (!signal.aborted) {
    const asked = Date.now();
    const job = await next(id, known, signal, (etag) => (known = etag), main);
    if (job) {
      if (!before) put(main, ...Object.values(parts));
      draw(parts, job);
      if (before && before !== job.attributes.status) say(texts.status[job.attributes.status]);
      document.title = `${texts.status[job.attributes.status]}: ${nameOf(job)} – ${texts.title}`;
      before = job.attributes.status;
      if (!isActive(job)) {
        await failedLines({ job, place: parts.failed, query, signal, figures: parts.body });
        return noticedLines({ job, place: parts.noticed, query, signal });
      }
    }
    // Whatever the service does, it is asked once a second at most, and by a page that somebody looks at.
    await pause(Math.max(0, asked + 1000 - Date.now()), signal);
    await whenVisible(signal);
  }
}

/**
 * The job once it has changed, or nothing when it is to be asked for again.
 * @param {string} id
 * @param {string | null} known
 * @param {AbortSignal} signal
 * @param {(etag: string | null) => void} note
 * @param {Element} main
 */
async function next(id, known, signal, note, main) {
  try {
    const { job, etag } = await getJob(id, signal, known);
    arriving.delete(id);
    note(etag);
    return job;
  } catch (error) {
    if (error instanceof Problem && error.kind === 'gone' && arriving.has(id)) {
      put(main, h('h1', {}, text.title(id)), h('p', { class: 'lead' }, text.arriving), h('progress', {}));
      return undefined;
    }
    if (error instanceof Problem && error.kind === 'interrupted') return undefined;
    throw error;
  }
}

/** @param {AbortSignal} signal @returns {Promise<void>} */
export function whenVisible(signal) {
  if (!document.hidden) return Promise.resolve();
  return new Promise((resolve) => {
    document.addEventListener('visibilitychange', () => resolve(), { once: true, signal });
    signal.addEventListener('abort', () => resolve());
  });
}

/**
 * @param {{ head: Element, actions: Element, body: Element }} parts
 * @param {Job} job
 */
function draw(parts, job) {
  const { meta, attributes } = job;
  const other = mended(attributes.external_ref);
  put(
    parts.head,
    h('div', { class: 'title' }, h('h1', {}, h('bdi', {}, nameOf(job))), pill(job)),
    h('p', { class: 'facts' }, ...facts(job)),
    other ? h('p', {}, `${text.mends} `, h('a', { href: `#/jobs/${other}` }, text.title(other))) : null,
    meta.failure ? h('div', { class: 'problem' }, h('strong', {}, text.whole), h('p', {}, h('bdi', {}, meta.failure.error))) : null,
  );
  // What somebody is about to click stays under the finger, also when the job starts.
  const state = isActive(job) ? `active ${Boolean(meta.timestamps.cancel_requested_at)}` : 'ended';
  if (parts.actions.getAttribute('data-of') !== state) {
    // Where the question stood there is no button: a click that was meant for it does nothing else.
    const tooLate = !isActive(job) && parts.actions.querySelector('.danger') && h('p', { class: 'too-late', role: 'status' }, text.tooLate);
    put(parts.actions, tooLate, isActive(job) ? cancelling(job) : ended(job));
    parts.actions.setAttribute('data-of', state);
  }
  put(parts.body, isActive(job) ? onItsWay(job) : figures(job), bars(job));
}

/** @param {Job} job */
function facts({ meta: { timestamps: at, dry_run, on_conflict, unknown } }) {
  const waited = at.started_at && Date.parse(at.started_at) - Date.parse(at.created_at);
  const ran = at.started_at && (at.finished_at ? Date.parse(at.finished_at) : Date.now()) - Date.parse(at.started_at);
  const all = [
    dry_run && h('span', { class: 'chip' }, text.rehearsal),
    h('span', {}, `${text.created} `, h('time', { datetime: at.created_at, title: exactTime(at.created_at) }, time(at.created_at))),
    typeof waited === 'number' && waited > 1000 && text.waited(waited),
    typeof ran === 'number' && (at.finished_at ? text.ran(ran) : text.runs(ran)),
    on_conflict && text.policies[on_conflict],
    unknown && text.refuses,
  ];
  return all.filter(Boolean).map((fact) => (typeof fact === 'string' ? h('span', {}, fact) : fact));
}

/** @param {Job} job */
function onItsWay({ meta, attributes: { status } }) {
  const place = meta.queue && text.place(meta.queue.position);
  return h('div', { class: 'way' }, h('p', {}, status === 'pending' ? place : text.running), status === 'started' && h('progress', { 'aria-label': text.running }));
}

/** @param {Job} job */
function cancelling(job) {
  if (job.meta.timestamps.cancel_requested_at) return h('p', { class: 'soft' }, text.cancelling);
  const place = h('div', { class: 'actions' });
  const problem = h('div', { role: 'alert' });
  const ask = () => {
    const yes = button(text.cancelYes, { class: 'danger' }, async () => {
      try {
        await cancelJob(job.id);
        put(place, h('p', { class: 'soft' }, text.cancelling));
        say(text.cancelling);
      } catch (error) {
        // It may have ended meanwhile: then the next look at it says so.
        put(problem, ...(error instanceof Problem && error.status === 409 ? [] : explain(error)));
        put(place, first);
      }
    });
    put(place, h('p', {}, text.cancelAsk), yes, h('button', { type: 'button', click: () => (put(place, first), first.focus()) }, text.cancelNo));
    yes.focus();
  };
  const first = h('button', { type: 'button', click: ask }, text.cancel);
  put(place, first);
  return h('div', {}, place, problem);
}

/** @param {Job} job */
function ended(job) {
  const { meta } = job;
  const place = h('div', { role: 'alert' });
  const good = sum(meta.records.importable);
  const file = sent.get(job.id);
  const real = (/** @type {import('./sending.js').Sent} */ { file, options }) => async () => {
    try {
      await sendWithBar(file, { ...options, dry_run: false }, place);
    } catch (error) {
      put(place, ...explain(error));
    }
  };
  const fetchFile = (/** @type {'results' | 'failed-lines'} */ what) => async () => {
    put(place);
    try {
      download(await addressOf(job.id, what));
    } catch (error) {
      put(place, ...explain(error, texts.wrong.reportGone));
    }
  };
  const [isGood, hasFailed] = [meta.dry_run && good > 0, Boolean(meta.errors)];
  return h(
    'div',
    {},
    h(
      'div',
      { class: 'actions' },
      isGood && file && button(text.importGood(good), { class: 'primary' }, real(file)),
      isGood && !file && h('a', { class: 'button primary', href: '#/' }, text.chooseAgain),
      hasFailed && h('a', { class: isGood ? 'button' : 'button primary', href: `#/jobs/${job.id}/mend` }, text.mendAll),
      hasFailed && button(text.failedLines, {}, fetchFile('failed-lines')),
      button(text.results, {}, fetchFile('results')),
    ),
    isGood && !file && h('p', { class: 'soft' }, text.fileGone(good)),
    place,
  );
}

/** @param {Job} job */
function figures({ meta: { records, dry_run, errors, warnings } }) {
  const skipped = sum(records.skipped ?? records.would_skip);
  const done = sum(records.importable ?? records.imported) - skipped;
  const figure = (/** @type {string} */ kind, /** @type {number | string} */ count, /** @type {string} */ what) =>
    h('div', { class: `figure ${kind}`, 'data-count': count }, h('dd', {}, typeof count === 'number' ? number(count) : count), h('dt', {}, what));
  return h(
    'div',
    {},
    h(
      'dl',
      { class: 'figures' },
      figure('done', done, dry_run ? text.figures.importable : text.figures.imported),
      figure('skipped', skipped, text.figures.skipped),
      figure('refused', errors ? '…' : 0, text.figures.refused),
    ),
    // How many lines were refused, and so how many there are, is known once they are read: a job counts their errors.
    h('p', { class: 'soft', id: 'total' }, !errors && text.lines(done + skipped)),
    warnings ? h('p', {}, text.warnings(warnings)) : null,
    !errors && !dry_run && done > 0 ? h('p', { class: 'good' }, text.allGood) : null,
  );
}

/** @param {Job} job */
function bars({ meta: { records } }) {
  const got = records.importable ?? records.imported;
  const skips = records.skipped ?? records.would_skip ?? {};
  const rows = Object.entries(texts.types).flatMap(([type, name]) => {
    const [read, done] = [records.uploaded[type] ?? 0, got[type] ?? 0];
    if (read === 0) return [];
    const part = (/** @type {string} */ kind, /** @type {number} */ count) => {
      const piece = h('i', { class: kind });
      piece.style.width = `${(100 * count) / read}%`;
      return piece;
    };
    const bar = h('span', { class: 'bar', 'aria-hidden': 'true' }, part('done', done - (skips[type] ?? 0)), part('skipped', skips[type] ?? 0));
    return [h('tr', {}, h('th', { scope: 'row' }, name), h('td', {}, bar), h('td', { class: 'count' }, text.byTypeCount(done, read)))];
  });
  return rows.length > 0 && h('table', { class: 'bars' }, h('caption', {}, text.byType), h('tbody', {}, ...rows));
}
