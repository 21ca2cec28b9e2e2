// Calls of the API: one at a time, patient with the network, and in the words that a view needs of what went wrong.

/** @typedef {Record<string, number>} Counts by type */
/**
 * @typedef {object} Job
 * @property {string} id
 * @property {{ external_ref?: string, status: 'pending' | 'started' | 'success' | 'failed' }} attributes
 * @property {JobMeta} meta
 */
/**
 * @typedef {object} JobMeta
 * @property {{ created_at: string, updated_at: string, started_at?: string, finished_at?: string, cancel_requested_at?: string }} timestamps
 * @property {{ uploaded: Counts, imported: Counts, importable?: Counts, created?: Counts, updated?: Counts, skipped?: Counts,
 *   would_create?: Counts, would_update?: Counts, would_skip?: Counts }} records
 * @property {boolean} [dry_run]
 * @property {'skip' | 'update'} [on_conflict]
 * @property {'refuse'} [unknown]
 * @property {number} [warnings]
 * @property {{ code: string, error: string }} [failure]
 * @property {number} [errors]
 * @property {{ root_causes: number, blocked: number }} [error_counts]
 * @property {{ position: number }} [queue]
 */
/** @typedef {{ code: string, field: string, error: string, blocked_by?: number }} LineError */
/**
 * A line as the results have it: a refused one with its errors and its text, any other perhaps with warnings.
 * @typedef {object} Failed
 * @property {number} line
 * @property {string} [type]
 * @property {string} [external_ref]
 * @property {LineError[]} errors
 * @property {{ code: string, field: string, warning: string }[]} [warnings]
 * @property {string} text
 * @property {string} [text_note]
 * @property {number} [blocked_by]
 * @property {boolean} [is_cut] whether this page keeps its beginning alone
 */
/** @typedef {{ url: string, fields: Record<string, string> }} Form */
/**
 * @typedef {object} Call
 * @property {string} [method]
 * @property {BodyInit} [body]
 * @property {Record<string, string>} [headers]
 * @property {AbortSignal} [signal] ends the call, and any wait for it
 * @property {boolean} [isLive] a call that waits for news: any other call interrupts it
 * @property {(share: number) => void} [progress] of a body on its way
 */
/** @typedef {{ status: number, etag: string | null, body: any }} Answer */

const IMPORTS = new URL('../v2/subscriptions/imports', import.meta.url).href;

/** What went wrong, as far as a view has to tell it apart. */
export class Problem extends Error {
  /**
   * @param {'gone' | 'forbidden' | 'refused' | 'interrupted'} kind
   * @param {string} message
   * @param {number} [status]
   */
  constructor(kind, message, status) {
    super(message);
    this.kind = kind;
    this.status = status;
  }
}

/**
 * Who is asked for what only the page around can give.
 * @type {{ token: () => Promise<string>, refused: (token: string) => void, trouble: (what: 'offline' | 'busy' | null) => void }}
 */
export const host = { token: async () => '', refused: () => {}, trouble: () => {} };

let last = Promise.resolve();
/** @type {AbortController | undefined} */
let live;
let waiting = 0;

/**
 * Does one thing after another: a tab has one call under way at most.
 * @template T
 * @param {boolean} isLive
 * @param {AbortSignal | undefined} signal
 * @param {(signal: AbortSignal) => Promise<T>} work
 * @returns {Promise<T>}
 */
async function inTurn(isLive, signal, work) {
  live?.abort();
  const before = last;
  let done = () => {};
  last = new Promise((resolve) => (done = resolve));
  waiting += 1;
  await before;
  waiting -= 1;
  const own = new AbortController();
  if (isLive) live = own;
  // One that would wait for news lets those go first that came while it stood in the row.
  if (isLive && waiting > 0) own.abort();
  try {
    return await work(signal ? AbortSignal.any([signal, own.signal]) : own.signal);
  } finally {
    if (live === own) live = undefined;
    done();
  }
}

/**
 * @param {number} milliseconds
 * @param {AbortSignal} [signal]
 * @returns {Promise<void>}
 */
