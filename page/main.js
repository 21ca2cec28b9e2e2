// Where the address leads: the part behind `#` names the view and what it shows, so that it can be shared.

import { h, put, byId, say } from './dom.js';
import { texts } from './texts.js';
import { host, Problem } from './api.js';
import { comesBack, giveTokens, signInOrOut } from './sign-in.js';

/**
 * A view draws itself into `main` and ends with its signal.
 * @typedef {object} Place
 * @property {HTMLElement} main
 * @property {string[]} path
 * @property {URLSearchParams} query
 * @property {AbortSignal} signal
 */
/** @typedef {(place: Place) => Promise<void>} View */

const main = byId('main');
let shown = new AbortController();

/** @param {string[]} path @returns {Promise<View>} */
async function viewOf([first, , third]) {
  if (first !== 'jobs') return (await import('./send.js')).view;
  if (third === 'mend') return (await import('./mend.js')).view;
  return location.hash.split('?')[0] === '#/jobs' ? (await import('./jobs.js')).view : (await import('./job.js')).view;
}

async function show() {
  shown.abort();
  shown = new AbortController();
  const signal = shown.signal;
  const [path = '', query = ''] = location.hash.replace(/^#\/?/, '').split('?');
  const place = { main, path: path.split('/'), query: new URLSearchParams(query), signal };
  for (const link of document.querySelectorAll('nav a')) {
    const isHere = (link.getAttribute('href') === '#/jobs') === (place.path[0] === 'jobs');
    if (isHere) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
  try {
    const view = await viewOf(place.path);
    if (!signal.aborted) await view(place);
  } catch (error) {
    if (!signal.aborted) put(main, ...wrong(error));
  }
  if (!signal.aborted) document.title = `${main.querySelector('h1')?.textContent ?? ''} – ${texts.title}`;
}

/**
 * What a person reads when a view can't be shown.
 * @param {unknown} error
 */
function wrong(error) {
  const back = h('p', {}, h('a', { href: '#/jobs' }, texts.wrong.back));
  if (error instanceof Problem && error.kind === 'gone') {
    return [h('h1', {}, texts.wrong.gone), h('p', { class: 'lead' }, texts.wrong.goneLead), back];
  }
  if (error instanceof Problem) {
    const title = error.kind === 'forbidden' ? texts.wrong.forbidden : texts.send.failed;
    return [h('h1', {}, title), h('p', { class: 'problem', role: 'alert' }, error.message), back];
  }
  return [h('h1', {}, texts.wrong.broken), ...fault(error), back];
}

/**
 * A fault of the page itself: what to do, and what to send to whom.
 * @param {unknown} error
 */
function fault(error) {
  const told = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return [h('p', {}, texts.wrong.brokenLead), h('pre', {}, told)];
}

function showTrouble() {
  const notice = byId('notice');
  /** @type {'offline' | 'busy' | null} */
  let now = null;
  host.trouble = (what) => {
    if (what === now) return;
    if (now === 'offline' && !what) say(texts.trouble.again);
    now = what;
    put(notice, what && h('p', {}, texts.trouble[what]));
  };
}

async function begin() {
  if (comesBack()) return;
  showTrouble();
  // Nothing ends in silence.
  addEventListener('unhandledrejection', ({ reason }) => put(byId('notice'), h('p', {}, texts.wrong.broken), ...fault(reason)));
  giveTokens(fetch(new URL('settings.json', import.meta.url)).then((answer) => answer.json()));
  put(
    /** @type {Element} */ (document.querySelector('nav')),
    h('a', { href: '#/' }, texts.nav.send),
    h('a', { href: '#/jobs' }, texts.nav.jobs),
    h('button', { id: 'sign', type: 'button', class: 'quiet', click: signInOrOut }, texts.signIn.begin),
  );
  addEventListener('hashchange', async () => {
    await show();
    main.focus({ preventScroll: true });
    scrollTo(0, 0);
  });
  await show();
}

await begin();
