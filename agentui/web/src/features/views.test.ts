import { describe, expect, test } from 'vitest';
import * as make from '../../screens/fixtures';
import { marksOfEvents } from '../api/marks';
import type { PhoneStatus } from '../phone/status';
import { emptyDesk, type MarkKind } from '../state/desk';
import type * as wire from '../wire.gen';
import { bannersOf, toneOf } from './banners-view';
import { figuresOf, nameOf, sortedAgents, sortedCalls } from './board-view';
import { callBarView } from './call-bar-view';
import { columnOf, probablyAbout, sameNumber } from './customer/column-view';
import { chosenPresence, shownOf } from './presence-view';
import { codeOfDigit, commandOf } from './shortcuts';
import { keptOf, piecesOf, rowsOf, speakerOf } from './transcript-view';

const T0 = Date.parse('2026-11-22T13:08:00Z');
const at = (seconds: number) => new Date(T0 + seconds * 1000).toISOString();

const call: wire.Call = {
  interaction_id: 'i-1',
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

const offer = { interaction_id: 'i-1', from: '+12025550142', waiting_since: at(0) } as wire.Offer;
const line = (id: string, startMS: number) => ({ id, start_ms: startMS, end_ms: startMS + 500 }) as wire.Line;
const word = (text: string, probability: number) => ({ text, probability, start_ms: 0, end_ms: 0 });

describe('the call bar', () => {
  const open = {
    link: 'open',
    agent: { presence: 'available' } as wire.AgentState,
    offer: null,
    call: null,
  } as const;

  test.each([
    ['idle', open],
    ['away', { ...open, agent: { presence: 'away' } as wire.AgentState }],
    ['offered', { ...open, offer }],
    ['talking', { ...open, call }],
    ['muted', { ...open, call: { ...call, muted: true } }],
    ['held', { ...open, call: { ...call, muted: true, held: true } }],
    ['agentAway', { ...open, call: { ...call, agent_away: true } }],
    ['wrapUp', { ...open, call: { ...call, state: 'wrap_up', ended_at: at(60), muted: true } }],
  ] as const)('is %s', (state, parts) => {
    expect(callBarView(parts).state).toBe(state);
  });

  test('counts from the answer, and in the wrap-up from the end', () => {
    expect(callBarView({ ...open, call }).since).toBe(at(8));
    const ended = { ...call, state: 'wrap_up', ended_at: at(60) };
    expect(callBarView({ ...open, call: ended }).since).toBe(at(60));
  });

  test('says why nothing can be pressed', () => {
    expect(callBarView(open).why).toBe('whyNoCall');
    expect(callBarView({ ...open, call, link: 'lost' }).why).toBe('whyOffline');
    expect(callBarView({ ...open, call }).why).toBeUndefined();
    const ended = { ...call, state: 'wrap_up', muted: true };
    expect(callBarView({ ...open, call: ended })).toMatchObject({ why: 'whyNoCall', muted: false });
  });
});

describe('the transcript', () => {
  const kinds = (rows: ReturnType<typeof rowsOf>) => rows.map((r) => (r.row === 'rule' ? r.kind : r.id));

  test('puts rules between the lines where they belong', () => {
    const marks = [
      { id: 'a', kind: 'held', atMS: 20_000 },
      { id: 'b', kind: 'resumed', atMS: 30_000 },
      { id: 'c', kind: 'agent_lost', atMS: 50_000 },
    ] as const;
    const rows = rowsOf([line('x', 3000), line('y', 15_000), line('z', 40_000)], call, marks);
    expect(kinds(rows)).toEqual(['connected', 'x', 'answered', 'y', 'heldFor', 'z', 'agentLost']);
  });

  test('recording, sensitive stretches, supervisors and handing over are rules too, also where only the words are watched', () => {
    const mark = (kind: MarkKind, seconds: number) => ({
      id: `${kind}${seconds}`,
      kind,
      atMS: seconds * 1000,
    });
    const marks = [
      mark('recording_paused', 2),
      mark('recording_resumed', 4),
      mark('sensitive_started', 6),
      mark('barged', 7),
      mark('sensitive_ended', 8),
      mark('barge_over', 9),
      mark('transferred', 12),
      mark('returned_to_queue', 14),
      mark('recording_paused', 20),
    ];
    const rows = rowsOf([line('x', 3000), line('y', 13_000)], null, marks);
    expect(kinds(rows)).toEqual([
      'pausedFor',
      'x',
      'sensitiveFor',
      'bargedFor',
      'transferred',
      'y',
      'returned',
      'paused',
    ]);
    expect(rows[0]).toMatchObject({ atMS: 2000, toMS: 4000 });
  });

  test('marks are read from the timeline; who only listens is none', () => {
    const event = (seq: number, type: string, data: object, actor = 'sofia') => ({
      seq,
      at: at(seq),
      type,
      actor,
      data: { ...data },
    });
    const marks = marksOfEvents(
      [
        event(1, 'started', {}),
        event(2, 'supervision', { mode: 'listen', at_ms: 1500 }),
        event(3, 'supervision', { mode: 'barge', at_ms: 2500 }),
        event(4, 'sensitive_started', { at_ms: 3500 }, 'rule'),
        event(5, 'supervision', { mode: 'listen', at_ms: 4500 }),
        event(6, 'supervision', { mode: 'leave', at_ms: 5500 }),
        event(7, 'transferred', {}, 'akiko'),
      ],
      at(0),
    );
    expect(marks.map((m) => [m.kind, m.atMS])).toEqual([
      ['barged', 2500],
      ['sensitive_started', 3500],
      ['barge_over', 4500],
      ['transferred', 7000],
    ]);
  });

  test('nothing said before the answer: one rule tells both', () => {
    expect(kinds(rowsOf([line('x', 9000)], call, []))).toEqual(['begun', 'x']);
  });

  test('ends with who hung up', () => {
    const ended = { ...call, state: 'wrap_up', ended_at: at(60), ended_by: 'agent' };
    expect(kinds(rowsOf([line('x', 9000)], ended, []))).toEqual(['begun', 'x', 'endedAgent']);
    expect(kinds(rowsOf([], { ...ended, ended_by: 'customer' }, []))).toEqual(['begun', 'endedCustomer']);
    expect(kinds(rowsOf([], { ...ended, ended_by: 'vanished' }, []))).toEqual(['begun', 'endedVanished']);
  });

  test('without a call there are only lines', () => {
    expect(kinds(rowsOf([line('x', 0)], null, []))).toEqual(['x']);
  });

  test('doubtful words are marked where they stand', () => {
    const pieces = piecesOf('Stay in Hakone, in spring.', [
      word('Stay', 0.9),
      word('in', 0.9),
      word('Hakone', 0.3),
      word('in', 0.2),
    ]);
    expect(pieces).toMatchObject([
      { text: 'Stay in ', unsure: false, known: false },
      { text: 'Hakone', unsure: true, known: false },
      { text: ', ', unsure: false, known: false },
      { text: 'in', unsure: true, known: false },
      { text: ' spring.', unsure: false, known: false },
    ]);
  });

  test.each([
    ['written another way', 'The 21st.', [word('The', 0.9), word('twenty-first', 0.1)]],
    ['no words', 'The 21st.', null],
    ['only a space', 'The 21st.', [word(' ', 0.1)]],
  ])('%s: the text stays whole', (_, text, words) => {
    expect(piecesOf(text, words).map((p) => p.text)).toEqual([text]);
  });

  test('pieces together are the text', () => {
    const text = 'あの、箱根に泊まりたいです。';
    const pieces = piecesOf(text, [word('箱根', 0.2), word('たい', 0.4)]);
    expect(pieces.map((p) => p.text).join('')).toBe(text);
    expect(pieces.filter((p) => p.unsure).map((p) => p.text)).toEqual(['箱根', 'たい']);
  });

  test('marks words that stand in the record, where they are sure, and finds whole words only', () => {
    const words = [
      word('tan', 0.9),
      { ...word('Tanaka,', 0.9), known: true },
      { ...word('Sapporo', 0.2), known: true },
    ];
    const pieces = piecesOf('Mr Tanaka, of Sapporo', words);
    expect(pieces.filter((p) => p.known).map((p) => p.text)).toEqual(['Tanaka,']);
    expect(pieces.filter((p) => p.unsure).map((p) => p.text)).toEqual(['Sapporo']);
    expect(piecesOf('undone', [word('done', 0.1)])).toMatchObject([
      { text: 'undone', unsure: false, known: false },
    ]);
  });

  test('what is kept of the call is said as it is', () => {
    const call = (state: string) => make.call({ recording: { state, reason: '' } });
    expect(keptOf(call('on'), false)).toBe('both');
    expect(keptOf(call('paused'), true)).toBe('sound');
    for (const state of ['off', 'asking', 'refused', 'failed']) {
      expect(keptOf(call(state), false)).toBe('words');
      expect(keptOf(call(state), true)).toBe('nothing');
    }
  });

  const me = { id: 'akiko', name: 'Akiko Mori', role: 'agent', language: 'en' };
  const parties = [
    { id: 'agent', kind: 'agent', user_id: 'akiko', name: 'Akiko Mori', number: '' },
    { id: 'agent-2', kind: 'agent', user_id: 'ben', name: 'Ben Ito', number: '' },
    { id: 'number-1', kind: 'number', user_id: '', name: '', number: '+12025550100' },
    { id: 'supervisor-1', kind: 'supervisor', user_id: 'sofia', name: 'Sofia Reyes', number: '' },
  ] as wire.Party[];
  test.each([
    ['customer', 'customer', me, 'customer', ''],
    ['agent', 'agent', me, 'you', ''],
    ['agent', 'agent-2', me, 'agent', 'Ben'],
    ['agent', 'agent', null, 'agent', 'Akiko'],
    ['agent', 'number-1', me, 'agent', '+12025550100'],
    ['agent', 'agent-9', me, 'agent', ''],
    ['supervisor', 'supervisor-1', me, 'supervisor', 'Sofia'],
  ] as const)('%s on %s', (speaker, leg, who, word, name) => {
    expect(speakerOf({ speaker, leg }, who, parties)).toEqual({ word, name });
  });

  test('a supervisor who took the call over is "you" on the own leg only', () => {
    const sofia = { id: 'sofia', name: 'Sofia Reyes', role: 'supervisor', language: 'en' };
    expect(speakerOf({ speaker: 'supervisor', leg: 'supervisor-1' }, sofia, parties).word).toBe('you');
    expect(speakerOf({ speaker: 'agent', leg: 'agent' }, sofia, parties)).toEqual({
      word: 'agent',
      name: 'Akiko',
    });
  });
});

describe('the customer column', () => {
  const customer = { id: 'c', name: 'N' } as wire.CustomerView;
  const base = { offer: null, call, customer: null, candidates: null, correcting: false };
  const candidates = (items: wire.Customer[], id = 'i-1') => ({ interaction_id: id, number: '', items });

  test.each([
    ['nothing', { ...base, call: null }],
    ['record', { ...base, customer }],
    ['record', { ...base, call: null, offer, customer }],
    ['candidates', { ...base, candidates: candidates([customer]) }],
    ['looking', { ...base, candidates: candidates([customer], 'another') }],
    ['unknown', { ...base, candidates: candidates([]) }],
    ['unknown', { ...base, call: { ...call, match: 'none' } }],
    ['unknown', { ...base, call: { ...call, from: '' } }],
    ['looking', { ...base, call: { ...call, match: 'pending' } }],
    ['correction', { ...base, customer, correcting: true }],
  ] as const)('shows %s', (show, parts) => {
    expect(columnOf(parts).show).toBe(show);
  });

  test('open matters first: the nearest order, the newest case', () => {
    const order = (id: string, status: string, due?: string) => ({
      id,
      status,
      placed_at: at(0),
      ...(due ? { due_at: due } : {}),
    });
    const about = probablyAbout({
      orders: [
        order('late', 'paid', at(900)),
        order('done', 'Delivered'),
        order('soon', 'paid', at(100)),
        order('none', 'open'),
      ],
      cases: [
        { id: 'old', status: 'open', opened_at: at(0) },
        { id: 'shut', status: 'closed', opened_at: at(9) },
        { id: 'new', status: 'open', opened_at: at(5) },
      ],
    } as wire.CustomerView);
    expect(about.orders.map((o) => o.id)).toEqual(['soon', 'late']);
    expect(about.cases.map((c) => c.id)).toEqual(['new', 'old']);
  });

  test.each([
    ['+12025550142', '+1 202 555 0142', true],
    ['+810300000142', '0300000142', true],
    ['+12025550142', '+12025550143', false],
    ['', '', false],
    ['42', '+12025550142', false],
  ])('%s and %s are the same number: %s', (a, b, same) => {
    expect(sameNumber(a, b)).toBe(same);
  });
});

describe('notices', () => {
  const phone: PhoneStatus = {
    link: 'connected',
    microphone: 'allowed',
    blocked: false,
    quality: null,
    devices: { microphones: [], speakers: [] },
    choice: { microphone: '', speaker: '', ring: '', clean: true, loudspeaker: false },
  };
  const desk = { ...emptyDesk, link: 'open' } as const;
  const kinds = (d: Parameters<typeof bannersOf>[0], p: PhoneStatus | null) =>
    bannersOf(d, p).map((b) => b.kind);

  test('there is none when all is well', () => {
    expect(kinds(desk, phone)).toEqual([]);
  });

  test('the microphone is told where it matters only', () => {
    expect(kinds(desk, { ...phone, microphone: 'denied' })).toEqual(['microphone']);
    const taken = { owner: false, taken: true, state: 'connected' };
    expect(kinds({ ...desk, phone: taken }, { ...phone, microphone: 'denied' })).toEqual(['taken']);
    expect(kinds(desk, null)).toEqual([]);
  });

  test('late words are told only while there are words', () => {
    const system = { ...desk.system, transcription: 'ready', transcription_behind: true };
    expect(bannersOf({ ...desk, system }, phone).map((b) => b.kind)).toContain('transcriptionBehind');
    const loading = { ...system, transcription: 'loading' };
    expect(bannersOf({ ...desk, system: loading }, phone).map((b) => b.kind)).not.toContain(
      'transcriptionBehind',
    );
  });

  test('trouble with what is kept is told to those who can mend it, the worst first', () => {
    const storage = { disk_free: 1_200_000_000, disk_full: false, stopped: 2, waiting: 7, sound_lost: true };
    const system = { ...desk.system, storage };
    const me = (role: string) => ({ id: 'x', name: 'X', role, language: '', queues: [] });
    expect(kinds({ ...desk, system, me: me('agent') }, phone)).toEqual([]);
    for (const role of ['supervisor', 'admin']) {
      expect(bannersOf({ ...desk, system, me: me(role) }, phone)).toEqual([
        { kind: 'recordingStopped', count: 2 },
        { kind: 'diskLow', bytes: 1_200_000_000 },
        { kind: 'bucket', count: 7 },
        { kind: 'soundLost' },
      ]);
    }
    const full = { ...system, storage: { ...storage, disk_free: 0, disk_full: true, stopped: 0 } };
    expect(kinds({ ...desk, system: full, me: me('admin') }, phone)[0]).toBe('diskFull');
    expect(toneOf({ kind: 'diskFull' })).toBe('stop');
  });

  test('voices that leave are told as long as they do', () => {
    const system = { ...desk.system, transcription_leaves: 'speech.example.com' };
    expect(bannersOf({ ...desk, system }, phone)).toEqual([
      { kind: 'transcriptionLeaves', host: 'speech.example.com' },
    ]);
  });

  test('what needs the person stands before what only tells', () => {
    const system = {
      transcription: 'off',
      transcription_reason: 'no model',
      transcription_leaves: '',
      transcription_behind: false,
      database: 'lost',
      shutting_down: true,
      storage: desk.system.storage,
    };
    const banners = bannersOf({ ...desk, link: 'lost', system }, { ...phone, blocked: true });
    expect(banners.map((b) => b.kind)).toEqual([
      'reconnecting',
      'blocked',
      'shuttingDown',
      'database',
      'transcriptionOff',
    ]);
    expect(banners.map(toneOf)).toEqual(['wait', 'stop', 'wait', 'wait', 'wait']);
  });
});

describe('presence', () => {
  test.each([
    ['available', 'idle', '', 'available'],
    ['available', 'offered', '', 'offered'],
    ['available', 'talking', '', 'talking'],
    ['away', 'wrap_up', '', 'wrap_up'],
    ['away', 'idle', 'lunch', 'away'],
    ['away', 'idle', 'not_answering', 'not_answering'],
    ['offline', 'idle', '', 'offline'],
  ])('%s and %s because of "%s" is %s', (presence, activity, reason, word) => {
    expect(shownOf({ presence, activity, reason }).word).toBe(word);
  });

  test('shows what I chose before the server has spoken', () => {
    const agent = { presence: 'away', reason: 'lunch' } as wire.AgentState;
    const pending = { ...emptyDesk.pending, presence: { presence: 'available', reason: '' } };
    expect(chosenPresence({ agent, pending })).toEqual({ available: true, reason: '' });
    expect(chosenPresence({ agent, pending: emptyDesk.pending })).toEqual({
      available: false,
      reason: 'lunch',
    });
  });
});

describe('the keys', () => {
  const key = (code: string, change = {}) => ({
    code,
    altKey: true,
    ctrlKey: false,
    metaKey: false,
    shiftKey: false,
    ...change,
  });

  test('need Alt and nothing else', () => {
    expect(commandOf(key('KeyA'))).toEqual({ kind: 'answer' });
    expect(commandOf(key('KeyA', { altKey: false }))).toBeNull();
    expect(commandOf(key('KeyA', { ctrlKey: true }))).toBeNull(); // AltGr on Windows
    expect(commandOf(key('KeyZ'))).toBeNull();
  });

  test('digits are the outcomes in their order', () => {
    const codes = [...'abcdefghij'].map((code) => ({ code }));
    expect(codeOfDigit('1', codes)).toBe('a');
    expect(codeOfDigit('0', codes)).toBe('j');
    expect(codeOfDigit('9', codes.slice(0, 2))).toBeNull();
    expect(codeOfDigit('x', codes)).toBeNull();
  });
});

describe('the board', () => {
  const row = (id: string, state: string, since: string) =>
    ({ interaction_id: id, state, since }) as wire.BoardCall;

  test('who waits first, then the longest', () => {
    const calls = [row('b', 'active', at(5)), row('a', 'active', at(1)), row('w', 'waiting', at(9))];
    expect(sortedCalls(calls).map((c) => c.interaction_id)).toEqual(['w', 'a', 'b']);
  });

  test('agents by name, the absent last, so that nobody jumps', () => {
    const person = (name: string, presence: string) => ({ name, presence }) as wire.AgentState;
    const names = sortedAgents([person('C', 'offline'), person('B', 'away'), person('A', 'available')]);
    expect(names.map((a) => a.name)).toEqual(['A', 'B', 'C']);
  });

  test('figures of a quiet day divide nothing by nothing', () => {
    expect(figuresOf(null)).toMatchObject({ callsToday: 0, abandonedPercent: 0 });
  });

  test('a call has a name, else a number, else none', () => {
    const calls = [
      { customer_name: 'N', from: '+12025550142' },
      { customer_name: '', from: '+12025550142' },
      { customer_name: '', from: '' },
    ] as wire.BoardCall[];
    expect(calls.map((c) => nameOf(c, 'withheld'))).toEqual(['N', '+1 202 555 0142', 'withheld']);
  });
});
