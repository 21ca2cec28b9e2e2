// Choosing a file and how it is imported.

import { h, put, button, say } from './dom.js';
import { texts } from './texts.js';
import { Problem } from './api.js';
import { otherKind } from './kinds.js';
import { MAX_FILE, send } from './sending.js';

const text = texts.send;

/** Chosen before, kept while the page is: whoever looks at a job and comes back finds it. @type {File | undefined} */
let chosen;

/** Why what is chosen can't be sent: empty where it can, `undefined` until that is known. @type {string | undefined} */
let fault;

/** @type {import('./main.js').View} */
export async function view({ main, signal }) {
  const wrong = h('div', { role: 'alert' });
  const problem = h('div', { role: 'alert' });
  const progress = h('div', {});
  const input = h('input', { type: 'file', id: 'file', class: 'unseen', accept: '.jsonl,.ndjson,.json,.gz,.txt,application/jsonl,application/gzip' });
  const name = h('p', { class: 'file-name' });
  const label = h('label', { for: 'file', class: 'choose' }, text.choose);
  const drop = h('div', { class: 'drop' }, name, h('p', { class: 'or' }, input, label));
  const options = optionFields();
  const go = h('button', { class: 'primary large' }, text.beginRehearsal);

  const draw = () => {
    put(name, ...(chosen ? [h('bdi', {}, chosen.name), ' ', h('span', { class: 'soft' }, text.size(chosen.size))] : [text.drop]));
    put(label, chosen ? text.other : text.choose);
    drop.classList.toggle('full', Boolean(chosen));
    go.disabled = !chosen || fault !== '';
    put(go, options.values().dry_run ? text.beginRehearsal : text.begin);
    put(problem);
    put(wrong, ...[several, fault].map((why) => why && h('p', { class: 'problem' }, why)));
  };
  /** Of several files the first is taken. @type {string | undefined} */
  let several;
  /**
   * @param {FileList | null | undefined} files
   * @param {FileSystemEntry | null} [entry] the first of what was dropped
   */
  const take = async (files, entry) => {
    const file = files?.[0];
    if (!file) return;
    [chosen, fault, several] = [file, undefined, files.length > 1 ? text.several(files.length) : undefined];
    draw();
    say(file.name);
    const found = await faultOf(file, entry);
    // Another may have been chosen meanwhile.
    if (chosen !== file) return;
    fault = found;
    if (!signal.aborted) draw();
  };
  input.addEventListener('change', () => take(input.files));
  // A file that misses the field is taken too: the browser would leave the page for it.
  for (const kind of /** @type {const} */ (['dragover', 'dragleave', 'drop'])) {
    const dragged = (/** @type {DragEvent} */ event) => {
      event.preventDefault();
      drop.classList.toggle('over', kind === 'dragover');
      if (kind !== 'drop') return;
      const { files, items } = event.dataTransfer ?? {};
      if (files?.length) take(files, items?.[0]?.webkitGetAsEntry());
      else put(wrong, h('p', { class: 'problem' }, text.kinds.nothing));
    };
    document.addEventListener(kind, dragged, { signal });
  }
  options.element.addEventListener('change', draw);

  const submit = async (/** @type {Event} */ event) => {
    event.preventDefault();
    if (!chosen || go.disabled) return;
    go.disabled = true;
    put(problem);
    try {
      await sendWithBar(chosen, options.values(), progress);
      chosen = undefined;
    } catch (error) {
      put(progress);
      draw();
      put(problem, ...explain(error));
    }
  };
  const form = h('form', { submit }, drop, wrong, options.element, problem, progress, h('p', { class: 'actions' }, go));
  put(main, h('h1', {}, text.title), h('p', { class: 'lead' }, text.lead), form);
  draw();
}

/**
 * Sends a file with a bar, and goes to its job.
 * @param {Blob} file
 * @param {import('./sending.js').Options} options
 * @param {Element} place
 */
