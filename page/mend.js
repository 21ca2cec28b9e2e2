// Refused lines in an editor, each with what is wrong with it: checked by a rehearsal, sent as a new job that says what it mends.

import { h, put, button, say, asSeen } from './dom.js';
import { texts } from './texts.js';
import { Problem, getJob, pause, readFailed } from './api.js';
import { send, arriving } from './sending.js';
import { isActive } from './job.js';
import { explain, sendWithBar } from './send.js';
import { read } from './failed.js';
import { Groups, isWhole } from './groups.js';
import { culprit, shown } from './text-of-line.js';

/** @typedef {import('./api.js').Failed} Failed */
/** @typedef {import('./api.js').LineError} LineError */
/**
 * A line under repair.
 * @typedef {object} Edit
 * @property {Failed} line
 * @property {HTMLTextAreaElement} field
 * @property {boolean} isLeftOut
 * @property {(errors: LineError[] | null) => void} tell `null`: nobody knows since it was changed
 */

const text = texts.mend;

/** How many lines a person is asked to mend at a time. */
const MOST = 200;

/** @type {import('./main.js').View} */
export async function view({ main, path, query, signal }) {
  const id = path[1] ?? '';
  const told = h('p', { class: 'soft' }, texts.groups.reading);
  put(main, h('h1', {}, text.title), told);
  const { job } = await getJob(id, signal);
  const groups = await read(id, signal, () => {});
  if (signal.aborted || !job) return;
  const all = groups.toMend(query.get('group'));
  const lines = all.slice(0, MOST);
  const back = h('a', { href: `#/jobs/${id}` }, text.back);
  if (lines.length === 0) return put(main, h('h1', {}, text.title), h('p', { class: 'lead' }, text.nothing), h('p', {}, back));
  const along = groups.along(lines).filter(isWhole);
  const options = { external_ref: `mends ${id}`, on_conflict: job.meta.on_conflict, unknown: job.meta.unknown };
  const bench = new Bench(lines, along, options, signal);
  put(
    main,
    h('p', {}, back),
    h('h1', {}, text.title),
    h('p', { class: 'lead' }, text.lead),
    all.length > lines.length && h('p', { class: 'soft' }, text.first(lines.length, all.length)),
    along.length > 0 && h('p', { class: 'soft' }, text.along(along.length)),
    bench.list,
    bench.foot,
  );
}

/** The lines under repair, and what can be done with them. */
class Bench {
  /**
   * @param {Failed[]} lines
   * @param {Failed[]} along
   * @param {import('./sending.js').Options} options
   * @param {AbortSignal} signal
   */
  constructor(lines, along, options, signal) {
    this.along = along;
    this.options = options;
    this.signal = signal;
    this.edits = lines.filter(isWhole).map((line) => this.edit(line));
    const rows = lines.map((line) => this.edits.find((edit) => edit.line === line) ?? line);
    this.list = h('div', {}, asSeen(rows, (row) => ('field' in row ? this.draw(row) : tooLong(row))));
    this.told = h('p', { role: 'status' });
    this.progress = h('div', { role: 'alert' });
    this.check = button(text.check, { class: 'primary' }, () => this.rehearse());
    this.send = button('', {}, () => this.import());
    this.foot = h('div', { class: 'foot' }, this.told, this.progress, h('p', { class: 'actions' }, this.check, this.send));
    this.count();
  }

  /**
   * @param {Failed} line
   * @returns {Edit}
   */
  edit(line) {
    const field = h('textarea', { id: `line-${line.line}`, spellcheck: 'false', autocapitalize: 'off', dir: 'ltr', rows: 3, 'aria-describedby': `wrong-${line.line}` });
    field.value = line.text.replace(/\r$/, '');
    /** @type {Edit} */
    const edit = { line, field, isLeftOut: false, tell: () => {} };
    field.addEventListener('input', () => {
      edit.tell(null);
      put(this.told, text.unchecked);
    });
    return edit;
  }

