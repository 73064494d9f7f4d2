import { describe, expect, test } from 'vitest';
import * as make from '../../screens/fixtures';
import type * as wire from '../wire.gen';
import { type DeskEvent, type DeskState, type Effect, emptyDesk } from './desk';
import { reduce } from './reduce';

const ID = make.ID;
let seq = 1000;

function play(state: DeskState, ...events: (DeskEvent | [wire.ServerMessage['type'], unknown])[]) {
  const effects: Effect[] = [];
  let now = state;
  for (const event of events) {
    const step = reduce(
      now,
      Array.isArray(event)
        ? {
            kind: 'server',
            now: Date.now(),
            message: { seq: ++seq, type: event[0], data: event[1] } as wire.ServerMessage,
          }
        : event,
    );
    now = step.state;
    effects.push(...step.effects);
  }
  const sent = effects.flatMap((e) => (e.do === 'send' ? [e.message] : []));
  return { state: now, effects, sent };
}

const talking = play(emptyDesk, ['snapshot', make.snapshot({ call: make.call() })]).state;
const idle = play(emptyDesk, ['snapshot', make.snapshot()]).state;

describe('the keypad', () => {
  test('sends each digit and shows what was sent, until the call is over', () => {
    const { state, sent } = play(
      talking,
      { kind: 'key', digit: '1' },
      { kind: 'key', digit: '#' },
      { kind: 'key', digit: 'x' },
    );
    expect(sent).toEqual([
      { type: 'dtmf', data: { interaction_id: ID, digits: '1' } },
      { type: 'dtmf', data: { interaction_id: ID, digits: '#' } },
    ]);
    expect(state.keyed).toBe('1#');
    expect(play(state, ['call_end', { interaction_id: ID }]).state.keyed).toBe('');
  });

  test('opens by its button and closes by the same one; without a call there is none', () => {
    const open = play(talking, { kind: 'open_sheet', purpose: 'keypad' }).state;
    expect(open.sheet?.purpose).toBe('keypad');
    expect(play(open, { kind: 'open_sheet', purpose: 'keypad' }).state.sheet).toBeNull();
    expect(play(open, { kind: 'open_sheet', purpose: 'transfer' }).state.sheet?.purpose).toBe('transfer');
    expect(play(idle, { kind: 'open_sheet', purpose: 'keypad' }).state.sheet).toBeNull();
    expect(play(idle, { kind: 'key', digit: '1' }).sent).toEqual([]);
  });
});

describe('a transfer', () => {
  const message = {
    type: 'transfer',
    data: { interaction_id: ID, target: { kind: 'agent', id: 'ben' }, reason: 'tickets' },
  } as const;
  const open = play(talking, { kind: 'open_sheet', purpose: 'transfer' }).state;

  test('is asked once, and the sheet closes when the server agrees', () => {
    const asked = play(open, { kind: 'send_sheet', message }, { kind: 'send_sheet', message });
    expect(asked.sent).toEqual([message]);
    expect(asked.state.sheet?.busy).toBe(true);
    expect(play(asked.state, { kind: 'done', type: 'transfer' }).state.sheet).toBeNull();
  });

  test('a refusal is told in the sheet, which stays for another choice', () => {
    const asked = play(open, { kind: 'send_sheet', message }).state;
    const error = { code: 'not_free', message: 'Ben talks.' };
    const { state } = play(asked, { kind: 'refused', type: 'transfer', error });
    expect(state.sheet).toEqual({ purpose: 'transfer', busy: false, refusal: 'Ben talks.' });
    expect(state.refusal).toBeNull();
  });

  test('the sheet goes with the call', () => {
    expect(play(open, ['call', make.call({ state: 'wrap_up' })]).state.sheet).toBeNull();
    expect(play(open, ['call', make.call({ held: true })]).state.sheet?.purpose).toBe('transfer');
  });
});

