// Somebody who mends a line by what is said of it, and knows nothing else but names of things that are stored.

/** What is stored, by type: one refers to it where a reference leads to nothing. @typedef {Record<string, string>} Stored */

const UUID = '6f1c7c0e-2b4a-4d0b-9a51-0c8f1f2d3e4a';

/** The steps of `data.products[0]["odd key"]`. */
const steps = (path) => [...path.matchAll(/\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]|([^.[\]]+)/g)].map(([, item, key, name]) => (item ? Number(item) : key ? JSON.parse(key) : name));

/** An object, and what can be done at a place in it. */
class Line {
  constructor(text, path) {
    this.whole = JSON.parse(text);
    this.path = steps(path);
  }

  /** What holds the place, and its name there. */
  holder(path = this.path) {
    return [path.slice(0, -1).reduce((value, step) => value?.[step] ?? {}, this.whole), path.at(-1)];
  }

  get value() {
    const [holder, name] = this.holder();
    return holder[name];
  }

  set(value, path) {
    const [holder, name] = this.holder(path);
    holder[name] = value;
  }

  remove(path) {
    const [holder, name] = this.holder(path);
    if (Array.isArray(holder)) holder.splice(name, 1);
    else delete holder[name];
  }

  get attributes() {
    const data = this.whole.data ?? this.whole;
    return data.attributes ?? data;
  }
}

/** The JSON at the beginning of a text. */
function json(text) {
  for (let end = text.length; end > 0; end -= 1) {
    try {
      return JSON.parse(text.slice(0, end));
    } catch {
      // Shorter.
    }
  }
  return undefined;
}

/** What is no JSON is mended where the sentence says, as text. @type {[RegExp, (text: string, at: number, found: RegExpMatchArray) => string][]} */
const TEXTS = [
  [/a tab inside of a text is written \\t/, (text) => text.replaceAll('\t', '\\t')],
  [/another begins here/, (text, at) => `${text.slice(0, at)}\n${text.slice(at)}`],
  [/a single quote/, (text) => text.replaceAll("'", '"')],
  [/the quote . is not a quote in JSON: write "/, (text) => text.replace(/[“”]/g, '"')],
  [/the comma before . has to go/, (text, at) => text.slice(0, at).replace(/,\s*$/, '') + text.slice(at)],
  [/is no number in JSON: write it, as in (\S+)/, (text, _, [, example]) => text.replace('NaN', example)],
  [/has no closing quote/, (text) => `${text}"}}}`],
  [/this looks like CSV.* such as (\{.*\})/, (text, _, [, example]) => JSON.stringify({ ...JSON.parse(example), external_ref: text.split(';')[0] })],
  [/take the \[ and \] away/, (text) => text.replace(/(^|:)\[(.*)\](}?)$/, '$1$2$3')],
  [/write the whole object, such as (\{.*\})/, (_text, _at, [, example]) => example],
  [/in Windows-1252 it is "(.)"/, (text, _, [, letter]) => text.replace('\ufffd', letter)],
  [/is not UTF-8/, (text) => text.replaceAll('\ufffd', '')],
  [/half a character/, (text) => text.replace(/\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD])/g, '')],
  [/bytes long, at most .* shorten its texts/, (text) => `${text.slice(0, text.lastIndexOf(',"'))}}}}`],
];

