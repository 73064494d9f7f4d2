// Word lists as plain text: a line for each word, and behind commas how it may sound. A file of a spreadsheet is one.
import type { Term } from '../../api/admin';

export const MOST_TERMS = 200;
export const MOST_SOUNDS = 10;
export const LONGEST = 80; // characters of a word

/** The largest file that is read, in bytes: a full list whose every word has all its sounds has about half of that. */
export const MOST_BYTES = 1_000_000;

export interface Parsed {
  readonly terms: readonly Term[];
  readonly skipped: number; // lines that are too long, or too many
}

/** Reads a list. A first line that names the columns, empty lines and words that are there already count as none. */
export function parseWords(text: string): Parsed {
  const terms: Term[] = [];
  const seen = new Set<string>();
  let skipped = 0;
  const lines = text.replace(/^\uFEFF/, '').split(/\r\n|\n|\r/);
  for (const [i, line] of lines.entries()) {
    if (line.length > LONGEST_LINE) {
      skipped++;
      continue;
    }
    const cells = cellsOf(line).map((cell) => plain(cell.trim()));
    const word = cells[0] ?? '';
    if (word === '' || (i === 0 && /^(word|text|単語)$/i.test(word))) continue;
    if (seen.has(word)) continue;
    const sounds = cells.slice(1).filter(Boolean);
    const fits = (s: string) => [...s].length <= LONGEST;
    if (!fits(word) || terms.length >= MOST_TERMS) {
      skipped++;
      continue;
    }
    seen.add(word);
    terms.push({ text: word, sounds_like: sounds.filter(fits).slice(0, MOST_SOUNDS) });
  }
  return { terms, skipped };
}

/** Writes a list as parseWords reads it. */
export function writeWords(terms: readonly Term[]): string {
  return terms.map((term) => [term.text, ...term.sounds_like].map(cellOf).join(',')).join('\r\n');
}

/** Several ways in which a word may sound, as they are typed into one box. */
export function soundsOf(text: string): string[] {
  return text
    .split(/[,、;]/)
    .map((s) => s.trim())
    .filter(Boolean);
}

// What a spreadsheet would take for a formula, and run (OWASP, CSV injection).
const FORMULA = /^[=+\-@\t\r]/;

/** A cell of a file. The apostrophe before what looks like a formula has spreadsheets show it as text; parseWords takes it away. */
function cellOf(text: string): string {
  const safe = FORMULA.test(text) ? `'${text}` : text;
  return /[",\r\n;\t]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

function plain(cell: string): string {
  return cell.startsWith("'") && FORMULA.test(cell.slice(1)) ? cell.slice(1) : cell;
}

const LONGEST_LINE = 20_000; // characters

function cellsOf(line: string): string[] {
  const cells: string[] = [];
  let cell = '';
  let quoted = false;
  for (let i = 0; i < line.length; i++) {
    const c = line.charAt(i);
    if (quoted) {
      if (c === '"' && line.charAt(i + 1) === '"') {
        cell += '"';
        i++;
      } else if (c === '"') quoted = false;
      else cell += c;
    } else if (c === '"' && cell === '') quoted = true;
    else if (c === ',' || c === '\t' || c === ';') {
      cells.push(cell);
      cell = '';
    } else cell += c;
  }
  return [...cells, cell];
}
