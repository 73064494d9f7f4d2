import { describe, expect, test } from 'vitest';
import type * as wire from '../wire.gen';
import { type DeskEvent, type DeskState, type Effect, emptyDesk } from './desk';
import { reduce } from './reduce';

const ID = 'i-1';
const T0 = Date.parse('2026-11-22T13:08:00Z');
const at = (seconds: number) => new Date(T0 + seconds * 1000).toISOString();

const offer: wire.Offer = {
  interaction_id: ID,
  from: '+12025550142',
  customer_name: 'Haruto Tanaka',
  queue: 'Bookings',
  waiting_since: at(0),
  expires_at: at(20),
  transferred: null,
};

const call: wire.Call = {
  interaction_id: ID,
  state: 'active',
  from: '+12025550142',
  queue: 'Bookings',
  started_at: at(0),
  answered_at: at(8),
  ended_at: null,
  muted: false,
  held: false,
  agent_away: false,
  match: 'one',
  note: '',
  ended_by: '',
  channel: 'call',
  record_rule: 'on',
  direction: 'inbound',
  parties: [],
  consult: null,
  transferred: null,
  recording: { state: 'off', reason: '' },
  sensitive: null,
  hand_raised: false,
  supervisors: [],
  languages: {},
  language_by: {},
  opened_item: '',
};

const agent: wire.AgentState = {
  id: 'akiko',
  name: 'Akiko Mori',
  presence: 'available',
  reason: '',
  activity: 'idle',
  since: at(0),
  phone_ready: true,
  queues: ['Bookings'],
  queue_waiting: 0,
  queue_longest: null,
};

const customer = { id: 'c-1', name: 'Haruto Tanaka' } as wire.CustomerView;

function snapshot(change: Partial<wire.Snapshot> = {}): wire.Snapshot {
  return {
    epoch: 'e-1',
    me: { id: 'akiko', name: 'Akiko Mori', role: 'agent', language: 'en' },
    agent,
    offer: null,
    call: null,
    customer: null,
    candidates: null,
    lines: [],
    partials: [],
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
    supervision: null,
    targets: null,
    phone: { owner: true, taken: false, state: 'none' },
    wrap_up_codes: [],
    ...change,
  };
}

function line(id: string, startMS: number, leg = 'customer'): wire.Line {
  const speaker = leg === 'customer' ? 'customer' : 'agent';
  const common = { interaction_id: ID, id, speaker, leg, text: id, spoken: id, words: [] };
  return { ...common, start_ms: startMS, end_ms: startMS + 900 };
}

function partial(text: string, startMS = 0, leg = 'customer'): wire.Partial {
  return { interaction_id: ID, speaker: leg, leg, start_ms: startMS, text, settled: 0 };
}

const numberOf = (type: string, state: DeskState) => (type === 'phone' ? {} : { seq: state.seq + 1 });

/** Plays events from a state on; server messages get rising numbers, but for signalling. */
function play(from: DeskState, ...events: (DeskEvent | [wire.ServerMessage['type'], unknown])[]) {
  let state = from;
  let effects: readonly Effect[] = [];
  for (const entry of events) {
    const event: DeskEvent = Array.isArray(entry)
      ? {
          kind: 'server',
          message: { ...numberOf(entry[0], state), type: entry[0], data: entry[1] } as wire.ServerMessage,
          now: T0 + 60_000,
        }
      : entry;
    ({ state, effects } = reduce(state, event));
  }
  return { state, effects };
}

const signedIn = play(emptyDesk, ['snapshot', snapshot()]).state;
const ringing = play(signedIn, ['offer', offer], ['customer', customer]).state;
const talking = play(
  ringing,
  { kind: 'answer' },
  ['call', call],
  ['offer_end', { interaction_id: ID, reason: 'answered' }],
).state;
const sent = (effects: readonly Effect[]) => effects.flatMap((e) => (e.do === 'send' ? [e.message] : []));
const done = (effects: readonly Effect[]) => effects.map((e) => e.do);