  /** @param {Edit} edit */
  draw(edit) {
    const { line, field } = edit;
    const wrong = h('div', { id: `wrong-${line.line}`, class: 'wrong' });
    const out = h('button', { type: 'button', class: 'quiet' }, text.drop);
    const box = h('section', { class: 'mending' }, h('div', { class: 'mending-head' }, h('label', { for: field.id }, text.line(line.line)), out), line.text_note && h('p', { class: 'soft' }, line.text_note), field, wrong);
    edit.tell = (errors) => {
      box.classList.toggle('good', errors?.length === 0);
      box.classList.toggle('changed', errors === null);
      if (errors === null) return;
      field.setAttribute('aria-invalid', String(errors.length > 0));
      put(wrong, ...(errors.length > 0 ? errors.map((error) => this.wrong(error, field)) : [h('p', {}, text.good)]));
    };
    out.addEventListener('click', () => {
      edit.isLeftOut = !edit.isLeftOut;
      field.disabled = edit.isLeftOut;
      box.classList.toggle('out', edit.isLeftOut);
      put(out, edit.isLeftOut ? text.keep : text.drop);
      this.count();
    });
    edit.tell(line.errors);
    return box;
  }

  /**
   * What is wrong; a click on it selects the culprit in the editor.
   * @param {LineError} error
   * @param {HTMLTextAreaElement} field
   */
  wrong(error, field) {
    const select = () => {
      const span = culprit(field.value, error);
      field.focus();
      if (span) field.setSelectionRange(...span);
    };
    return h('button', { type: 'button', class: 'find', click: select }, h('bdi', {}, shown(error.error)));
  }

  /** The edits that count. */
  kept() {
    return this.edits.filter(({ isLeftOut, field }) => !isLeftOut && field.value.trim());
  }

  count() {
    const count = this.kept().length + this.along.length;
    put(this.send, text.send(count));
    this.send.disabled = this.check.disabled = count === 0;
  }

  /** The lines as a file: the first is that of the first edit. */
  file() {
    // A line that was laid out over several is one line all the same.
    const edited = this.kept().map(({ field }) => field.value.replace(/[\r\n]+/g, ' '));
    return new Blob([...edited, ...this.along.map((line) => line.text)].map((line) => `${line}\n`), { type: 'application/jsonl' });
  }

  async rehearse() {
    const edits = this.kept();
    put(this.progress);
    put(this.told, text.checking);
    try {
      const id = await send(this.file(), { ...this.options, dry_run: true }, { signal: this.signal });
      const { lines } = await this.result(id);
      const sent = edits.length + this.along.length;
      edits.forEach((edit, index) => edit.tell(lines.get(index + 1)?.errors ?? []));
      const more = this.unfold(edits.length, lines);
      put(this.told, text.checked(sent - lines.size, lines.size), lines.size > 0 && ` ${text.sendAnyway}`);
      this.send.classList.toggle('primary', lines.size === 0);
      this.check.classList.toggle('primary', lines.size > 0);
      const firstBad = edits.find((_, index) => lines.has(index + 1)) ?? more[0];
      (firstBad?.field ?? this.send).focus();
    } catch (error) {
      put(this.told);
      put(this.progress, ...explain(error));
    }
  }

  /**
   * Lines that were sent along, and now turn out to have faults of their own, are mended like the others.
   * @param {number} before how many lines were before them in the file
   * @param {Map<number, Failed>} refused
   */
  unfold(before, refused) {
    const faulty = new Map(this.along.map((line, index) => [line, refused.get(before + index + 1)?.errors]));
    this.along = this.along.filter((line) => !faulty.get(line));
    const more = [...faulty].flatMap(([line, errors]) => (errors ? [this.edit({ ...line, errors })] : []));
    this.edits.push(...more);
    this.list.append(...more.map((edit) => this.draw(edit)));
    return more;
  }

  /**
   * The refused lines of a rehearsal, once it has ended.
   * @param {string} id
   */
  async result(id) {
    const groups = new Groups();
    for (let known = null; ; ) {
      const asked = Date.now();
      try {
        const { job, etag } = await getJob(id, this.signal, known);
        known = etag;
        if (job && !isActive(job)) {
          if (job.meta.errors) await readFailed(id, this.signal, (lines) => groups.add(lines));
          return groups;
        }
      } catch (error) {
        const isToCome = error instanceof Problem && error.kind === 'gone' && arriving.has(id);
        if (!isToCome) throw error;
      }
      await pause(Math.max(0, asked + 500 - Date.now()), this.signal);
    }
  }

  async import() {
    put(this.told);
    say(texts.send.packing);
    try {
      await sendWithBar(this.file(), this.options, this.progress);
    } catch (error) {
      put(this.progress, ...explain(error));
    }
  }
}

/** @param {Failed} line */
function tooLong(line) {
  return h('section', { class: 'mending out' }, h('div', { class: 'mending-head' }, h('b', {}, text.line(line.line))), h('p', {}, text.tooLong));
}
