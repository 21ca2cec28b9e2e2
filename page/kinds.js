// What a file is that somebody took for one of lines, by how it begins: said before it is sent.

import { texts } from './texts.js';
import { isPacked } from './sending.js';

const text = texts.send.kinds;

/** How much of a file is looked at. */
const HEAD = 65_536;

/** How files of a kind begin, a character for a byte. @type {[string, string][]} */
const BEGINNINGS = [
  ['%PDF', text.pdf],
  ['\x89PNG', text.image],
  ['\xff\xd8\xff', text.image],
  ['GIF8', text.image],
  ['RIFF', text.image],
  ['\xd0\xcf\x11\xe0', text.office],
  ['BZh', text.packed],
  ['\xfd7zXZ', text.packed],
  ['7z\xbc\xaf', text.packed],
  ['\x28\xb5\x2f\xfd', text.packed],
  ['Rar!', text.packed],
  ['\xff\xfe', text.utf16],
  ['\xfe\xff', text.utf16],
];

/**
 * What to tell of a file that has no lines to import; nothing of one that may have some.
 * @param {File} file
 * @returns {Promise<string | undefined>}
 */
export async function otherKind(file) {
  const bytes = await beginning(file);
  if (!bytes) return undefined;
  const raw = Array.from(bytes.subarray(0, 8192), (byte) => String.fromCharCode(byte)).join('');
  const isBinary = raw.includes('\0');
  if (raw.startsWith('PK\x03\x04')) return raw.includes('xl/') || /\.(xls[xmb]|ods)$/i.test(file.name) ? text.sheet : text.packed;
  const known = BEGINNINGS.find(([begin]) => raw.startsWith(begin) && (isBinary || !begin.startsWith('RIFF')));
  if (known) return known[1];
  if (/^[{[]\0|^\0[{[]/.test(raw)) return text.utf16;
  const seen = new TextDecoder().decode(bytes).split(/[\r\n]+/).map((line) => line.trim()).filter(Boolean);
  const first = seen[0];
  if (first === undefined || seen.some((line) => line.startsWith('{'))) return undefined;
  if (isBinary) return text.other;
  if (first.startsWith('[')) return text.list;
  const isTable = /\.(csv|tsv)$/i.test(file.name) || [',', ';', '\t'].some((mark) => first.includes(mark) && seen[1]?.includes(mark));
  return isTable ? text.table : text.other;
}

/** The first bytes of a file, unpacked; nothing where that fails, of which the service can say more. @param {File} file */
async function beginning(file) {
  if (!(await isPacked(file))) return new Uint8Array(await file.slice(0, HEAD).arrayBuffer());
  const reader = file.stream().pipeThrough(new DecompressionStream('gzip')).getReader();
  try {
    return (await reader.read()).value;
  } catch {
    return undefined;
  } finally {
    reader.cancel().catch(() => {});
  }
}
