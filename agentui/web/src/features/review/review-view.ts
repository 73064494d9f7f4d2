// An interaction as it is reviewed: words with their moments, the waveform as bars.
import type { Happened } from '../../api/review';
import type * as wire from '../../wire.gen';

/** The line that is spoken at a moment: the last one that has begun and not ended long ago. */
export function lineAt(lines: readonly wire.Line[], atMS: number): string | null {
  let found: string | null = null;
  for (const line of lines) {
    if (line.start_ms > atMS) break;
    if (line.end_ms + 300 >= atMS) found = line.id;
  }
  return found;
}

/** The loudest of the values that fall into each of `bars` equal parts, 0…1: what a picture of that many bars shows. */
export function barsOf(values: readonly number[], bars: number): number[] {
  if (bars <= 0) return [];
  return Array.from({ length: bars }, (_, i) => {
    const from = Math.floor((i * values.length) / bars);
    const to = Math.max(from + 1, Math.floor(((i + 1) * values.length) / bars));
    let most = 0;
    for (let k = from; k < to && k < values.length; k++) most = Math.max(most, values[k] ?? 0);
    return most;
  });
}

/** Cuts a text where ranges of it are to be marked. Ranges that overlap, or lie outside, do no harm. */
export function markedPieces(
  text: string,
  ranges: readonly (readonly [number, number])[],
): { readonly text: string; readonly marked: boolean }[] {
  const pieces: { text: string; marked: boolean }[] = [];
  let done = 0;
  for (const [from, to] of [...ranges].sort((a, b) => a[0] - b[0])) {
    const start = Math.max(done, from);
    const end = Math.min(text.length, to);
    if (end <= start) continue;
    if (start > done) pieces.push({ text: text.slice(done, start), marked: false });
    pieces.push({ text: text.slice(start, end), marked: true });
    done = end;
  }
  if (done < text.length) pieces.push({ text: text.slice(done), marked: false });
  return pieces;
}

export type SaidRow =
  | { readonly line: wire.Line; readonly mark?: undefined }
  | { readonly line?: undefined; readonly mark: Happened };

/** Lines with what happened between them: a mark stands before the first line that began after it. */
export function inOrder(lines: readonly wire.Line[], marks: readonly Happened[]): SaidRow[] {
  const rows: SaidRow[] = [];
  let next = 0;
  for (const line of lines) {
    for (let mark = marks[next]; mark && mark.at_ms <= line.start_ms; mark = marks[++next])
      rows.push({ mark });
    rows.push({ line });
  }
  for (const mark of marks.slice(next)) rows.push({ mark });
  return rows;
}
