// Who is in the call beside me, and who is asked for advice.
import type * as wire from '../../wire.gen';

export type PartyWord =
  | 'dialling'
  | 'ringing'
  | 'talking'
  | 'held'
  | 'consulting'
  | 'away'
  | 'failed'
  | 'moved'
  | 'gone'
  | 'invited'
  | 'browser'
  | 'video';
export type Tone = 'go' | 'wait' | 'stop' | '';

export interface PartyRow {
  readonly id: string;
  readonly kind: string;
  readonly name: string; // "" where only the number is known, or nothing
  readonly number: string;
  readonly word: PartyWord;
  readonly tone: Tone;
  readonly cause: string;
  readonly muted: boolean;
  readonly droppable: boolean;
}

export interface ConsultView {
  readonly name: string;
  readonly number: string;
  /** They speak now; before that, the one whom I asked is being reached. */
  readonly reached: boolean;
  /** Whom the agent who asked speaks to. */
  readonly to: 'customer' | 'consultant';
  /** I am the one who is asked: swapping and completing is the other's. */
  readonly asked: boolean;
}

const words: readonly PartyWord[] = [
  'dialling',
  'ringing',
  'talking',
  'held',
  'consulting',
  'away',
  'failed',
  'moved',
  'gone',
  'invited',
  'video',
];
const tones: Record<PartyWord, Tone> = {
  dialling: 'wait',
  ringing: 'wait',
  talking: 'go',
  held: 'wait',
  consulting: 'go',
  away: 'stop',
  failed: 'stop',
  moved: 'wait',
  gone: '',
  invited: 'wait',
  browser: 'go',
  video: 'wait',
};

/** Everybody but me and the supervisors, the customer first. */
export function peopleOf(call: wire.Call, myID: string, customerName: string): PartyRow[] {
  const rank = (p: wire.Party) => (p.kind === 'customer' ? 0 : 1);
  return call.parties
    .filter((p) => p.kind !== 'supervisor' && !(p.kind === 'agent' && p.user_id === myID))
    .sort((a, b) => rank(a) - rank(b))
    .map((p): PartyRow => {
      const spoken = words.find((w) => w === p.state) ?? 'talking';
      const word = p.kind === 'guest' && spoken === 'talking' ? 'browser' : spoken;
      return {
        id: p.id,
        kind: p.kind,
        name: p.kind === 'customer' ? customerName || p.name : p.name,
        number: p.number || (p.kind === 'customer' ? call.from : ''),
        word,
        tone: tones[word],
        cause: p.cause,
        muted: p.muted,
        droppable: p.kind !== 'customer' && call.consult?.party_id !== p.id && call.state === 'active',
      };
    });
}

/** Whether the list says more than the call bar does: somebody beside the customer, or a customer who is not there yet. */
export function worthShowing(people: readonly PartyRow[]): boolean {
  return people.length > 1 || people.some((p) => p.word !== 'talking' && p.word !== 'held');
}

export function consultOf(call: wire.Call): ConsultView | null {
  if (!call.consult) return null;
  const party = call.parties.find((p) => p.id === call.consult?.party_id);
  if (!party) return null;
  const asked = call.transferred?.mode === 'consult' && call.transferred.from_name === party.name;
  return {
    name: party.name,
    number: party.number,
    reached: party.state !== 'dialling' && party.state !== 'ringing',
    to: call.consult.speaking_to === 'customer' ? 'customer' : 'consultant',
    asked,
  };
}

const causes = [
  'busy',
  'no_such_number',
  'no_answer',
  'refused',
  'unreachable',
  'trunk_refused',
  'not_allowed',
  'too_many',
  'cancelled',
] as const;
export type Cause = (typeof causes)[number];

/** The cause that the desk has words for; null for one that a newer server knows. */
export function causeOf(cause: string): Cause | null {
  return causes.find((c) => c === cause) ?? null;
}

const modes = ['listen', 'whisper', 'barge', 'takeover'] as const;
export type Mode = (typeof modes)[number];

export function modeOf(mode: string): Mode | null {
  return modes.find((m) => m === mode) ?? null;
}

const transfers = ['blind', 'consult', 'conference', 'taken_over', 'returned'] as const;
export type TransferMode = (typeof transfers)[number];

export function transferModeOf(mode: string): TransferMode {
  return transfers.find((m) => m === mode) ?? 'blind';
}