export function pause(milliseconds, signal) {
  return new Promise((resolve) => {
    const over = () => {
      clearTimeout(timer);
      removeEventListener('online', over);
      resolve();
    };
    const timer = setTimeout(over, milliseconds);
    addEventListener('online', over);
    signal?.addEventListener('abort', over);
  });
}

/**
 * Sends a body and tells how far it is, which `fetch` does not.
 * @param {string} url
 * @param {Call} call
 * @param {AbortSignal} signal
 * @returns {Promise<Response>}
 */
function upload(url, { method, body, headers, progress }, signal) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open(method ?? 'POST', url);
    for (const [name, value] of Object.entries(headers ?? {})) request.setRequestHeader(name, value);
    request.upload.onprogress = ({ loaded, total }) => progress?.(total ? loaded / total : 0);
    request.onload = () => {
      const bodiless = request.status === 204 || request.status === 304;
      const retry = request.getResponseHeader('Retry-After');
      const init = { status: request.status, headers: retry ? { 'Retry-After': retry } : undefined };
      resolve(new Response(bodiless ? null : request.responseText, init));
    };
    request.onerror = () => reject(new TypeError('network'));
    request.onabort = () => reject(new DOMException('', 'AbortError'));
    signal.addEventListener('abort', () => request.abort());
    request.send(/** @type {XMLHttpRequestBodyInit} */ (body));
  });
}

/**
 * Sends until an answer comes that another attempt would not change.
 * @param {string} url
 * @param {Call} call
 * @param {boolean} isOurs whether the token goes with it
 * @returns {Promise<Response>}
 */
async function patiently(url, call, isOurs) {
  for (let attempt = 0; ; attempt += 1) {
    call.signal?.throwIfAborted();
    const token = isOurs ? await host.token() : '';
    const headers = { ...call.headers, ...(isOurs ? { Authorization: `Bearer ${token}` } : {}) };
    let wait = Math.min(15_000, 1000 * 2 ** attempt) * (0.7 + Math.random() / 2);
    try {
      const answer = await inTurn(call.isLive ?? false, call.signal, (signal) => {
        const sent = { ...call, headers, signal };
        return call.progress ? upload(url, sent, signal) : fetch(url, { ...sent, cache: 'no-store', credentials: 'omit' });
      });
      if (answer.status === 401 && isOurs) {
        host.refused(token);
        continue;
      }
      if (answer.status !== 429 && answer.status < 500) {
        host.trouble(null);
        return answer;
      }
      host.trouble('busy');
      wait = Math.max(wait, Number(answer.headers.get('Retry-After') ?? 0) * 1000);
    } catch (error) {
      if (error instanceof DOMException && error.name === 'AbortError') throw new Problem('interrupted', '');
      host.trouble('offline');
    }
    await pause(wait, call.signal);
  }
}

/**
 * @param {string} path below `/v2/subscriptions/imports`
 * @param {Call} [call]
 * @returns {Promise<Answer>}
 */
async function ask(path, call = {}) {
  const answer = await patiently(IMPORTS + path, call, true);
  const text = await answer.text();
  /** @type {any} */
  let body;
  try {
    body = text ? JSON.parse(text) : {};
  } catch {
    body = {};
  }
  if (answer.ok || answer.status === 304) return { status: answer.status, etag: answer.headers.get('ETag'), body };
  const detail = body.errors?.[0]?.detail ?? body.message ?? `${answer.status}`;
  const kind = answer.status === 404 ? 'gone' : answer.status === 403 ? 'forbidden' : 'refused';
  throw new Problem(kind, detail, answer.status);
}

/**
 * A job, at once or, given what is known of it, when that has changed.
 * @param {string} id
 * @param {AbortSignal} signal
 * @param {string | null} [known]
 */
export async function getJob(id, signal, known) {
  const answer = known
    ? await ask(`/${id}?wait=20`, { signal, isLive: true, headers: { 'If-None-Match': known } })
    : await ask(`/${id}`, { signal });
  return { job: /** @type {Job | undefined} */ (answer.body.data), etag: answer.etag ?? known ?? null };
}

/**
 * @param {{ status?: string, name?: string, offset?: number }} wanted
 * @param {AbortSignal} signal
 * @returns {Promise<{ jobs: Job[], total: number }>}
 */
