// What a message of the server does to the desk.
import type * as wire from '../wire.gen';
import { currentInteraction, type DeskState, type Effect, type Mark, noPending, type Step } from './desk';

/** Applies one message. Deltas that are older than what is shown are dropped. */
export function reduceServer(state: DeskState, message: wire.ServerMessage, now: number): Step {
  if (message.type === 'snapshot') return snapshot(state, message.data, message.seq ?? 0, now);
  if (!('seq' in message) || message.seq === undefined) return signalling(state, message);
  // The same tab may be told twice around a reconnection.
  if (message.seq <= state.seq) return { state, effects: [] };
  return delta({ ...state, seq: message.seq }, message, now);
}

type Numbered = Extract<wire.ServerMessage, { seq: number }>;
type Delta = Exclude<Numbered, { type: 'snapshot' }>;

function snapshot(state: DeskState, data: wire.Snapshot, seq: number, now: number): Step {
  const call = data.call && wholeCall(data.call);
  const offer = data.offer;
  const sameCall = call !== null && call.interaction_id === state.call?.interaction_id;
  const next: DeskState = {
    ...state,
    link: 'open',
    loaded: true,
    epoch: data.epoch,
    seq,
    me: data.me,
    agent: data.agent,
    offer,
    call,
    shown: call?.interaction_id ?? offer?.interaction_id ?? '',
    customer: data.customer && complete(data.customer),
    candidates: data.candidates && { ...data.candidates, items: data.candidates.items ?? [] },
    lines: [...(data.lines ?? [])].sort(byStart),
    partials: (data.partials ?? []).filter((p) => p.text !== ''),
    marks: sameCall ? state.marks : [],
    history: data.history ?? [],
    system: data.system,
    board: data.board && wholeBoard(data.board),
    boardAt: data.board ? now : 0,
    supervision: data.supervision ?? null,
    watching: data.supervision?.interaction_id || state.watching,
    targets: wholeTargets(data.targets),
    keyed: sameCall ? state.keyed : '',
    legs: withLegs(sameCall ? state.legs : [], call?.parties ?? []),
    sheet: sameCall ? state.sheet && { ...state.sheet, busy: false } : null,
    phone: data.phone,
    video: data.video && data.video.id !== '' ? data.video : null,
    codes: data.wrap_up_codes ?? [],
    pending: noPending,
    // What was typed here and not saved is newer than what the server holds.
    draft: sameCall && state.draft && !state.draft.saved ? state.draft : null,
    code: sameCall ? state.code : '',
    correcting: sameCall && state.correcting,
    refusal: null,
  };
  const effects: Effect[] = [];
  if (!data.phone.taken) {
    // A supervisor listens without a microphone: it is asked for when it is to be spoken into.
    effects.push({ do: 'phone_ensure', serverState: data.phone.state, ask: data.me.role === 'agent' });
  }
  if (call) {
    effects.push({ do: 'load_marks', interactionID: call.interaction_id, startedAt: call.started_at });
  }
  if (next.draft) {
    effects.push({ do: 'save_note', interactionID: next.draft.interactionID, text: next.draft.text });
  }
  if (next.watching) {
    effects.push({ do: 'send', message: { type: 'watch', data: { interaction_id: next.watching } } });
  }
  return { state: next, effects };
}

function signalling(state: DeskState, message: wire.ServerMessage): Step {
  switch (message.type) {
    case 'phone': {
      const next = { ...state, phone: message.data };
      if (message.data.taken) return { state: next, effects: [{ do: 'phone_end' }] };
      return {
        state: next,
        effects: [{ do: 'phone_ensure', serverState: message.data.state, ask: state.me?.role === 'agent' }],
      };
    }
    case 'rtc_offer':
      return { state, effects: [{ do: 'rtc_offer', offer: message.data }] };
    case 'rtc_candidate':
      return { state, effects: [{ do: 'rtc_candidate', candidate: message.data }] };
    default:
      return { state, effects: [] };
  }
}

function delta(state: DeskState, message: Delta, now: number): Step {
  if (message.type === 'alert') {
    return { state: alerted(state, message.data, now), effects: [{ do: 'alert', alert: message.data }] };
  }
  if (message.type === 'supervision') return supervisionChanged(state, message.data);
  return { state: apply(state, message, now), effects: [] };
}

