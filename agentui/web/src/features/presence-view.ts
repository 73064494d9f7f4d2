// What an agent chose, and what the system sees, in one word.
import type { DeskState } from '../state/desk';

export type Shown =
  | 'available'
  | 'away'
  | 'offline'
  | 'offered'
  | 'talking'
  | 'consulting'
  | 'wrap_up'
  | 'not_answering';

/** What to say of an agent in one word, and how it is coloured. */
export function shownOf(agent: { presence: string; reason: string; activity: string }): {
  word: Shown;
  tone: 'go' | 'stop' | 'wait' | '';
} {
  if (agent.activity === 'talking') return { word: 'talking', tone: 'stop' };
  if (agent.activity === 'consulting') return { word: 'consulting', tone: 'stop' };
  if (agent.activity === 'offered') return { word: 'offered', tone: 'wait' };
  if (agent.activity === 'wrap_up') return { word: 'wrap_up', tone: 'wait' };
  if (agent.presence === 'available') return { word: 'available', tone: 'go' };
  if (agent.reason === 'not_answering') return { word: 'not_answering', tone: 'wait' };
  return { word: agent.presence === 'offline' ? 'offline' : 'away', tone: '' };
}

/** What the radios show: my wish until the server has spoken. */
export function chosenPresence(state: Pick<DeskState, 'agent' | 'pending'>): {
  available: boolean;
  reason: string;
} {
  const wish = state.pending.presence;
  return {
    available: (wish ?? state.agent)?.presence === 'available',
    reason: (wish ?? state.agent)?.reason ?? '',
  };
}
