// What the call bar shows, from the desk's state: every button in every state, and why where it cannot be pressed.
import type { DeskState } from '../state/desk';

export type BarState =
  | 'idle'
  | 'away'
  | 'offered'
  | 'calling'
  | 'consulting'
  | 'talking'
  | 'muted'
  | 'held'
  | 'agentAway'
  | 'wrapUp';
export type Why = 'whyNoCall' | 'whyOffline';

export interface CallBarView {
  readonly state: BarState;
  /** From when the timer counts; null shows 0:00. */
  readonly since: string | null;
  readonly muted: boolean;
  readonly held: boolean;
  readonly consulting: boolean; // one talk aside at a time
  readonly why: Why | undefined; // for Mute, Hold and Hang up alike
}

type Parts = Pick<DeskState, 'link' | 'agent' | 'offer' | 'call'>;

export function callBarView({ link, agent, offer, call }: Parts): CallBarView {
  const active = call?.state === 'active';
  return {
    state: barState({ link, agent, offer, call }),
    since: active ? call.answered_at : (call?.ended_at ?? offer?.waiting_since ?? null),
    muted: active && call.muted,
    held: active && call.held,
    consulting: active && call.consult !== null,
    why: !active ? 'whyNoCall' : link !== 'open' ? 'whyOffline' : undefined,
  };
}

function barState({ agent, offer, call }: Parts): BarState {
  if (call?.state === 'wrap_up') return 'wrapUp';
  if (call?.agent_away) return 'agentAway';
  const customer = call?.parties.find((p) => p.kind === 'customer');
  if (customer?.state === 'dialling' || customer?.state === 'ringing') return 'calling';
  if (call?.consult) return 'consulting';
  if (call?.held) return 'held';
  if (call?.muted) return 'muted';
  if (call) return 'talking';
  if (offer) return 'offered';
  return agent?.presence === 'available' ? 'idle' : 'away';
}