/** All else is mended in the object. @type {[RegExp, (line: Line, found: RegExpMatchArray, stored: Stored) => void][]} */
const OBJECTS = [
  [/must be a UUID/, (line) => line.set(UUID)],
  [/has no @/, (line) => line.set(line.value.includes(' at ') ? line.value.replace(' at ', '@') : 'ada@example.com')],
  [/add "\w+":"…"/, (line) => line.set(line.said.includes('UUID') ? UUID : line.said.includes('email') ? 'ada@example.com' : 'Three or more')],
  [/add "selected_pricing_option" with its external_ref/, (line) => (line.attributes.selected_pricing_option = line.attributes.pricing_options?.[0]?.external_ref ?? 'any')],
  [/add "\w+":(.+)/, (line, [, value]) => line.set(json(value))],
  [/(?:is required:|must be) one of (\w+)/, (line, [, first]) => line.set(first)],
  [/must be that of one of .*promotions \(([\w-]+)/, (line, [, first]) => line.set(first)],
  [/must be (\w+), as the feature's is/, (line, [, value]) => line.set(value)],
  [/the key .* is given twice: take one away/, () => {}],
  [/nested deeper/, (line) => line.set([], line.path.slice(0, line.path.indexOf(0)))],
  [/make it longer by (\d+)/, (line, [, by]) => line.set(line.value + 'x'.repeat(Number(by)))],
  [/make it shorter by (\d+)/, (line, [, by]) => line.set(line.value.slice(0, -Number(by)))],
  [/must hold at most \d+ currencies/, (line) => delete line.value[Object.keys(line.value).at(-1)]],
  [/in one way only, not by .*?([\w.[\]]+)$/, (line, [, last]) => line.remove(last.startsWith('data.') ? steps(last) : [...line.path, ...steps(last)])],
  [/must be left out|take it out|take it away|must stand beside|configured once for each plan/, (line) => line.remove()],
  [/write "(\w+)", if that is meant/, (line, [, name]) => (line.set(line.value, [...line.path.slice(0, -1), name]), line.remove())],
  [/is not among those that pricing_option_associations/, (line) => line.set(line.attributes.pricing_option_associations[line.attributes.selected_plan][0])],
  [/parts of both/, (line) => delete line.attributes.products],
  [/add "offering_external_ref" with its external_ref/, (line, _, stored) => (line.attributes.offering_external_ref = stored.subscription_offering)],
  [/give the plan one, and write it here/, (line) => (line.attributes.plans[0].external_ref = line.value)],
  [/; it has "([^"]+)"/, (line, [, first]) => (typeof line.value === 'string' ? line.set(first) : line.remove())],
  [/must be unique/, (line) => line.set(`${line.value}-again`)],
  [/must hold at least 1/, (line, _, stored) => line.set([stored.subscription_product])],
  [/write a (subscription_\w+)'s external_ref/, (line, [, type], stored) => line.set(stored[type])],
  [/no subscription_offering stored with this id/, (line, _, stored) => (line.remove(), (line.attributes.offering_external_ref = stored.subscription_offering))],
  [/no (subscription_\w+) (?:with this external_ref|stored)/, (line, [, type], stored) => line.set(stored[type])],
  [/at most \d+ can be stored: shorten its texts/, (line) => (line.attributes.notes = 'short')],
  [/write it as a text in double quotes/, (line) => line.set(String(line.value))],
  [/must be later than/, (line) => line.set('2027-01-01T00:00:00Z')],
  [/(?:such as|as in) ([[{"].*)/, (line, [, example]) => line.set(json(example))],
  [/must be an address such as (https:\S+?),/, (line, [, example]) => line.set(example)],
  [/"type" must be a string/, (line) => line.set('subscription_product')],
  [/a space is none of them/, (line) => line.set(line.value.replaceAll(' ', '-'))],
  [/must be an object, not an array/, (line) => line.set({})],
  [/write (true|false|null|-?\d+|"[^"]*")/, (line, [, value]) => line.set(JSON.parse(value))],
  [/must be \d+ to (\d+), it is|must be at most/, (line, [, most = '1']) => line.set(Number(most))],
];

/**
 * A line mended by what is said of it, or nothing if that is not enough to go by.
 * @param {string} text
 * @param {string} said
 * @param {number} at where the page shows the culprit
 * @param {Stored} stored
 */
export function mended(text, said, at, stored) {
  for (const [words, mend] of TEXTS) {
    const found = words.exec(said);
    if (found) return mend(text, at, found);
  }
  const [, path = '', sentence = said] = /^((?:[\w.]|\[\d+\]|\["(?:[^"\\]|\\.)*"\])+): (.*)$/s.exec(said) ?? [];
  for (const [words, mend] of OBJECTS) {
    const found = words.exec(sentence);
    if (!found) continue;
    const line = new Line(text, path);
    line.said = said;
    mend(line, found, stored);
    return JSON.stringify(line.whole);
  }
  return undefined;
}
