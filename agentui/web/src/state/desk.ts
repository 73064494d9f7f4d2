// The desk as one value: what the server said, what I asked for and it has not confirmed, and what I am typing.
import type * as wire from '../wire.gen';

/** How the WebSocket stands. "lost" reconnects by itself; "signed_out" needs the person. */
export type Link = 'connecting' | 'open' | 'lost' | 'signed_out';

/** What can happen between lines; those that begin something, and those that end it, in pairs. */
export const markKinds = [
  'held',
  'resumed',
  'agent_lost',
  'agent_back',
  'recording_paused',
  'recording_resumed',
  'sensitive_started',
  'sensitive_ended',
  'barged',
  'barge_over',
  'recording_stopped',
  'taken_over',
  'transferred',
  'returned_to_queue',
] as const;

export type MarkKind = (typeof markKinds)[number];

/** A thin rule in the transcript: something that happened, `atMS` after the customer was connected. */
export interface Mark {
  readonly id: string;
  readonly kind: MarkKind;
  readonly atMS: number;
}

/** What floats over the call: the keypad, or whom it is to go to. Once `busy` it was asked of the server. */
export interface Sheet {
  readonly purpose: 'keypad' | 'transfer' | 'add';
  readonly busy: boolean;
  readonly refusal: string | null;
}

/** What may need a supervisor, as it came; `now` is this browser's clock. */
export interface Alert extends wire.Alert {
  readonly at: number;
}

/** The note of the current call as typed here. */
export interface Draft {
  readonly interactionID: string;
  readonly text: string;
  readonly saved: boolean;
}

/** What I asked for and the server has not yet confirmed: shown at once, taken back on a refusal. */
export interface Pending {
  readonly presence: wire.Presence | null;
  readonly answering: string | null;
  readonly declining: string | null;
  readonly completing: string | null;
}

export interface DeskState {
  readonly link: Link;
  readonly loaded: boolean; // a snapshot has been seen
  readonly epoch: string;
  readonly seq: number;
  readonly me: wire.Me | null;
  readonly agent: wire.AgentState | null;
  readonly offer: wire.Offer | null;
  readonly call: wire.Call | null;
  readonly shown: string; // the interaction that customer, candidates, lines and marks belong to
  readonly customer: wire.CustomerView | null;
  readonly candidates: wire.Candidates | null;
  readonly lines: readonly wire.Line[]; // by start_ms
  readonly partials: readonly wire.Partial[]; // at most one of each leg
  readonly marks: readonly Mark[];
  readonly history: readonly wire.HistoryItem[];
  readonly system: wire.System;
  readonly board: wire.Board | null;
  readonly boardAt: number; // this browser's clock, ms, when the board came
  readonly watching: string; // supervisors: the interaction whose transcript is shown
  readonly supervision: wire.Supervision | null; // mine, where I listen or speak
  readonly alerts: readonly Alert[]; // newest first
  readonly targets: wire.Targets; // whom I may transfer to
  readonly keyed: string; // digits sent in this call
  readonly legs: readonly wire.Party[]; // who was in this call at any time: whose words are whose
  readonly sheet: Sheet | null;
  readonly phone: wire.Phone;
  readonly codes: readonly wire.WrapUpCode[];
  readonly pending: Pending;
  readonly draft: Draft | null;
  readonly code: string; // the chosen wrap-up code
  readonly correcting: boolean; // the agent says that this is not the person
  readonly refusal: wire.Error | null; // of my last command, until the next one
  readonly video: wire.Session | null; // the video help of my call
  readonly missed: wire.OfferEnd | null; // why the last ringing stopped, where I did not take it
}

export const noPending: Pending = { presence: null, answering: null, declining: null, completing: null };

export const emptyDesk: DeskState = {
  link: 'connecting',
  loaded: false,
  epoch: '',
  seq: 0,
  me: null,
  agent: null,
  offer: null,
  call: null,
  shown: '',
  customer: null,
  candidates: null,
  lines: [],
  partials: [],
  marks: [],
  history: [],
  system: {
    transcription: 'ready',
    transcription_reason: '',
    transcription_leaves: '',
    transcription_behind: false,
    database: 'ready',
    shutting_down: false,
    storage: { disk_free: 0, disk_full: false, stopped: 0, waiting: 0, sound_lost: false },
  },
  board: null,
  boardAt: 0,
  watching: '',
  supervision: null,
  alerts: [],
  targets: { agents: [], queues: [], numbers: false },
  keyed: '',
  legs: [],
  sheet: null,
  phone: { owner: false, taken: false, state: 'none' },
  codes: [],
  pending: noPending,
  draft: null,
  code: '',
  correcting: false,
  refusal: null,
  missed: null,
  video: null,
};