function apply(state: DeskState, message: Delta, now: number): DeskState {
  switch (message.type) {
    case 'agent':
      return { ...state, agent: message.data, pending: confirmPresence(state, message.data) };
    case 'offer': {
      // The record may come before the offer that it belongs to: only another call's is cleared.
      const fresh = state.shown !== '' && message.data.interaction_id !== state.shown;
      return {
        ...(fresh ? clearInteraction(state) : state),
        shown: message.data.interaction_id,
        offer: message.data,
        missed: null,
        pending: { ...state.pending, answering: null, declining: null },
      };
    }
    case 'offer_end':
      return offerEnd(state, message.data);
    case 'call':
      return callChanged(state, wholeCall(message.data), now);
    case 'call_end':
      if (state.call && state.call.interaction_id !== message.data.interaction_id) return state;
      return { ...clearInteraction(state), call: null, pending: { ...state.pending, completing: null } };
    case 'customer':
      return { ...state, customer: complete(message.data), candidates: null, correcting: false };
    case 'candidates':
      return {
        ...state,
        candidates: { ...message.data, items: message.data.items ?? [] },
        customer: null,
        correcting: false,
      };
    case 'partial':
      if (message.data.interaction_id !== currentInteraction(state)) return state;
      return { ...state, partials: withPartial(state.partials, message.data) };
    case 'line':
      if (message.data.interaction_id !== currentInteraction(state)) return state;
      return {
        ...state,
        lines: withLine(state.lines, message.data),
        // The words of a finished line were on screen as a partial: both at once would show them twice.
        partials: state.partials.filter(
          (p) => p.leg !== message.data.leg || p.start_ms >= message.data.end_ms,
        ),
      };
    case 'video':
      return { ...state, video: message.data.id === '' ? null : message.data };
    case 'history':
      return { ...state, history: message.data.items ?? [] };
    case 'system':
      return { ...state, system: message.data };
    case 'board':
      return { ...state, board: wholeBoard(message.data), boardAt: now };
    case 'codes':
      return { ...state, codes: message.data.items ?? [] };
    case 'targets':
      return { ...state, targets: wholeTargets(message.data) };
    default:
      return state; // a newer server may tell more than this page knows
  }
}

function wholeCall(call: wire.Call): wire.Call {
  return {
    ...call,
    parties: call.parties ?? [],
    supervisors: call.supervisors ?? [],
    languages: call.languages ?? {},
    language_by: call.language_by ?? {},
  };
}

function wholeBoard(board: wire.Board): wire.Board {
  const calls = (board.calls ?? []).map((c) => ({
    ...c,
    parties: c.parties ?? [],
    needs: c.needs ?? [],
  }));
  return { ...board, calls, agents: board.agents ?? [] };
}

function wholeTargets(targets: wire.Targets | null | undefined): wire.Targets {
  return {
    agents: targets?.agents ?? [],
    queues: targets?.queues ?? [],
    numbers: targets?.numbers ?? false,
  };
}

/** Makes lists of what an empty list may arrive as: Go writes a nil slice as null. */
export function complete(view: wire.CustomerView): wire.CustomerView {
  return {
    ...view,
    phones: view.phones ?? [],
    emails: view.emails ?? [],
    orders: view.orders ?? [],
    cases: view.cases ?? [],
    timeline: view.timeline ?? [],
  };
}

function clearInteraction(state: DeskState): DeskState {
  return {
    ...state,
    shown: '',
    offer: null,
    customer: null,
    candidates: null,
    lines: [],
    partials: [],
    marks: [],
    draft: null,
    code: '',
    correcting: false,
    keyed: '',
    legs: [],
    sheet: null,
  };
}

/** Who leaves a call stays known for the words that were said. */
function withLegs(known: readonly wire.Party[], now: readonly wire.Party[]): readonly wire.Party[] {
  const gone = known.filter((k) => !now.some((p) => p.id === k.id));
  return gone.length === 0 ? now : [...gone, ...now];
}

const MOST_ALERTS = 20;

function alerted(state: DeskState, alert: wire.Alert, now: number): DeskState {
  const others = state.alerts.filter(
    (a) => a.interaction_id !== alert.interaction_id || a.code !== alert.code,
  );
  return { ...state, alerts: [{ ...alert, at: now }, ...others].slice(0, MOST_ALERTS) };
}

