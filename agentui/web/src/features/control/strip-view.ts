// The strip below the call bar: what is kept of the call, and asking for help.
import type { DeskState } from '../../state/desk';
import type * as wire from '../../wire.gen';
import type { Why } from '../call-bar-view';

export type RecordingWord = 'none' | 'off' | 'asking' | 'on' | 'paused' | 'refused' | 'held' | 'failed';

export interface StripView {
  readonly recording: RecordingWord;
  readonly reason: string;
  readonly pausable: boolean;
  readonly resumable: boolean;
  readonly stoppable: boolean;
  readonly sensitive: boolean;
  readonly byRule: boolean;
  /** Until it ends by itself, in milliseconds; null where it does not. */
  readonly leftMS: number | null;
  readonly hand: boolean;
  readonly why: Why | undefined; // nothing of it can be pressed
}

const words: readonly RecordingWord[] = ['off', 'asking', 'on', 'paused', 'refused', 'failed'];

/** "Do not record" under a legal hold stops, but cannot delete: the agent reads so. */
function recordingWord(state: wire.RecordingState | null): RecordingWord | undefined {
  if (state?.state === 'refused' && state.reason === 'legal_hold') return 'held';
  return words.find((w) => w === state?.state);
}

export function stripView({ link, call }: Pick<DeskState, 'link' | 'call'>, now: number): StripView {
  const active = call?.state === 'active';
  const recording = (active && recordingWord(call.recording)) || 'none';
  const sensitive: wire.Sensitive | null = active ? call.sensitive : null;
  const until = sensitive?.until ? Date.parse(sensitive.until) : Number.NaN;
  return {
    recording,
    reason: active ? (call.recording?.reason ?? '') : '',
    // In sensitive mode the recording is paused by it and comes back with it.
    pausable: recording === 'on' && !sensitive,
    resumable: recording === 'paused' && !sensitive,
    stoppable: recording === 'on' || recording === 'paused' || recording === 'asking',
    sensitive: sensitive !== null,
    byRule: sensitive?.by === 'rule',
    leftMS: Number.isNaN(until) ? null : Math.max(0, until - now),
    hand: active && call.hand_raised,
    why: !active ? 'whyNoCall' : link !== 'open' ? 'whyOffline' : undefined,
  };
}