export async function listJobs({ status, name, offset }, signal) {
  const quoted = name && `"${name.replace(/["\\]/g, '\\$&')}"`;
  const conditions = [status && `in(status,${status})`, quoted && `eq(external_ref,${quoted})`].filter(Boolean);
  const query = new URLSearchParams({ 'page[limit]': String(PAGE), 'page[offset]': String(offset ?? 0) });
  if (conditions.length > 0) query.set('filter', conditions.join(':'));
  const { body } = await ask(`?${query}`, { signal });
  return { jobs: body.data, total: body.meta?.results?.total ?? body.data.length };
}

/** How many jobs a page of the list has. */
export const PAGE = 25;

/** @param {string} id */
export const cancelJob = (id) => ask(`/${id}/cancel`, { method: 'POST' });

/**
 * Where a file of a job lies, for some minutes.
 * @param {string} id
 * @param {'results' | 'failed-lines'} what
 * @param {{ only?: 'failed', signal?: AbortSignal }} [how]
 * @returns {Promise<string>}
 */
export async function addressOf(id, what, { only, signal } = {}) {
  const { body } = await ask(`/${id}/${what}?${only ? `only=${only}&` : ''}redirect=false`, { signal });
  return body.links.download;
}

/**
 * Reads what became of lines as it arrives, many at once: of the refused ones, each with its text, or of all.
 * @param {string} id
 * @param {'failed' | undefined} only
 * @param {AbortSignal} signal
 * @returns {AsyncGenerator<Failed[], void>}
 */
export async function* results(id, only, signal) {
  const answer = await patiently(await addressOf(id, 'results', { only, signal }), { signal }, false);
  if (!answer.ok || !answer.body) throw new Problem('gone', '', answer.status);
  for await (const lines of linesIn(answer.body)) yield lines.filter(Boolean).map((line) => JSON.parse(line));
}

/**
 * The lines of a text as it comes, many at once.
 * @param {ReadableStream<Uint8Array<ArrayBuffer>>} bytes
 * @returns {AsyncGenerator<string[], void>}
 */
export async function* linesIn(bytes) {
  const reader = bytes.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  try {
    for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
      const lines = (rest + chunk.value).split('\n');
      rest = lines.pop() ?? '';
      yield lines;
      // Lets the page breathe between two chunks.
      await new Promise((resolve) => setTimeout(resolve));
    }
    if (rest) yield [rest];
  } finally {
    // Whoever has read enough ends it.
    reader.cancel().catch(() => {});
  }
}

/**
 * Sends a file in a call.
 * @param {Blob} file
 * @param {Record<string, string>} options
 * @param {Call} call
 * @returns {Promise<string>} the job's id
 */
export async function postFile(file, options, call) {
  const body = new FormData();
  for (const [name, value] of Object.entries(options)) body.append(name, value);
  body.append('import_file', file, 'file.jsonl');
  const headers = { 'Idempotency-Key': crypto.randomUUID() };
  return (await ask('', { ...call, method: 'POST', body, headers })).body.data.id;
}

/**
 * Sends a large file past the API, straight into the bucket, by a form that the API signs.
 * @param {Blob} file
 * @param {Record<string, unknown>} attributes
 * @param {Call} call
 * @returns {Promise<string>} the id of the job to come
 */
export async function uploadFile(file, attributes, call) {
  const promise = JSON.stringify({ data: { type: 'subscription_import_upload', attributes } });
  const headers = { 'Content-Type': 'application/json', 'Idempotency-Key': crypto.randomUUID() };
  const { data } = (await ask('/uploads', { signal: call.signal, method: 'POST', body: promise, headers })).body;
  /** @type {Form} */
  const { url, fields } = data.meta.upload;
  const body = new FormData();
  for (const [name, value] of Object.entries(fields)) body.append(name, value);
  body.append('file', file);
  const answer = await patiently(url, { ...call, method: 'POST', body }, false);
  if (!answer.ok) throw new Problem('refused', /<Message>([^<]*)/.exec(await answer.text())?.[1] ?? '', answer.status);
  return data.id;
}