describe('signing in', () => {
  test('the snapshot opens the line of an agent', () => {
    const { effects } = play(emptyDesk, ['snapshot', snapshot()]);
    expect(effects).toEqual([{ do: 'phone_ensure', serverState: 'none', ask: true }]);
  });

  test('a tab without the phone leaves the line alone', () => {
    const phone = { owner: false, taken: true, state: 'connected' };
    expect(play(emptyDesk, ['snapshot', snapshot({ phone })]).effects).toEqual([]);
  });

  test('lists that Go wrote as null are empty lists', () => {
    const holes = {
      lines: null,
      partials: null,
      history: null,
      wrap_up_codes: null,
    } as unknown as wire.Snapshot;
    const { state } = play(emptyDesk, ['snapshot', { ...snapshot(), ...holes }]);
    expect([state.lines, state.partials, state.history, state.codes]).toEqual([[], [], [], []]);
    const view = play(signedIn, ['customer', { id: 'c', name: 'N', phones: null }]).state.customer;
    expect([view?.phones, view?.orders, view?.timeline]).toEqual([[], [], []]);
  });
});

describe('ringing', () => {
  test('opens the microphone and rings with the name', () => {
    const { effects } = play(signedIn, ['offer', offer]);
    expect(effects).toEqual([
      { do: 'microphone', open: true },
      { do: 'ring', caller: 'Haruto Tanaka' },
    ]);
  });

  test('the record may come before the offer or after it', () => {
    expect(play(signedIn, ['customer', customer], ['offer', offer]).state.customer?.id).toBe('c-1');
    expect(ringing.customer?.id).toBe('c-1');
    const next = play(ringing, ['offer', { ...offer, interaction_id: 'i-2' }]).state;
    expect(next.customer).toBeNull();
  });

  test('answering sends once, stops the ring and keeps the microphone', () => {
    const first = play(ringing, { kind: 'answer' });
    expect(sent(first.effects)).toEqual([{ type: 'answer', data: { interaction_id: ID } }]);
    expect(first.effects).toContainEqual({ do: 'ring', caller: null });
    expect(done(first.effects)).not.toContain('microphone');
    expect(play(first.state, { kind: 'answer' }).effects).toEqual([]);
  });

  test('the record stays when the offer becomes the call, in either order', () => {
    const end: [wire.ServerMessage['type'], unknown] = [
      'offer_end',
      { interaction_id: ID, reason: 'answered' },
    ];
    for (const order of [
      [['call', call], end],
      [end, ['call', call]],
    ] as [wire.ServerMessage['type'], unknown][][]) {
      const { state } = play(ringing, ['line', line('greeted', 100)], ...order);
      expect(state.customer?.id).toBe('c-1');
      expect(state.lines).toHaveLength(1);
      expect(state.call?.interaction_id).toBe(ID);
      expect(state.offer).toBeNull();
    }
  });

  test.each(['timeout', 'caller_gone', 'declined'])(
    '%s clears the desk and lets the microphone go',
    (reason) => {
      const { state, effects } = play(ringing, ['offer_end', { interaction_id: ID, reason }]);
      expect(state.customer).toBeNull();
      expect(effects).toContainEqual({ do: 'microphone', open: false });
      expect(state.missed?.reason ?? null).toBe(reason === 'declined' ? null : reason);
    },
  );

  test('a refused answer rings again', () => {
    const error = { code: 'gone', message: 'The caller is gone.' };
    const { state, effects } = play(ringing, { kind: 'answer' }, { kind: 'refused', type: 'answer', error });
    expect(state.refusal).toEqual(error);
    expect(effects).toEqual([{ do: 'ring', caller: 'Haruto Tanaka' }]);
  });

  test('another tab has the phone: no ring, no microphone here', () => {
    const taken = play(signedIn, ['phone', { owner: false, taken: true, state: 'connected' }]).state;
    expect(play({ ...taken, seq: 5 }, ['offer', offer]).effects).toEqual([]);
  });
});

