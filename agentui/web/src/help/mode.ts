// Whether the network carries a moving picture, or sharp stills instead of mush.

export type Mode = 'live' | 'stills';

export interface ModeState {
  readonly mode: Mode;
  readonly seconds: number; // that speak for the other mode, one after the other
  readonly age: number; // seconds since sharing began
}

export const startMode: ModeState = { mode: 'live', seconds: 0, age: 0 };

const SETTLE_S = 4; // a browser's first estimate is a guess
const WEAK_KBPS = 130; // below, a moving picture is mush
const STRONG_KBPS = 170;
const LEAVE_LIVE_S = 3;
const LEAVE_STILLS_S = 5;

/** One second went by, in which the browser thought that the network carries that much. */
export function nextMode(state: ModeState, kbps: number): ModeState {
  const age = state.age + 1;
  if (kbps <= 0 || age < SETTLE_S) return { ...state, age };
  const wants: Mode = kbps < (state.mode === 'live' ? WEAK_KBPS : STRONG_KBPS) ? 'stills' : 'live';
  if (wants === state.mode) return { ...state, seconds: 0, age };
  const seconds = state.seconds + 1;
  if (seconds >= (state.mode === 'live' ? LEAVE_LIVE_S : LEAVE_STILLS_S))
    return { mode: wants, seconds: 0, age };
  return { ...state, seconds, age };
}