/** Who listens reads along: the words of the call follow the ear, also to the next call of a followed agent. */
function supervisionChanged(state: DeskState, supervision: wire.Supervision): Step {
  const id = supervision.interaction_id;
  const next = { ...state, supervision };
  if (id === '' || id === state.watching) return { state: next, effects: [] };
  return {
    state: { ...next, watching: id, lines: [], partials: [], marks: [] },
    effects: [{ do: 'send', message: { type: 'watch', data: { interaction_id: id } } }],
  };
}

function offerEnd(state: DeskState, end: wire.OfferEnd): DeskState {
  if (state.offer?.interaction_id !== end.interaction_id) return state;
  const pending = { ...state.pending, answering: null, declining: null };
  // Answered: the call takes the place of the offer, and the record beside it stays as it is.
  if (end.reason === 'answered') return { ...state, offer: null, pending };
  const missed = end.reason === 'declined' ? null : end;
  return { ...clearInteraction(state), pending, missed };
}

function callChanged(state: DeskState, call: wire.Call, now: number): DeskState {
  const before = state.call?.interaction_id === call.interaction_id ? state.call : null;
  // The record came with the offer, which may be over before the call is told.
  const base = state.shown === '' || state.shown === call.interaction_id ? state : clearInteraction(state);
  const at = new Date(now).toISOString();
  return {
    ...base,
    shown: call.interaction_id,
    call,
    offer: base.offer?.interaction_id === call.interaction_id ? null : base.offer,
    pending: { ...state.pending, answering: null },
    marks: [...base.marks, ...marksOf(before, call, at)],
    partials: call.state === 'active' ? base.partials : [],
    keyed: before ? base.keyed : '',
    legs: withLegs(before ? base.legs : [], call.parties),
    sheet: call.state === 'active' ? base.sheet : null,
    draft: base.draft?.saved && base.draft.text === call.note ? null : base.draft,
  };
}

/** The rules that a change of the call draws into the transcript. */
function marksOf(before: wire.Call | null, call: wire.Call, at: string): Mark[] {
  const atMS = Math.max(0, Date.parse(at) - Date.parse(call.started_at));
  const marks: Mark[] = [];
  const add = (kind: Mark['kind']) => marks.push({ id: `${kind}:${atMS}`, kind, atMS });
  if (before && before.held !== call.held) add(call.held ? 'held' : 'resumed');
  if (before && before.agent_away !== call.agent_away) add(call.agent_away ? 'agent_lost' : 'agent_back');
  if (!before || call.state !== 'active') return marks;
  const [was, now] = [before.recording.state, call.recording.state];
  if (was !== 'paused' && now === 'paused') add('recording_paused');
  if (was === 'paused' && now === 'on') add('recording_resumed');
  if ((was === 'on' || was === 'paused') && (now === 'off' || now === 'refused')) add('recording_stopped');
  if (!before.sensitive !== !call.sensitive) add(call.sensitive ? 'sensitive_started' : 'sensitive_ended');
  const barging = (c: wire.Call) => c.supervisors.filter((s) => s.mode === 'barge').length;
  if (barging(before) < barging(call)) add('barged');
  if (barging(before) > barging(call)) add('barge_over');
  return marks;
}

function confirmPresence(state: DeskState, agent: wire.AgentState): DeskState['pending'] {
  if (state.pending.presence?.presence !== agent.presence) return state.pending;
  return { ...state.pending, presence: null };
}

function withPartial(partials: readonly wire.Partial[], partial: wire.Partial): readonly wire.Partial[] {
  const others = partials.filter((p) => p.leg !== partial.leg);
  if (partial.text === '') return others.length === partials.length ? partials : others;
  return [...others, partial].sort(byStart);
}

function withLine(lines: readonly wire.Line[], line: wire.Line): readonly wire.Line[] {
  const known = lines.findIndex((l) => l.id === line.id);
  if (known >= 0) {
    const next = [...lines];
    next[known] = line;
    return next[known - 1] === undefined || byStart(next[known - 1] as wire.Line, line) <= 0
      ? next
      : next.sort(byStart);
  }
  // Almost always the newest; what was said during a crash of the recogniser is put in its place.
  let at = lines.length;
  while (at > 0 && (lines[at - 1] as wire.Line).start_ms > line.start_ms) at--;
  return [...lines.slice(0, at), line, ...lines.slice(at)];
}

function byStart(a: { start_ms: number }, b: { start_ms: number }): number {
  return a.start_ms - b.start_ms;
}