describe('talking', () => {
  test('mute is sent, and switched in the browser when the server says so', () => {
    expect(sent(play(talking, { kind: 'toggle_mute' }).effects)).toEqual([
      { type: 'mute', data: { interaction_id: ID, on: true } },
    ]);
    const { effects } = play(talking, ['call', { ...call, muted: true }]);
    expect(effects).toEqual([{ do: 'mute', on: true }]);
  });

  test('a hold is drawn into the transcript', () => {
    const { state } = play(talking, ['call', { ...call, held: true }], ['call', call]);
    expect(state.marks.map((m) => [m.kind, m.atMS])).toEqual([
      ['held', 60_000],
      ['resumed', 60_000],
    ]);
  });

  test('what becomes of the recording, a sensitive stretch and who speaks too are drawn into the transcript', () => {
    const on = { ...call, recording: { state: 'on', reason: '' } };
    const paused = { ...on, recording: { state: 'paused', reason: 'agent' } };
    const sensitive = { ...on, sensitive: { since: at(50), until: null, by: 'akiko' } };
    const joined = { ...on, supervisors: [{ name: 'Sofia Reyes', mode: 'barge' }] };
    const whispered = { ...on, supervisors: [{ name: 'Sofia Reyes', mode: 'whisper' }] };
    const off = { ...on, recording: { state: 'off', reason: 'agent' } };
    const { state } = play(
      talking,
      ['call', on],
      ['call', paused],
      ['call', on],
      ['call', sensitive],
      ['call', on],
      ['call', joined],
      ['call', whispered],
      ['call', off],
      ['call', { ...off, state: 'wrap_up', ended_at: at(60), ended_by: 'customer', supervisors: [] }],
    );
    expect(state.marks.map((m) => m.kind)).toEqual([
      'recording_paused',
      'recording_resumed',
      'sensitive_started',
      'sensitive_ended',
      'barged',
      'barge_over',
      'recording_stopped',
    ]);
  });

  test('the end of the call lets the microphone go and keeps what was said', () => {
    const ended = { ...call, state: 'wrap_up', ended_at: at(50), ended_by: 'customer' };
    const { state, effects } = play(
      talking,
      ['line', line('a', 0)],
      ['partial', partial('x', 9000)],
      ['call', ended],
    );
    expect(effects).toContainEqual({ do: 'microphone', open: false });
    expect(state.lines).toHaveLength(1);
    expect(state.partials).toEqual([]);
  });

  test('commands without a call do nothing', () => {
    for (const kind of ['hang_up', 'toggle_mute', 'toggle_hold', 'complete', 'answer', 'decline'] as const) {
      expect(play(signedIn, { kind }).effects).toEqual([]);
    }
  });
});

describe('the transcript', () => {
  test('a line puts itself where it was said', () => {
    const { state } = play(
      talking,
      ['line', line('b', 2000)],
      ['line', line('c', 5000)],
      ['line', line('a', 1000)],
    );
    expect(state.lines.map((l) => l.id)).toEqual(['a', 'b', 'c']);
  });

  test('a line with a known id replaces', () => {
    const again = { ...line('a', 1000), text: 'better' };
    const { state } = play(talking, ['line', line('a', 1000)], ['line', line('b', 2000)], ['line', again]);
    expect(state.lines.map((l) => l.text)).toEqual(['better', 'b']);
  });

  test('a line takes the place of its partial, not of the next one', () => {
    const mine = play(talking, ['partial', partial('hel', 1000)], ['line', line('hello', 1000)]).state;
    expect(mine.partials).toEqual([]);
    const next = play(talking, ['partial', partial('and', 3000)], ['line', line('hello', 1000)]).state;
    expect(next.partials.map((p) => p.text)).toEqual(['and']);
  });

  test('each leg has one partial, and an empty one clears it', () => {
    const { state } = play(
      talking,
      ['partial', partial('a')],
      ['partial', partial('b', 10, 'agent:akiko')],
      ['partial', partial('a b')],
    );
    expect(state.partials.map((p) => p.text)).toEqual(['a b', 'b']);
    expect(play(state, ['partial', partial('')]).state.partials.map((p) => p.text)).toEqual(['b']);
  });

  test('lines of another interaction are not shown', () => {
    const { state } = play(talking, ['line', { ...line('x', 0), interaction_id: 'other' }]);
    expect(state.lines).toEqual([]);
  });

  test('an old delta changes nothing', () => {
    const message = { seq: talking.seq, type: 'line', data: line('x', 0) } as wire.ServerMessage;
    expect(reduce(talking, { kind: 'server', message, now: T0 }).state).toBe(talking);
  });
});

describe('after the call', () => {
  const wrapping = play(talking, [
    'call',
    { ...call, state: 'wrap_up', ended_at: at(50), note: 'saved' },
  ]).state;

  test('completing sends the code and the note as typed', () => {
    const { effects } = play(
      wrapping,
      { kind: 'choose_code', code: 'solved' },
      { kind: 'type_note', text: 'mine' },
      {
        kind: 'complete',
      },
    );
    expect(sent(effects)).toEqual([
      { type: 'wrap_up', data: { interaction_id: ID, code: 'solved', note: 'mine' } },
    ]);
  });

  test('completing without typing keeps the note that the server has', () => {
    const message = sent(play(wrapping, { kind: 'complete' }).effects)[0];
    expect(message?.data).toMatchObject({ note: 'saved', code: '' });
  });

  test('a code chosen twice is not chosen', () => {
    const choose: DeskEvent = { kind: 'choose_code', code: 'solved' };
    expect(play(wrapping, choose, choose).state.code).toBe('');
  });

  test('the end empties the desk', () => {
    const { state } = play(wrapping, ['call_end', { interaction_id: ID }]);
    expect([state.call, state.customer, state.draft, state.lines]).toEqual([null, null, null, []]);
  });
});

