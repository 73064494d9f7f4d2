// The transcript as rows: lines and the thin rules between them, by time.
import type { Mark } from '../state/desk';
import type * as wire from '../wire.gen';

export type RuleKind =
  | 'connected'
  | 'begun' // connected and answered, with nothing said between
  | 'answered'
  | 'held'
  | 'heldFor'
  | 'agentLost'
  | 'agentLostFor'
  | 'paused'
  | 'pausedFor'
  | 'sensitive'
  | 'sensitiveFor'
  | 'barged'
  | 'bargedFor'
  | 'stopped'
  | 'takenOver'
  | 'transferred'
  | 'returned'
  | 'endedCustomer'
  | 'endedAgent'
  | 'endedTransfer'
  | 'endedTakeover'
  | 'endedDropped'
  | 'endedNumber'
  | 'endedVanished'
  | 'endedFailed';

export type Row =
  | { readonly row: 'line'; readonly id: string; readonly atMS: number; readonly line: wire.Line }
  | {
      readonly row: 'rule';
      readonly id: string;
      readonly atMS: number;
      readonly kind: RuleKind;
      readonly toMS: number | null;
    };

/** Puts lines and rules into one order. A hold and its end are one rule, where the hold began. */
export function rowsOf(lines: readonly wire.Line[], call: wire.Call | null, marks: readonly Mark[]): Row[] {
  const rules = [...(call ? connectedOf(call, lines[0]?.start_ms ?? null) : []), ...happened(marks)];
  rules.sort((a, b) => a.atMS - b.atMS);
  if (call?.ended_at) {
    const endedMS = Date.parse(call.ended_at) - Date.parse(call.started_at);
    rules.push(rule(endings[call.ended_by] ?? 'endedCustomer', endedMS));
  }
  const rows: Row[] = [];
  let next = 0;
  for (const line of lines) {
    while (next < rules.length && (rules[next] as Row).atMS <= line.start_ms) rows.push(rules[next++] as Row);
    rows.push({ row: 'line', id: line.id, atMS: line.start_ms, line });
  }
  return [...rows, ...rules.slice(next)];
}

function rule(kind: RuleKind, atMS: number, toMS: number | null = null): Row {
  return { row: 'rule', id: `${kind}:${atMS}`, atMS, kind, toMS };
}

function connectedOf(call: wire.Call, firstMS: number | null): Row[] {
  const answeredMS = Math.max(0, Date.parse(call.answered_at) - Date.parse(call.started_at));
  const together = firstMS === null || firstMS >= answeredMS;
  return together ? [rule('begun', 0, answeredMS)] : [rule('connected', 0), rule('answered', answeredMS)];
}

/** What lasted, by the marks of its beginning and end, and how it is called while it lasts and after. */
const stretches: readonly (readonly [Mark['kind'], Mark['kind'], RuleKind, RuleKind])[] = [
  ['held', 'resumed', 'held', 'heldFor'],
  ['agent_lost', 'agent_back', 'agentLost', 'agentLostFor'],
  ['recording_paused', 'recording_resumed', 'paused', 'pausedFor'],
  ['sensitive_started', 'sensitive_ended', 'sensitive', 'sensitiveFor'],
  ['barged', 'barge_over', 'barged', 'bargedFor'],
];

const moments: Partial<Record<Mark['kind'], RuleKind>> = {
  recording_stopped: 'stopped',
  taken_over: 'takenOver',
  transferred: 'transferred',
  returned_to_queue: 'returned',
};

function happened(marks: readonly Mark[]): Row[] {
  const lasting = stretches.flatMap(([begin, end, now, after]) =>
    spans(marks, begin, end, (from, to) => rule(to === null ? now : after, from, to)),
  );
  const short = marks.flatMap((mark) => {
    const kind = moments[mark.kind];
    return kind ? [rule(kind, mark.atMS)] : [];
  });
  return [...lasting, ...short];
}

const endings: Record<string, RuleKind> = {
  agent: 'endedAgent',
  transfer: 'endedTransfer',
  takeover: 'endedTakeover',
  dropped: 'endedDropped',
  number: 'endedNumber',
  vanished: 'endedVanished',
  failed: 'endedFailed',
};