describe('commands about the call', () => {
  test('go out for my call only', () => {
    const swap = (id: string) =>
      ({ kind: 'command', message: { type: 'consult_swap', data: { interaction_id: id } } }) as const;
    expect(play(talking, swap(ID)).sent).toHaveLength(1);
    expect(play(talking, swap('another')).sent).toEqual([]);
    expect(play(idle, swap(ID)).sent).toEqual([]);
  });

  test('a call out waits until I am free', () => {
    const out = { kind: 'call_out', number: '+12025550100', customerID: 'c-1' } as const;
    expect(play(idle, out).sent).toEqual([
      { type: 'call_out', data: { number: '+12025550100', customer_id: 'c-1' } },
    ]);
    expect(play(talking, out).sent).toEqual([]);
  });
});

describe('a supervisor', () => {
  const me = { id: 'sofia', name: 'Sofia Reyes', role: 'supervisor', language: 'en' };
  const snapshot = (change: Partial<wire.Snapshot> = {}) =>
    make.snapshot({ me, agent: null, board: make.board(), ...change });
  const sofia = play(emptyDesk, ['snapshot', snapshot()]);
  const supervision = (mode: string, id = ID): wire.Supervision => ({
    interaction_id: mode === '' ? '' : id,
    mode,
    agent_name: 'Chika Ono',
    customer_name: 'Luis Prado',
    follow_agent_id: '',
    visible: true,
  });
  const microphone = (effects: Effect[]) => effects.flatMap((e) => (e.do === 'microphone' ? [e.open] : []));

  test('has a phone at sign-in, and is not asked for the microphone', () => {
    expect(sofia.effects).toContainEqual({ do: 'phone_ensure', serverState: 'none', ask: false });
    expect(microphone(sofia.effects)).toEqual([]);
  });

  test('listens with the microphone closed; only speaking opens it', () => {
    const { effects } = play(sofia.state, ['supervision', supervision('listen')]);
    expect(microphone(effects)).toEqual([]);
    for (const mode of ['whisper', 'barge', 'takeover']) {
      const spoken = play(sofia.state, ['supervision', supervision(mode)]);
      expect(microphone(spoken.effects), mode).toEqual([true]);
      expect(microphone(play(spoken.state, ['supervision', supervision('listen')]).effects)).toEqual([false]);
    }
  });

  test('reads along what is heard, also the next call of a followed agent, and after a reload', () => {
    const first = play(sofia.state, ['supervision', supervision('listen')]);
    expect(first.sent).toEqual([{ type: 'watch', data: { interaction_id: ID } }]);
    const next = play(first.state, ['supervision', supervision('listen', 'b2')]);
    expect([next.state.watching, next.state.lines]).toEqual(['b2', []]);
    const again = play(emptyDesk, ['snapshot', snapshot({ supervision: supervision('whisper') })]);
    expect(again.state.watching).toBe(ID);
    expect(again.sent).toEqual([{ type: 'watch', data: { interaction_id: ID } }]);
    expect(microphone(again.effects)).toEqual([true]);
  });

  test('asks for a mode, and asks nothing back', () => {
    const { sent } = play(sofia.state, { kind: 'supervise', interactionID: ID, mode: 'barge' });
    expect(sent).toEqual([{ type: 'supervise', data: { interaction_id: ID, mode: 'barge' } }]);
    expect(play(sofia.state, { kind: 'follow', agentID: 'chika' }).sent).toEqual([
      { type: 'follow', data: { agent_id: 'chika' } },
    ]);
  });

  test('an alert is shown once, newest first, until it is dismissed', () => {
    const alert = (code: string) => ({ interaction_id: ID, code, params: {} });
    const { state, effects } = play(
      sofia.state,
      ['alert', alert('phrase')],
      ['alert', alert('overlap')],
      ['alert', alert('phrase')],
    );
    expect(state.alerts.map((a) => a.code)).toEqual(['phrase', 'overlap']);
    expect(effects.filter((e) => e.do === 'alert')).toHaveLength(3);
    const left = play(state, { kind: 'dismiss_alert', interactionID: ID, code: 'phrase' }).state;
    expect(left.alerts.map((a) => a.code)).toEqual(['overlap']);
  });

  test('lists that Go sends as null are empty lists', () => {
    const bare = {
      ...make.board(),
      agents: null,
      calls: [{ ...make.board().calls[0], needs: null, parties: null }],
    };
    const { board } = play(sofia.state, ['board', bare]).state;
    expect([board?.agents, board?.calls[0]?.needs, board?.calls[0]?.parties]).toEqual([[], [], []]);
  });
});
