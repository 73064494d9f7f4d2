// The desk's rules: a pure function from a state and an event to the next state and what the world must do.
import { answersSheet, reduceControl } from './control';
import {
  currentInteraction,
  type DeskEvent,
  type DeskState,
  type Effect,
  noPending,
  type Step,
} from './desk';
import { reduceServer } from './server';

/** What the phone should be doing in a state. Effects are the differences between two of these. */
interface Wanted {
  readonly microphone: boolean;
  readonly muted: boolean;
  readonly ring: string | null; // the caller's name or number, "" where withheld
}

function wanted(state: DeskState): Wanted {
  const mine = !state.phone.taken && state.link !== 'signed_out';
  const talking = state.call?.state === 'active';
  return {
    // Opened while it rings, so that the voice is there the moment Answer is pressed. Who listens only has it closed.
    microphone: mine && (talking || state.offer !== null || speaks(state)),
    muted: talking && state.call?.muted === true,
    ring:
      mine && state.offer && state.pending.answering === null && state.pending.declining === null
        ? state.offer.customer_name || state.offer.from
        : null,
  };
}

function speaks({ supervision }: DeskState): boolean {
  const mode = supervision?.mode;
  return mode === 'whisper' || mode === 'barge' || mode === 'takeover';
}

/** Returns the next state and the effects, among them what changed about microphone, mute and ringing. */
export function reduce(state: DeskState, event: DeskEvent): Step {
  const step =
    event.kind === 'server' ? reduceServer(state, event.message, event.now) : reduceLocal(state, event);
  const before = wanted(state);
  const after = wanted(step.state);
  const effects: Effect[] = [...step.effects];
  if (before.microphone !== after.microphone) effects.push({ do: 'microphone', open: after.microphone });
  if (before.muted !== after.muted) effects.push({ do: 'mute', on: after.muted });
  if (before.ring !== after.ring) effects.push({ do: 'ring', caller: after.ring });
  return { state: step.state, effects };
}

function stay(state: DeskState): Step {
  return { state, effects: [] };
}

function send(state: DeskState, message: Extract<Effect, { do: 'send' }>['message']): Step {
  return { state: { ...state, refusal: null }, effects: [{ do: 'send', message }] };
}

function reduceLocal(state: DeskState, event: Exclude<DeskEvent, { kind: 'server' }>): Step {
  const { offer, call } = state;
  switch (event.kind) {
    case 'link':
      if (event.link === 'open') return stay({ ...state, link: 'open' });
      // What was asked over a lost connection may never have arrived: the snapshot tells.
      return {
        state: { ...state, link: event.link, pending: noPending },
        effects: [{ do: 'phone_unsignalled' }],
      };
    case 'refused':
      // The line mends itself; its refusals are no answer to anything that the person did.
      if (event.type === 'phone_start') return { state, effects: [{ do: 'phone_retry' }] };
      if (event.type === 'ping' || event.type.startsWith('rtc_')) return stay(state);
      if (answersSheet(state, event.type)) {
        return stay({ ...state, sheet: { ...state.sheet, busy: false, refusal: event.error.message } });
      }
      return stay({ ...state, refusal: event.error, pending: settle(state, event.type) });
    case 'done':
      if (answersSheet(state, event.type)) return stay({ ...state, sheet: null });
      return event.type === 'choose_customer' ? stay({ ...state, correcting: false }) : stay(state);
    case 'presence': {
      const data = { presence: event.presence, reason: event.reason };
      return send(
        { ...state, missed: null, pending: { ...state.pending, presence: data } },
        { type: 'presence', data },
      );
    }
    case 'answer':
      if (!offer || state.pending.answering) return stay(state);
      return send(
        { ...state, pending: { ...state.pending, answering: offer.interaction_id } },
        { type: 'answer', data: { interaction_id: offer.interaction_id } },
      );
    case 'decline':
      if (!offer || state.pending.declining) return stay(state);
      return send(
        { ...state, pending: { ...state.pending, declining: offer.interaction_id } },
        { type: 'decline', data: { interaction_id: offer.interaction_id } },
      );
    case 'hang_up':
      if (call?.state !== 'active') return stay(state);
      return send(state, { type: 'hang_up', data: { interaction_id: call.interaction_id } });
    case 'toggle_mute':
      if (call?.state !== 'active') return stay(state);
      return send(state, { type: 'mute', data: { interaction_id: call.interaction_id, on: !call.muted } });
    case 'toggle_hold':
      if (call?.state !== 'active') return stay(state);
      return send(state, { type: 'hold', data: { interaction_id: call.interaction_id, on: !call.held } });
    case 'video_start':
      if (!call) return stay(state);
      return send(state, { type: 'video_start', data: { interaction_id: call.interaction_id } });
    case 'video_call': {
      if (call) return stay(state);
      const data = { customer_id: event.customerID, subject: event.subject };
      return send(state, { type: 'video_call', data });
    }
    case 'video_end': {
      if (!call) return stay(state);
      const data = { interaction_id: call.interaction_id, outcome: event.outcome };
      return send(state, { type: 'video_end', data });
    }
    case 'type_note':
      if (!call) return stay(state);
      return {
        state: { ...state, draft: { interactionID: call.interaction_id, text: event.text, saved: false } },
        effects: [{ do: 'save_note', interactionID: call.interaction_id, text: event.text }],
      };
    case 'note_sent':
      // Only the text that was sent is saved: the person may have typed on.
      if (state.draft?.interactionID !== event.interactionID || state.draft.text !== event.text)
        return stay(state);
      return stay({ ...state, draft: { ...state.draft, saved: true } });
    case 'choose_code':
      return call ? stay({ ...state, code: event.code === state.code ? '' : event.code }) : stay(state);
    case 'complete': {
      if (call?.state !== 'wrap_up' || state.pending.completing) return stay(state);
      const note = state.draft?.text ?? call.note;
      return send(
        { ...state, pending: { ...state.pending, completing: call.interaction_id } },
        { type: 'wrap_up', data: { interaction_id: call.interaction_id, code: state.code, note } },
      );
    }
    case 'correct_customer':
      return stay({ ...state, correcting: event.on });
    case 'choose_customer': {
      const id = currentInteraction(state);
      if (!id) return stay(state);
      return send(state, {
        type: 'choose_customer',
        data: { interaction_id: id, customer_id: event.customerID },
      });
    }
    case 'use_here':
      return send(state, { type: 'use_here', data: {} });
    case 'watch':
      if (event.interactionID === state.watching) return stay(state);
      return send(
        { ...state, watching: event.interactionID, lines: [], partials: [], marks: [] },
        { type: 'watch', data: { interaction_id: event.interactionID } },
      );
    case 'marks':
      // Read from the record: whole, but for what happened while it was read.
      if (state.call?.interaction_id !== event.interactionID || state.marks.length > event.marks.length)
        return stay(state);
      return stay({ ...state, marks: event.marks });
    case 'dismiss':
      return stay({ ...state, refusal: null, missed: null });
    default:
      return reduceControl(state, event);
  }
}

/** Takes back what was shown ahead of the server's word, where the server refused. */
function settle(state: DeskState, type: string): DeskState['pending'] {
  switch (type) {
    case 'presence':
      return { ...state.pending, presence: null };
    case 'answer':
      return { ...state.pending, answering: null };
    case 'decline':
      return { ...state.pending, declining: null };
    case 'wrap_up':
      return { ...state.pending, completing: null };
    default:
      return state.pending;
  }
}
