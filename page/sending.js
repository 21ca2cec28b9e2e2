// How a file gets to the service: compressed, in a call while it is small enough, else straight into the bucket.

import { postFile, uploadFile } from './api.js';

/**
 * @typedef {object} Options
 * @property {string} [external_ref]
 * @property {boolean} [dry_run]
 * @property {string} [on_conflict]
 * @property {string} [unknown]
 */

/** What a call carries, less some room for options. */
const CALL = 4_200_000;

/** What the service unpacks at most. */
export const MAX_FILE = 256 << 20;

/** @typedef {{ file: Blob, options: Options }} Sent */

/** Files that were sent from here, by their jobs: after a rehearsal they are sent again. @type {Map<string, Sent>} */
export const sent = new Map();

/** Uploads whose jobs are still to come. @type {Set<string>} */
export const arriving = new Set();

/** What is lost with this page: files on their way, lines that were changed and not sent yet. Whoever closes it is asked. @type {Set<unknown>} */
export const atStake = new Set();
addEventListener('beforeunload', (event) => {
  if (atStake.size > 0) event.preventDefault();
});

/** @param {Blob} file */
export async function isPacked(file) {
  const start = new Uint8Array(await file.slice(0, 2).arrayBuffer());
  return start[0] === 0x1f && start[1] === 0x8b;
}

/** @param {Blob} file */
async function packed(file) {
  if (await isPacked(file)) return file;
  return new Response(file.stream().pipeThrough(new CompressionStream('gzip'))).blob();
}

/**
 * Sends a file.
 * @param {Blob} file
 * @param {Options} options
 * @param {{ signal?: AbortSignal, progress?: (share: number) => void }} call
 * @returns {Promise<string>} the job's id
 */
export async function send(file, options, call) {
  atStake.add(call);
  try {
    const body = await packed(file);
    call.progress?.(0);
    const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value));
    const texts = Object.fromEntries(Object.entries(given).map(([name, value]) => [name, String(value)]));
    const isSmall = body.size <= CALL;
    const id = await (isSmall ? postFile(body, texts, call) : uploadFile(body, given, call));
    if (!isSmall) arriving.add(id);
    sent.set(id, { file, options });
    return id;
  } finally {
    atStake.delete(call);
  }
}