export async function sendWithBar(file, options, place) {
  const attempt = new AbortController();
  const bar = h('progress', { max: 1, 'aria-label': texts.nav.send });
  const told = h('p', { class: 'soft' }, text.packing);
  const stop = button(text.stop, { class: 'quiet' }, () => attempt.abort());
  put(place, h('div', { class: 'sending' }, bar, told, stop));
  const progress = (/** @type {number} */ share) => {
    bar.value = share;
    put(told, text.sending(share));
  };
  const id = await send(file, options, { signal: attempt.signal, progress });
  location.hash = `#/jobs/${id}`;
}

/**
 * What went wrong with sending, or with something else that a title names.
 * @param {unknown} error
 * @param {string} [title]
 */
export function explain(error, title = text.failed) {
  const told = (/** @type {string} */ what, /** @type {string} */ why) => [h('div', { class: 'problem' }, h('strong', {}, what), h('p', {}, h('bdi', {}, why)))];
  if (error instanceof Problem) {
    if (error.kind === 'interrupted') return [];
    return told(error.kind === 'forbidden' ? texts.wrong.forbidden : title, error.status === 413 ? text.tooLarge : error.message);
  }
  const name = error instanceof DOMException ? error.name : '';
  if (name === 'AbortError') return [];
  // A file may be moved or changed after it was chosen, and a folder is none.
  if (name === 'NotReadableError' || name === 'NotFoundError') return told(title, text.unread);
  throw error;
}

/**
 * Why a file can't be sent; empty where it can.
 * @param {File} file
 * @param {FileSystemEntry | null} [entry]
 */
async function faultOf(file, entry) {
  if (entry?.isDirectory) return text.kinds.folder;
  if (file.size === 0) return text.empty;
  if (file.size > MAX_FILE) return text.tooLarge;
  try {
    return (await otherKind(file)) ?? '';
  } catch {
    return text.unread;
  }
}

function optionFields() {
  const rehearse = h('input', { type: 'checkbox', id: 'dry-run', checked: true, 'aria-describedby': 'dry-run-hint' });
  const name = h('input', { type: 'text', id: 'name', maxlength: 2048, autocomplete: 'off', 'aria-describedby': 'name-hint' });
  const lines = lineOptions({});
  const element = h(
    'fieldset',
    { class: 'options' },
    h('legend', { class: 'unseen' }, text.options),
    tick(rehearse, text.rehearse, text.rehearseHint, 'dry-run-hint'),
    h('div', { class: 'field' }, h('label', { for: 'name' }, text.name), name, h('small', { id: 'name-hint' }, text.nameHint)),
    ...lines.elements,
  );
  const values = () => ({ external_ref: name.value.trim() || undefined, dry_run: rehearse.checked, ...lines.values() });
  return { element, values };
}

/**
 * What becomes of lines that are stored already, or have attributes that nothing reads: for a file, and for lines that are mended.
 * @param {import('./sending.js').Options} given
 */
export function lineOptions({ on_conflict = 'fail', unknown: refuses }) {
  const unknown = h('input', { type: 'checkbox', id: 'unknown', checked: refuses === 'refuse', 'aria-describedby': 'unknown-hint' });
  const choices = Object.entries(text.storedChoices).map(([value, [what, why]]) =>
    h('label', { class: 'choice' }, h('input', { type: 'radio', name: 'on_conflict', value, checked: value === on_conflict }), h('span', {}, what, h('small', {}, why))),
  );
  const stored = h('fieldset', { class: 'choices' }, h('legend', {}, text.stored), ...choices);
  const conflict = () => /** @type {HTMLInputElement | null} */ (stored.querySelector(':checked'))?.value ?? 'fail';
  const values = () => ({ on_conflict: conflict() === 'fail' ? undefined : conflict(), unknown: unknown.checked ? 'refuse' : undefined });
  return { elements: [stored, tick(unknown, text.unknown, text.unknownHint, 'unknown-hint')], values };
}

/**
 * @param {HTMLElement} box
 * @param {string} what
 * @param {string} hint
 * @param {string} id of the hint
 */
const tick = (box, what, hint, id) => h('div', { class: 'tick' }, box, h('div', {}, h('label', { for: box.id }, what), h('small', { id }, hint)));