/** A message to the server before the connection gives it an id. */
export type Outgoing = wire.ClientMessage extends infer M
  ? M extends { type: infer T; data: infer D }
    ? { readonly type: T; readonly data: D }
    : never
  : never;

type CallType =
  | 'consult_swap'
  | 'consult_complete'
  | 'consult_return'
  | 'drop_party'
  | 'language'
  | 'raise_hand'
  | 'record'
  | 'open_item'
  | 'sensitive';

/** A command about the call that is in progress. */
export type CallCommand = Extract<Outgoing, { type: CallType }>;

/** What the sheet asks for. */
export type SheetCommand = Extract<Outgoing, { type: 'transfer' | 'consult' | 'add_party' }>;

/** Everything that can happen to the desk. `now` is this browser's clock in milliseconds. */
export type DeskEvent =
  | { readonly kind: 'server'; readonly message: wire.ServerMessage; readonly now: number }
  | { readonly kind: 'link'; readonly link: Link }
  | { readonly kind: 'refused'; readonly type: Outgoing['type']; readonly error: wire.Error }
  | { readonly kind: 'done'; readonly type: Outgoing['type'] }
  | { readonly kind: 'presence'; readonly presence: 'available' | 'away'; readonly reason: string }
  | { readonly kind: 'answer' }
  | { readonly kind: 'decline' }
  | { readonly kind: 'hang_up' }
  | { readonly kind: 'toggle_mute' }
  | { readonly kind: 'toggle_hold' }
  | { readonly kind: 'type_note'; readonly text: string }
  | { readonly kind: 'note_sent'; readonly interactionID: string; readonly text: string }
  | { readonly kind: 'choose_code'; readonly code: string }
  | { readonly kind: 'complete' }
  | { readonly kind: 'correct_customer'; readonly on: boolean }
  | { readonly kind: 'choose_customer'; readonly customerID: string }
  | { readonly kind: 'video_start' }
  | { readonly kind: 'video_call'; readonly customerID: string; readonly subject: string }
  | { readonly kind: 'video_end'; readonly outcome: '' | 'solved' | 'visit_needed' }
  | { readonly kind: 'use_here' }
  | { readonly kind: 'watch'; readonly interactionID: string }
  | { readonly kind: 'command'; readonly message: CallCommand }
  | { readonly kind: 'key'; readonly digit: string }
  | { readonly kind: 'open_sheet'; readonly purpose: Sheet['purpose'] }
  | { readonly kind: 'close_sheet' }
  | { readonly kind: 'send_sheet'; readonly message: SheetCommand }
  | { readonly kind: 'call_out'; readonly number: string; readonly customerID: string }
  | { readonly kind: 'supervise'; readonly interactionID: string; readonly mode: SuperviseMode }
  | { readonly kind: 'follow'; readonly agentID: string }
  | { readonly kind: 'dismiss_alert'; readonly interactionID: string; readonly code: string }
  | { readonly kind: 'marks'; readonly interactionID: string; readonly marks: readonly Mark[] }
  | { readonly kind: 'dismiss' };

export type SuperviseMode = 'listen' | 'whisper' | 'barge' | 'takeover' | 'leave';

/** What the outside world must do because of an event. */
export type Effect =
  | { readonly do: 'send'; readonly message: Outgoing }
  | { readonly do: 'save_note'; readonly interactionID: string; readonly text: string }
  | { readonly do: 'phone_ensure'; readonly serverState: string; readonly ask: boolean } // ask for the microphone
  | { readonly do: 'alert'; readonly alert: wire.Alert }
  | { readonly do: 'phone_end' }
  | { readonly do: 'phone_unsignalled' } // what was asked of the server may be lost
  | { readonly do: 'phone_retry' } // the server refused to start a line
  | { readonly do: 'load_marks'; readonly interactionID: string; readonly startedAt: string }
  | { readonly do: 'rtc_offer'; readonly offer: wire.Description }
  | { readonly do: 'rtc_candidate'; readonly candidate: wire.Candidate }
  | { readonly do: 'microphone'; readonly open: boolean }
  | { readonly do: 'mute'; readonly on: boolean }
  | { readonly do: 'ring'; readonly caller: string | null };

export interface Step {
  readonly state: DeskState;
  readonly effects: readonly Effect[];
}

/** The interaction that the desk is about now: the one that rings or is in progress, else the watched one. */
export function currentInteraction(state: DeskState): string {
  return state.shown || state.watching;
}
