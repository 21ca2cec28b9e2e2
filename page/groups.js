// Errors by what is wrong and where. The command line groups them by the same rules.

/** @typedef {import('./api.js').Failed} Failed */
/** @typedef {import('./api.js').LineError} LineError */
/**
 * Lines with the same kind of error at the same place.
 * @typedef {object} Group
 * @property {string} key
 * @property {string} code
 * @property {string} field with the places in lists left out, and what stands around all attributes
 * @property {number} lines a line may have several such errors
 * @property {{ line: Failed, error: LineError }[]} rows
 */

/** Longer texts are kept whole while there are few of them: a page that held 50,000 would hold nothing else. */
const LONG = 16_384;

/** How much of long texts is kept in all. */
const MOST = 64 << 20;

/** The refused lines of a job, grouped as they come. */
export class Groups {
  constructor() {
    /** @type {Map<string, Group>} */
    this.byKey = new Map();
    /** @type {Failed[]} lines that only wait for another one */
    this.waiting = [];
    /** @type {Map<number, Failed>} */
    this.lines = new Map();
    /** @type {LineError[]} what is wrong with the file as a whole */
    this.whole = [];
    this.errors = 0;
    this.kept = 0;
    this.causes = 0;
  }

  /** @param {Failed[]} lines */
  add(lines) {
    for (const line of lines) {
      if (line.line === 0) {
        this.whole.push(...line.errors);
        continue;
      }
      if (line.text.length > LONG && (this.kept += line.text.length) > MOST) {
        line.text = line.text.slice(0, LONG);
        line.is_cut = true;
      }
      this.lines.set(line.line, line);
      this.errors += line.errors.length;
      const own = line.errors.filter((error) => error.blocked_by === undefined);
      this.causes += own.length;
      if (own.length === 0) this.waiting.push(line);
      for (const error of own) {
        const group = this.group(error);
        if (group.rows.at(-1)?.line !== line) group.lines += 1;
        group.rows.push({ line, error });
      }
    }
  }

  /** @param {LineError} error */
  group({ code, field, error }) {
    const folded = field.replace(/^(data\.attributes|attributes|data)\./, '').replace(/\[\d+\]/g, '[]');
    // Lines that are wrong as a whole are told apart by what is said of them, numbers aside.
    const key = `${code} ${folded || error.replace(/\d/g, '')}`.slice(0, 200);
    let group = this.byKey.get(key);
    if (!group) {
      group = { key, code, field: folded, lines: 0, rows: [] };
      this.byKey.set(key, group);
    }
    return group;
  }

  /** The groups, the most frequent first. */
  sorted() {
    const first = (/** @type {Group} */ { rows }) => rows[0]?.line.line ?? 0;
    return [...this.byKey.values()].sort((a, b) => b.lines - a.lines || first(a) - first(b));
  }

  /**
   * The lines to mend: those of a group, or all that do not only wait for others.
   * @param {string | null} key
   */
  toMend(key) {
    const rows = key ? (this.byKey.get(key)?.rows ?? []).map(({ line }) => line) : this.lines.values();
    return [...new Set(rows)].filter((line) => line.blocked_by === undefined).sort((a, b) => a.line - b.line);
  }

  /**
   * The lines that wait for nothing but these, or for lines that wait for these.
   * @param {Failed[]} lines
   */
  along(lines) {
    const sent = new Set(lines.map(({ line }) => line));
    const along = [];
    for (let before = -1; along.length > before; ) {
      before = along.length;
      for (const line of this.waiting) {
        if (!sent.has(line.line) && line.errors.every(({ blocked_by }) => blocked_by !== undefined && sent.has(blocked_by))) {
          sent.add(line.line);
          along.push(line);
        }
      }
    }
    return along.sort((a, b) => a.line - b.line);
  }
}

/** Whether a line is here as it was sent, so that it can be mended here. */
export const isWhole = (/** @type {Failed} */ line) => !line.is_cut;
