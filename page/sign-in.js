// The token: got from the issuer by authorization code with PKCE in a window of its own, or pasted. It is kept in memory alone.

import { h, put, byId } from './dom.js';
import { host } from './api.js';
import { texts } from './texts.js';

/**
 * What the stack says of itself.
 * @typedef {{ issuer: string, client_id: string, audience: string }} Settings
 */

/** The window that comes back from the issuer hands its address over here: no other origin can listen. */
const CHANNEL = 'imports-sign-in';

let token = '';
let refused = '';
/** @type {((token: string) => void)[]} */
let waiting = [];
/** @type {HTMLDialogElement | undefined} */
let dialog;

/** Whether this window is the one that comes back from the issuer. It then has nothing else to do. */
export function comesBack() {
  const query = new URLSearchParams(location.search);
  if (!query.has('state')) return false;
  const channel = new BroadcastChannel(CHANNEL);
  channel.postMessage(location.search);
  history.replaceState(null, '', location.pathname);
  window.close();
  return true;
}

/** @param {ArrayBuffer | Uint8Array<ArrayBuffer>} bytes */
function base64url(bytes) {
  return btoa(String.fromCharCode(...new Uint8Array(bytes))).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
}

const chance = () => base64url(crypto.getRandomValues(new Uint8Array(32)));

/**
 * @param {Settings} settings
 * @param {AbortSignal} signal
 * @returns {Promise<string>} a token
 */
async function fromIssuer({ issuer, client_id, audience }, signal) {
  // Opened at once: a window that opens later than its click is taken for an advertisement.
  const own = window.open('about:blank', CHANNEL, 'popup,width=520,height=680');
  if (!own) throw new Error(texts.signIn.blocked);
  const discovery = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const { authorization_endpoint, token_endpoint } = await (await fetch(discovery)).json();
  const [verifier, state] = [chance(), chance()];
  const code_challenge = base64url(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier)));
  const redirect_uri = location.origin + location.pathname;
  const wanted = { response_type: 'code', client_id, redirect_uri, scope: 'openid imports:read imports:write', audience };
  const query = new URLSearchParams({ ...wanted, state, code_challenge, code_challenge_method: 'S256' });
  const separator = String(authorization_endpoint).includes('?') ? '&' : '?';
  const returned = answerOf(state, own, signal);
  own.location.href = `${authorization_endpoint}${separator}${query}`;
  const code = (await returned).get('code') ?? '';
  const body = new URLSearchParams({ grant_type: 'authorization_code', code, redirect_uri, client_id, code_verifier: verifier });
  const answer = await (await fetch(token_endpoint, { method: 'POST', body })).json();
  if (!answer.access_token) throw new Error(texts.signIn.refused(answer.error_description ?? answer.error ?? ''));
  return answer.access_token;
}

/**
 * What the issuer sent the window back with.
 * @param {string} state
 * @param {Window} own
 * @param {AbortSignal} signal
 * @returns {Promise<URLSearchParams>}
 */
function answerOf(state, own, signal) {
  return new Promise((resolve, reject) => {
    const channel = new BroadcastChannel(CHANNEL);
    const end = () => {
      channel.close();
      own.close();
    };
    signal.addEventListener('abort', () => {
      end();
      reject(new Error(texts.signIn.closed));
    });
    channel.onmessage = ({ data }) => {
      const query = new URLSearchParams(String(data));
      if (query.get('state') !== state) return;
      end();
      if (query.has('code')) resolve(query);
      else reject(new Error(texts.signIn.refused(query.get('error_description') ?? query.get('error') ?? '')));
    };
  });
}

/** Whoever does not sign in now is asked again by the next call. */
function forget() {
  dialog?.remove();
  dialog = undefined;
}

/** @param {string} fresh */
function take(fresh) {
  token = fresh;
  forget();
  for (const resolve of waiting.splice(0)) resolve(token);
  put(byId('sign'), texts.nav.signOut);
}

/** @param {Settings} settings */
function ask(settings) {
  if (dialog || token) return;
  const text = texts.signIn;
  const problem = h('p', { class: 'problem', role: 'alert' });
  let attempt = new AbortController();
  const begin = async () => {
    attempt.abort();
    attempt = new AbortController();
    put(problem);
    try {
      take(await fromIssuer(settings, attempt.signal));
    } catch (error) {
      put(problem, error instanceof TypeError ? text.unreachable : String(error instanceof Error ? error.message : error));
    }
  };
  const pasted = h('textarea', { id: 'token', rows: 3, spellcheck: 'false', autocomplete: 'off' });
  const use = () => {
    const given = pasted.value.trim().replace(/^(authorization:\s*)?bearer\s+/i, '');
    if (given.split('.').length === 3) take(given);
    else put(problem, given ? text.noToken : text.empty);
  };
  const paste = h(
    'form',
    { submit: (/** @type {Event} */ event) => (event.preventDefault(), use()) },
    h('label', { for: 'token' }, text.paste),
    pasted,
    h('button', { class: settings.client_id ? '' : 'primary' }, text.use),
  );
  dialog = h(
    'dialog',
    { class: 'sign-in', 'aria-labelledby': 'sign-in', close: forget },
    h('h2', { id: 'sign-in' }, refused ? text.over : text.title),
    h('p', {}, refused ? text.overLead : text.lead),
    settings.client_id ? h('button', { type: 'button', class: 'primary', click: begin }, text.begin) : null,
    settings.client_id ? h('details', {}, h('summary', {}, text.otherwise), paste) : paste,
    problem,
    h('p', { class: 'actions' }, h('button', { type: 'button', class: 'quiet', click: forget }, text.notNow)),
  );
  document.body.append(dialog);
  dialog.showModal();
}

/**
 * Gives calls their token, and asks for one where there is none.
 * @param {Promise<Settings>} settings
 */
export function giveTokens(settings) {
  host.token = () =>
    token
      ? Promise.resolve(token)
      : new Promise((resolve) => {
          waiting.push(resolve);
          settings.then(ask);
        });
  host.refused = (used) => {
    refused = used;
    if (token === used) token = '';
  };
}

/** Asks for a token; where there is one already, forgets it and all that the page holds. */
export function signInOrOut() {
  if (token) location.reload();
  else host.token();
}
