import { describe, expect, test } from 'vitest';
import * as make from '../../../screens/fixtures';
import { superviseView } from '../supervise/supervise-view';
import { causeOf, consultOf, peopleOf, worthShowing } from './people-view';
import { stripView } from './strip-view';
import { numberOf, targetsOf } from './targets-view';

describe('the people in a call', () => {
  const people = (call: ReturnType<typeof make.call>) => peopleOf(call, 'akiko', 'Haruto Tanaka');

  test('I am not among them, supervisors neither; a plain call says nothing more', () => {
    const sofia = make.party('supervisor-1', { kind: 'supervisor', name: 'Sofia Reyes' });
    const call = make.call({ parties: [...make.call().parties, sofia] });
    expect(people(call).map((p) => p.name)).toEqual(['Haruto Tanaka']);
    expect(worthShowing(people(call))).toBe(false);
  });

  test('somebody more shows, the customer first, and can be dropped', () => {
    const call = make.call({
      parties: [make.ben({ state: 'failed', cause: 'busy' }), ...make.call().parties],
    });
    const rows = people(call);
    expect(rows.map((p) => [p.name, p.word, p.tone, p.droppable])).toEqual([
      ['Haruto Tanaka', 'talking', 'go', false],
      ['Ben Ito', 'failed', 'stop', true],
    ]);
    expect(worthShowing(rows)).toBe(true);
  });

  test('a call out shows how it goes', () => {
    const call = make.call({ parties: [make.party('customer', { state: 'ringing' })] });
    expect(worthShowing(people(call))).toBe(true);
  });

  test.each([
    ['busy', 'busy'],
    ['no_such_number', 'no_such_number'],
    ['of a newer server', null],
  ])('the cause %s is known as %s', (cause, known) => {
    expect(causeOf(cause)).toBe(known);
  });
});

describe('a talk aside', () => {
  const consult = { party_id: 'agent-2', speaking_to: 'consultant' };

  test('is seen by who asked', () => {
    const call = make.call({ consult, parties: [...make.call().parties, make.ben({ state: 'consulting' })] });
    expect(consultOf(call)).toMatchObject({ name: 'Ben Ito', reached: true, to: 'consultant', asked: false });
    const ringing = make.call({ consult, parties: [make.ben({ state: 'ringing' })] });
    expect(consultOf(ringing)?.reached).toBe(false);
  });

  test('is seen by who is asked, who neither swaps nor completes', () => {
    const call = make.call({
      consult: { party_id: 'agent', speaking_to: 'customer' },
      transferred: { from_name: 'Akiko Mori', reason: 'tickets', mode: 'consult' },
    });
    expect(consultOf(call)).toMatchObject({ name: 'Akiko Mori', to: 'customer', asked: true });
  });

  test('is none where there is none', () => {
    expect(consultOf(make.call())).toBeNull();
  });
});

describe('the strip', () => {
  const strip = (change: Parameters<typeof make.call>[0], link: 'open' | 'lost' = 'open') =>
    stripView({ link, call: make.call(change) }, Date.now());

  test.each([
    ['on', { pausable: true, resumable: false, stoppable: true }],
    ['paused', { pausable: false, resumable: true, stoppable: true }],
    ['refused', { pausable: false, resumable: false, stoppable: false }],
    ['something new', { recording: 'none', stoppable: false }],
  ])('a recording that is %s', (state, want) => {
    expect(strip({ recording: { state, reason: '' } })).toMatchObject(want);
  });

  test('sensitive mode counts down and owns the pause', () => {
    const until = new Date(Date.now() + 90_000).toISOString();
    const view = strip({
      sensitive: { since: make.ago(30), until, by: 'rule' },
      recording: { state: 'paused', reason: '' },
    });
    expect(view).toMatchObject({ sensitive: true, byRule: true, resumable: false });
    expect(view.leftMS).toBeGreaterThan(88_000);
    expect(strip({ sensitive: { since: make.ago(30), until: null, by: 'akiko' } }).leftMS).toBeNull();
  });

  test('says why nothing can be pressed', () => {
    expect(strip({}, 'lost').why).toBe('whyOffline');
    expect(stripView({ link: 'open', call: null }, 0).why).toBe('whyNoCall');
    expect(strip({ state: 'wrap_up', hand_raised: true })).toMatchObject({ why: 'whyNoCall', hand: false });
  });
});

describe('whom a call can go to', () => {
  const names = (query: string, queues = true) =>
    targetsOf(make.targets, 'akiko', query, queues).map((r) => r.name);

  test('who is free stands first, queues behind', () => {
    expect(names('')).toEqual(['Ben Ito', 'Chika Ono', 'Dai Sato', 'Fay Lund', 'Changes', 'Bookings']);
    expect(names('', false)).toEqual(['Ben Ito', 'Chika Ono', 'Dai Sato', 'Fay Lund']);
  });

  test('I am not among them', () => {
    expect(targetsOf(make.targets, 'ben', '', false).map((r) => r.name)).not.toContain('Ben Ito');
  });

  test('by part of a name, or by the beginning of a sign-in', () => {
    expect(names('sato')).toEqual(['Dai Sato']);
    expect(names('BOOK')).toEqual(['Bookings']);
    expect(names('nobody')).toEqual([]);
  });

  test.each([
    ['+1 (202) 555-0100', '+12025550100'],
    ['０３−１２３４−５６７８', '0312345678'],
    ['110', '110'],
    ['12', null],
    ['1234567890123456', null],
    ['Ben 12', null],
    ['', null],
  ])('"%s" is the number %s', (query, number) => {
    expect(numberOf(query)).toBe(number);
  });
});

describe('supervision', () => {
  const base = {
    link: 'open',
    supervision: null,
    watching: '',
    board: make.board(),
    phone: { owner: true, taken: false, state: 'connected' },
  } as const;
  const listening = {
    interaction_id: make.ID,
    mode: 'listen',
    agent_name: 'Chika Ono',
    customer_name: 'Luis Prado',
    follow_agent_id: 'chika',
    visible: true,
  };

  test('acts on the call that is heard, else on the one that is read', () => {
    expect(superviseView({ ...base, watching: 'b2' })).toMatchObject({ interactionID: 'b2', mode: null });
    const view = superviseView({ ...base, watching: 'b2', supervision: listening });
    expect(view).toMatchObject({ interactionID: make.ID, mode: 'listen', agent: 'Chika Ono', visible: true });
    expect(view.why).toBeUndefined();
  });

  test.each([
    ['whyChoose', base],
    ['whyNotTalking', { ...base, watching: 'b5' }],
    ['whyNotTalking', { ...base, watching: 'over' }],
    ['whyOffline', { ...base, watching: 'b2', link: 'lost' }],
    ['whyTaken', { ...base, watching: 'b2', phone: { ...base.phone, taken: true } }],
    [undefined, { ...base, watching: 'b2' }],
  ] as const)('%s', (why, parts) => {
    expect(superviseView(parts).why).toBe(why);
  });

  test('following nobody’s call is no mode', () => {
    const waiting = { ...listening, interaction_id: '', mode: '' };
    expect(superviseView({ ...base, supervision: waiting })).toMatchObject({
      mode: null,
      following: 'chika',
    });
  });
});
