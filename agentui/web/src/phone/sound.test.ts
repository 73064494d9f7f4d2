import { describe, expect, test } from 'vitest';
import { constraintsOf, loadChoice } from './devices';
import { SilenceWatch } from './level';
import { askPermission, Microphone, type MicrophoneState } from './microphone';
import { readQuality } from './quality';

function ports(getUserMedia: (() => Promise<MediaStream>) | null) {
  const states: MicrophoneState[] = [];
  return { states, getUserMedia, constraints: () => ({}), onState: (s: MicrophoneState) => states.push(s) };
}
const failing = (name: string) => () => Promise.reject(Object.assign(new Error(name), { name }));
const permission = (state: string) => {
  const status = { state, onchange: null as (() => void) | null };
  return { status, permissions: { query: async () => status } as unknown as Permissions };
};

describe('the microphone', () => {
  test.each([
    ['NotAllowedError', 'denied'],
    ['NotFoundError', 'missing'],
    ['NotReadableError', 'busy'],
  ])('%s means %s, and the call goes on without', async (name, state) => {
    const p = ports(failing(name));
    expect(await new Microphone(p).ready).toBeNull();
    expect(p.states).toEqual([state]);
  });

  test('a page that may not have one says so', async () => {
    const p = ports(null);
    expect(await new Microphone(p).ready).toBeNull();
    expect(p.states).toEqual(['insecure']);
  });

  test('is not opened at sign-in where it is allowed already', async () => {
    let opened = 0;
    const p = ports(async () => {
      opened++;
      return { getTracks: () => [] } as unknown as MediaStream;
    });
    await askPermission(p, permission('granted').permissions, () => {});
    expect([opened, p.states]).toEqual([0, ['allowed']]);
    await askPermission(p, permission('prompt').permissions, () => {});
    expect([opened, p.states]).toEqual([1, ['allowed', 'allowed']]);
  });

  test('denied is told without asking again, and so is the change of mind', async () => {
    const p = ports(failing('asked though denied'));
    const { status, permissions } = permission('denied');
    let regained = 0;
    await askPermission(p, permissions, () => regained++);
    expect(p.states).toEqual(['denied']);
    status.state = 'granted';
    status.onchange?.();
    expect(regained).toBe(1);
  });

  test('only seconds of nothing at all are a silent microphone', () => {
    const watch = new SilenceWatch();
    expect(watch.look(-100, 0)).toBe(false);
    expect(watch.look(-100, 7999)).toBe(false);
    expect(watch.look(-100, 8000)).toBe(true);
    expect(watch.look(-70, 9000)).toBe(false);
    expect(watch.look(-100, 16_000)).toBe(false);
  });
});

describe('the devices', () => {
  test('a choice that cannot be read is no choice', () => {
    const stored = (value: string | null) => ({ getItem: () => value });
    expect(loadChoice(stored('not JSON')).clean).toBe(true);
    expect(loadChoice(stored(null)).microphone).toBe('');
    expect(loadChoice(stored('{"microphone":"m","clean":false}'))).toMatchObject({
      microphone: 'm',
      clean: false,
    });
  });

  test('a chosen microphone is wished for, not demanded', () => {
    const constraints = constraintsOf({
      microphone: 'm',
      speaker: '',
      ring: '',
      clean: false,
      loudspeaker: true,
    });
    expect(constraints).toMatchObject({
      deviceId: { ideal: 'm' },
      echoCancellation: true,
      noiseSuppression: false,
    });
  });
});

describe('the line', () => {
  const report = (rtt: number, received: number, lost: number) =>
    new Map<string, object>([
      ['a', { type: 'candidate-pair', nominated: true, currentRoundTripTime: rtt }],
      ['b', { type: 'candidate-pair', nominated: false, currentRoundTripTime: 9 }],
      ['c', { type: 'inbound-rtp', kind: 'audio', packetsReceived: received, packetsLost: lost }],
    ]);

  test('counts what was lost since the last look', () => {
    const first = readQuality(report(0.031, 1000, 500), null);
    expect(first.quality).toEqual({ grade: 'good', roundTripMS: 31, lossPercent: 0 });
    const second = readQuality(report(0.031, 1095, 505), first.sample);
    expect(second.quality).toMatchObject({ grade: 'fair', lossPercent: 5 });
  });

  test.each([
    [0.1, 'good'],
    [0.3, 'fair'],
    [0.6, 'poor'],
  ] as const)('a round trip of %s s is %s', (rtt, grade) => {
    expect(readQuality(report(rtt, 1, 0), null).quality.grade).toBe(grade);
  });

  test('a report without a pair has no round trip', () => {
    expect(readQuality(new Map(), null).quality).toEqual({
      grade: 'good',
      roundTripMS: null,
      lossPercent: 0,
    });
  });
});
