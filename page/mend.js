// Refused lines in an editor, each with what is wrong with it: checked by a rehearsal, sent as a new job that says what it mends.

import { h, put, button, say, asSeen } from './dom.js';
import { texts } from './texts.js';
import { Problem, getJob, pause, results } from './api.js';
import { arriving, atStake, send } from './sending.js';
import { isActive } from './job.js';
import { explain, lineOptions, sendWithBar } from './send.js';
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
 * @property {(value: string) => void} change
 */

const text = texts.mend;

/** How many lines a person is asked to mend at a time. */
const MOST = 200;

/** What was typed and not sent yet, by job and line: whoever looks elsewhere and comes back finds it. @type {Map<string, string>} */
const typed = new Map();

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
  const options = lineOptions(job.meta);
  // Some lines are good as they are, if they are sent another way.
  const isOpen = lines.some(({ errors }) => errors.some(({ code }) => code === 'already_exists' || code === 'unknown_attribute'));
  const bench = new Bench(id, lines, along, () => ({ external_ref: `mends ${id}`, ...options.values() }), signal);
  put(
    main,
    h('p', {}, back),
    h('h1', {}, text.title),
    h('p', { class: 'lead' }, text.lead),
    all.length > lines.length && h('p', { class: 'soft' }, text.first(lines.length, all.length)),
    along.length > 0 && h('p', { class: 'soft' }, text.along(along.length)),
    h('details', { class: 'aside', open: isOpen }, h('summary', {}, texts.send.options), h('div', { class: 'options', change: () => put(bench.told, text.unchecked) }, ...options.elements)),
    bench.edits.length > 1 && bench.replacing(),
    bench.list,
    bench.foot,
  );
}

/** The lines under repair, and what can be done with them. */
class Bench {
  /**
   * @param {string} id of the job that is mended
   * @param {Failed[]} lines
   * @param {Failed[]} along
   * @param {() => import('./sending.js').Options} options
   * @param {AbortSignal} signal
   */
  constructor(id, lines, along, options, signal) {
    this.id = id;
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
    const key = `${this.id} ${line.line}`;
    field.value = typed.get(key) ?? line.text.replace(/\r$/, '');
    const changed = () => {
      typed.set(key, field.value);
      atStake.add(key);
      edit.tell(null);
      put(this.told, text.unchecked);
      this.count();
    };
    const change = (/** @type {string} */ value) => ((field.value = value), changed());
    /** @type {Edit} */
    const edit = { line, field, isLeftOut: false, tell: () => {}, change };
    field.addEventListener('input', changed);
    return edit;
  }

  /** @param {Edit} edit */
  draw(edit) {
    const { line, field } = edit;
    const wrong = h('div', { id: `wrong-${line.line}`, class: 'wrong' });
    const out = h('button', { type: 'button', class: 'quiet' }, text.drop);
    const box = h('section', { class: 'mending' }, h('div', { class: 'mending-head' }, h('label', { for: field.id }, text.line(line.line), line.external_ref ? h('bdi', {}, ` ${shown(line.external_ref)}`) : null), out), line.text_note && h('p', { class: 'soft' }, line.text_note), field, wrong);
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
    if (typed.has(`${this.id} ${line.line}`)) edit.tell(null);
    return box;
  }

  /** What is wrong in the same way in many lines is mended once. */
  replacing() {
    const [from, to] = ['from', 'to'].map((id) => h('input', { id, type: 'text', spellcheck: 'false', autocapitalize: 'off', autocomplete: 'off' }));
    const told = h('p', { role: 'status' });
    const replace = () => {
      const before = this.kept().filter(({ field }) => from?.value && field.value.includes(from.value)).map((edit) => ({ edit, value: edit.field.value }));
      for (const { edit, value } of before) edit.change(value.replaceAll(from?.value ?? '', () => to?.value ?? ''));
      const undo = () => {
        for (const { edit, value } of before) edit.change(value);
        put(told);
      };
      put(told, text.replaced(before.length), ' ', before.length > 0 && h('button', { type: 'button', class: 'quiet', click: undo }, text.undo));
    };
    return h(
      'details',
      { class: 'aside' },
      h('summary', {}, text.replaceTitle),
      h(
        'form',
        { submit: (/** @type {Event} */ event) => (event.preventDefault(), replace()) },
        h('div', {}, h('label', { for: 'from' }, text.replaceFrom), from),
        h('div', {}, h('label', { for: 'to' }, text.replaceTo), to),
        h('button', {}, text.replace),
      ),
      told,
    );
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
    const count = this.kept().flatMap(linesOf).length + this.along.length;
    put(this.send, text.send(count));
    this.send.disabled = this.check.disabled = count === 0;
  }

  /** The lines as a file: the first is that of the first edit. */
  file() {
    const edited = this.kept().flatMap(linesOf);
    return new Blob([...edited, ...this.along.map((line) => line.text)].map((line) => `${line}\n`), { type: 'application/jsonl' });
  }

  async rehearse() {
    const edits = this.kept().map((edit) => ({ edit, count: linesOf(edit).length }));
    put(this.progress);
    put(this.told, text.checking);
    try {
      const id = await send(this.file(), { ...this.options(), dry_run: true }, { signal: this.signal });
      const { lines } = await this.result(id);
      const bad = [];
      let before = 0;
      for (const { edit, count } of edits) {
        const errors = Array.from({ length: count }, (_, index) => lines.get(before + index + 1)?.errors ?? []).flat();
        before += count;
        edit.tell(errors);
        if (errors.length > 0) bad.push(edit);
      }
      const sent = before + this.along.length;
      bad.push(...this.unfold(before, lines));
      put(this.told, text.checked(sent - lines.size, lines.size), lines.size > 0 && ` ${text.sendAnyway}`);
      this.send.classList.toggle('primary', lines.size === 0);
      this.check.classList.toggle('primary', lines.size > 0);
      (bad[0]?.field ?? this.send).focus();
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
          if (!job.meta.errors) return groups;
          for await (const lines of results(id, 'failed', this.signal)) groups.add(lines);
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
      await sendWithBar(this.file(), this.options(), this.progress);
      for (const { line } of this.edits) [typed, atStake].forEach((kept) => kept.delete(`${this.id} ${line.line}`));
    } catch (error) {
      put(this.progress, ...explain(error));
    }
  }
}

/**
 * The lines of an edit: one, even if it was laid out over several; or an object each, where several stand below each other.
 * @param {Edit} edit
 */
function linesOf({ field }) {
  return field.value.trim().split(/(?<=\})\s*\n\s*(?=\{)/).map((line) => line.replace(/[\r\n]+/g, ' '));
}

/** @param {Failed} line */
function tooLong(line) {
  return h('section', { class: 'mending out' }, h('div', { class: 'mending-head' }, h('b', {}, text.line(line.line))), h('p', {}, text.tooLong));
}