describe('the note', () => {
  test('an older note of the server does not overwrite what is typed', () => {
    const { state } = play(talking, { kind: 'type_note', text: 'abc' }, ['call', { ...call, note: 'ab' }]);
    expect(state.draft).toEqual({ interactionID: ID, text: 'abc', saved: false });
  });

  test('what was typed while offline is sent after the snapshot', () => {
    const { effects } = play(talking, { kind: 'link', link: 'lost' }, { kind: 'type_note', text: 'abc' }, [
      'snapshot',
      snapshot({ call }),
    ]);
    expect(effects).toContainEqual({ do: 'save_note', interactionID: ID, text: 'abc' });
  });
});

describe('losing the connection', () => {
  test('keeps the microphone and the screen, forgets what was asked', () => {
    const { state, effects } = play(
      talking,
      { kind: 'presence', presence: 'away', reason: '' },
      {
        kind: 'link',
        link: 'lost',
      },
    );
    expect(effects).toEqual([{ do: 'phone_unsignalled' }]);
    expect(state.pending.presence).toBeNull();
    expect(state.call).toEqual(call);
  });

  test('a snapshot in mid-call opens line and microphone at once', () => {
    const { effects } = play(emptyDesk, ['snapshot', snapshot({ call })]);
    expect(effects).toContainEqual({ do: 'phone_ensure', serverState: 'none', ask: true });
    expect(effects).toContainEqual({ do: 'microphone', open: true });
  });

  test('what happened before the reload is drawn from the record', () => {
    const { state, effects } = play(emptyDesk, ['snapshot', snapshot({ call })]);
    expect(effects).toContainEqual({ do: 'load_marks', interactionID: ID, startedAt: call.started_at });
    const marks = [{ id: 'event:4', kind: 'held', atMS: 10_000 } as const];
    expect(play(state, { kind: 'marks', interactionID: ID, marks }).state.marks).toEqual(marks);
    expect(play(state, { kind: 'marks', interactionID: 'other', marks }).state.marks).toEqual([]);
  });

  test('a refused start of the line is tried again and bothers nobody', () => {
    const error = { code: 'too_many', message: 'Wait.' };
    const { state, effects } = play(signedIn, { kind: 'refused', type: 'phone_start', error });
    expect(effects).toEqual([{ do: 'phone_retry' }]);
    expect(state.refusal).toBeNull();
  });
});

describe('presence', () => {
  test('shows my wish until the server has spoken', () => {
    const wish = play(signedIn, { kind: 'presence', presence: 'away', reason: 'lunch' });
    expect(sent(wish.effects)).toEqual([{ type: 'presence', data: { presence: 'away', reason: 'lunch' } }]);
    expect(wish.state.pending.presence?.presence).toBe('away');
    const told = play(wish.state, ['agent', { ...agent, presence: 'away', reason: 'lunch' }]).state;
    expect(told.pending.presence).toBeNull();
  });
});

describe('the customer', () => {
  test('choosing names the interaction; the new record ends the correction', () => {
    const correcting = play(talking, { kind: 'correct_customer', on: true });
    const chosen = play(correcting.state, { kind: 'choose_customer', customerID: 'c-2' });
    expect(sent(chosen.effects)).toEqual([
      { type: 'choose_customer', data: { interaction_id: ID, customer_id: 'c-2' } },
    ]);
    const { state } = play(chosen.state, ['customer', { ...customer, id: 'c-2' }]);
    expect([state.correcting, state.customer?.id]).toEqual([false, 'c-2']);
  });
});

describe('reading along', () => {
  test('choosing a call asks for it, empties the pane, and asks again after a reconnection', () => {
    const me = { id: 'sofia', name: 'Sofia', role: 'supervisor', language: 'en' };
    const supervisor = play(emptyDesk, ['snapshot', snapshot({ me, agent: null })]).state;
    const watching = play(supervisor, { kind: 'watch', interactionID: ID });
    expect(sent(watching.effects)).toEqual([{ type: 'watch', data: { interaction_id: ID } }]);
    expect(play(watching.state, ['line', line('a', 0)]).state.lines).toHaveLength(1);
    const again = play(watching.state, ['snapshot', snapshot({ me, agent: null })]);
    expect(sent(again.effects)).toEqual([{ type: 'watch', data: { interaction_id: ID } }]);
  });
});
