// A line of a file as it can be looked at: where in it something is, and characters that can't be seen.

/**
 * A part of a text: from, to.
 * @typedef {[number, number]} Span
 */

/** One token of JSON: white space, a string, a mark, or a word. */
const TOKEN = /\s+|"[^"\\]*(?:\\[^][^"\\]*)*"?|[{}[\]:,]|[^\s"{}[\]:,]+/y;

/**
 * The steps of a path such as `data.price.USD.amount`, `products[0]`, `["odd key"]`.
 * @param {string} field
 * @returns {(string | number)[]}
 */
function steps(field) {
  const found = [];
  for (const [, item, quoted, name] of field.matchAll(/\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]|([^.[\]]+)/g)) {
    if (item !== undefined) found.push(Number(item));
    else found.push(quoted === undefined ? (name ?? '') : unquoted(quoted));
  }
  return found;
}

/** @param {string} quoted */
function unquoted(quoted) {
  try {
    return String(JSON.parse(quoted));
  } catch {
    return quoted.slice(1, -1);
  }
}

/** Reads the tokens of a line, good or bad JSON. */
class Reader {
  /** @param {string} text */
  constructor(text) {
    this.text = text;
    this.from = 0;
    this.to = 0;
    this.token = '';
    this.next();
  }

  next() {
    do {
      TOKEN.lastIndex = this.to;
      const found = TOKEN.exec(this.text);
      this.from = this.to;
      this.token = found ? found[0] : '';
      this.to = this.from + this.token.length;
    } while (this.token && !this.token.trim());
  }

  /**
   * Goes over the value that begins here, and gives the place of what a path leads to in it.
   * @param {(string | number)[]} path
   * @param {boolean} [byKey] whether an object or a list is shown by its key
   * @returns {Span | undefined}
   */
  value(path, byKey = false) {
    const from = this.from;
    let [found, depth] = [/** @type {Span | undefined} */ (undefined), 0];
    if (path.length > 0 && (this.token === '{' || this.token === '[')) found = this.members(path, byKey);
    else {
      do {
        if (this.token === '{' || this.token === '[') depth += 1;
        if (this.token === '}' || this.token === ']') depth -= 1;
        if (!this.token || depth <= 0) break;
        this.next();
      } while (this.token);
      if (path.length === 0) found = [from, this.to];
    }
    return found;
  }

  /**
   * Goes over the members of an object, or the items of a list.
   * @param {(string | number)[]} path
   * @param {boolean} byKey
   * @returns {Span | undefined}
   */
  members(path, byKey) {
    const [first, ...rest] = path;
    const close = this.token === '{' ? '}' : ']';
    this.next();
    for (let item = 0; this.token && this.token !== close; item += 1) {
      let [name, key] = [/** @type {string | number} */ (item), /** @type {Span | undefined} */ (undefined)];
      if (close === '}') {
        [name, key] = [unquoted(this.token), [this.from, this.to]];
        this.next();
        if (this.token === ':') this.next();
      }
      const isIt = name === first;
      const isKey = byKey && key && rest.length === 0;
      const found = this.value(isIt ? rest : [], byKey);
      // What is missing in an object is marked by the key of that object.
      if (isIt) return isKey ? key : (found ?? key);
      this.next();
      if (this.token === ',') this.next();
    }
    return undefined;
  }
}

/**
 * Where in a line the culprit is, if it can be told.
 * @param {string} text
 * @param {{ code: string, field: string, error: string }} error
 * @returns {Span | undefined}
 */
export function culprit(text, { code, field, error }) {
  const at = (code === 'not_json' || code === 'not_utf8') && /\bat character (\d+)/.exec(error);
  if (at) {
    const from = [...text].slice(0, Number(at[1]) - 1).join('').length;
    return from < text.length ? [from, from + ((text.codePointAt(from) ?? 0) > 0xffff ? 2 : 1)] : undefined;
  }
  const path = field ? steps(field) : [];
  // Some fields are named from the attributes on.
  const ways = [path, ['data', 'attributes', ...path], ['data', ...path], ['attributes', ...path]];
  for (const way of path.length > 0 ? ways : []) {
    const found = new Reader(text).value(way, isOfKey(code, new Reader(text).value(way), text));
    if (found) return found;
  }
  return undefined;
}

/**
 * Whether an error is about the name of what it is found at: an object that is not offered, or is no currency, is so by its name.
 * @param {string} code
 * @param {Span | undefined} found
 * @param {string} text
 */
function isOfKey(code, found, text) {
  if (code === 'invalid_key' || code === 'unknown_attribute') return true;
  return (code === 'malformed' || code.endsWith('_not_in_offering')) && /[{[]/.test(text[found?.[0] ?? 0] ?? '');
}

const UNSEEN = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g;

/**
 * A text with characters that can't be seen, or that turn others around, by their numbers.
 * @param {string} text
 */
export function shown(text) {
  return text.replace(UNSEEN, (one) => `⟨U+${one.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}⟩`);
}

/**
 * A line cut around a place: before it, the place, after it.
 * @param {string} text
 * @param {Span | undefined} span
 * @param {number} width
 * @returns {[string, string, string]}
 */
export function around(text, span, width) {
  const [from, to] = span ?? [0, 0];
  const end = Math.min(to, from + width);
  const start = text.length <= width ? 0 : Math.max(0, from - Math.floor(width / 3));
  const stop = text.length <= width ? text.length : Math.min(text.length, Math.max(end, start + width));
  // No line breaks between a mark of what is left out and the text.
  const before = (start > 0 ? '…\u00a0' : '') + shown(text.slice(start, from));
  const after = shown(text.slice(end, stop)) + (stop < text.length ? '\u00a0…' : '');
  return [before, shown(text.slice(from, end)), after];
}