function spans(
  marks: readonly Mark[],
  begin: Mark['kind'],
  end: Mark['kind'],
  make: (fromMS: number, toMS: number | null) => Row,
): Row[] {
  const rows: Row[] = [];
  let open: number | null = null;
  for (const mark of marks) {
    if (mark.kind === begin) open = mark.atMS;
    else if (mark.kind === end && open !== null) {
      rows.push(make(open, mark.atMS));
      open = null;
    }
  }
  if (open !== null) rows.push(make(open, null));
  return rows;
}

export interface Piece {
  readonly text: string;
  readonly unsure: boolean;
  readonly known: boolean; // it stands in the record
  readonly atMS: number | null; // of a word that can be heard again; null between words
  readonly endMS: number;
}

const UNSURE_BELOW = 0.5;

const LETTER = /[\p{L}\p{N}]/u;
const SPACELESS = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/u;

const within = (a: string, b: string) => LETTER.test(a) && LETTER.test(b) && !SPACELESS.test(a + b);

/** Where a word stands as a word of its own, from a place on. */
function find(text: string, word: string, from: number): number {
  for (let at = text.indexOf(word, from); at >= 0; at = text.indexOf(word, at + 1)) {
    const end = at + word.length;
    const cut = within(text.charAt(at - 1), word.charAt(0)) || within(text.charAt(end - 1), text.charAt(end));
    if (!cut) return at;
  }
  return -1;
}

/**
 * Cuts a line's text where words are doubtful, or known from the record; with `timed` at every word, each with its moment. Words
 * that were written another way ("21st") are not found and stay plain.
 */
export function piecesOf(text: string, words: readonly wire.Word[] | null, timed = false): Piece[] {
  const pieces: Piece[] = [];
  const plain = (to?: number) =>
    pieces.push({ text: text.slice(from, to), unsure: false, known: false, atMS: null, endMS: 0 });
  const lower = text.toLowerCase();
  let from = 0; // of what is not yet in a piece
  let search = 0; // words come in order: each is sought after the one before
  for (const word of words ?? []) {
    const wanted = word.text.trim().toLowerCase();
    if (wanted === '') continue;
    const at = find(lower, wanted, search);
    if (at < 0 || at - search > 40) continue;
    search = at + wanted.length;
    const unsure = word.probability < UNSURE_BELOW;
    const known = word.known === true && !unsure;
    if (!timed && !unsure && !known) continue;
    if (at > from) plain(at);
    const moment = timed ? { atMS: word.start_ms, endMS: word.end_ms } : { atMS: null, endMS: 0 };
    pieces.push({ text: text.slice(at, search), unsure, known, ...moment });
    from = search;
  }
  if (from < text.length || pieces.length === 0) plain();
  return pieces;
}

export type SpeakerWord = 'you' | 'agent' | 'customer' | 'supervisor';

/** Who speaks: by the parties of the call where the leg is one of theirs. `me` is null for those who only read along. */
export function speakerOf(
  line: Pick<wire.Line, 'speaker' | 'leg' | 'name'>,
  me: wire.Me | null,
  parties: readonly wire.Party[],
): { readonly word: SpeakerWord; readonly name: string } {
  if (line.speaker === 'customer') return { word: 'customer', name: '' };
  const party = parties.find((p) => p.id === line.leg);
  const word = line.speaker === 'supervisor' ? 'supervisor' : 'agent';
  if (me && party?.user_id === me.id) {
    return { word: 'you', name: '' };
  }
  // The first name is what a colleague is called by, and what has room.
  // Who has left the call is no party any more: the line knows the name.
  const name = party
    ? party.kind === 'number'
      ? party.name || party.number
      : firstName(party.name)
    : firstName(line.name ?? '');
  return { word, name };
}

/** What a colleague is called by, and what has room; a number stays whole. */
export function firstName(name: string): string {
  return name.split(/\s+/)[0] ?? '';
}

/** The call whose words can be heard again: one that is being recorded, or was when it ended. */
export function recordedCall(call: wire.Call | null): string {
  const state = call?.recording?.state;
  return call && (state === 'on' || state === 'paused') ? call.interaction_id : '';
}

/** What is kept of a call. Where transcription is off, nothing is written down. */
export function keptOf(call: wire.Call, off: boolean): 'both' | 'sound' | 'words' | 'nothing' {
  const sound = recordedCall(call) !== '';
  if (off) return sound ? 'sound' : 'nothing';
  return sound ? 'both' : 'words';
}
