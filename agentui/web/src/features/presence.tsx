// Presence: what I chose, and beside it what the system sees, with its time.
import { useTranslation } from 'react-i18next';
import type { DeskState } from '../state/desk';
import { since } from '../ui/format';
import { useDesk, useNow, useSession } from '../ui/hooks';

const reasons = ['break', 'lunch', 'meeting', 'training'] as const;

export type Shown = 'available' | 'away' | 'offline' | 'offered' | 'talking' | 'wrap_up' | 'not_answering';

/** What to say of an agent in one word, and how it is coloured. */
export function shownOf(agent: { presence: string; reason: string; activity: string }): {
  word: Shown;
  tone: 'go' | 'stop' | 'wait' | '';
} {
  if (agent.activity === 'talking') return { word: 'talking', tone: 'stop' };
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

export function PresenceControl() {
  const { t } = useTranslation();
  const { dispatch } = useSession();
  const agent = useDesk((s) => s.agent);
  const pending = useDesk((s) => s.pending);
  const now = useNow();
  if (!agent) return null;
  const { available, reason } = chosenPresence({ agent, pending });
  const { word, tone } = shownOf(agent);
  return (
    <div className="presence">
      <fieldset className="segments">
        <legend className="hidden">{t('presence.group')}</legend>
        <label className="segment">
          <input
            type="radio"
            name="presence"
            checked={available}
            onChange={() => dispatch({ kind: 'presence', presence: 'available', reason: '' })}
          />
          <span>{t('presence.available')}</span>
        </label>
        <label className="segment">
          <input
            type="radio"
            name="presence"
            checked={!available}
            onChange={() => dispatch({ kind: 'presence', presence: 'away', reason: '' })}
          />
          <span>{t('presence.away')}</span>
        </label>
      </fieldset>
      <span className="presence-now row">
        <span className={`dot ${tone}`} />
        <span className="presence-word">{t(`activity.${word}`)}</span>
        <span className="faint num">{since(agent.since, now)}</span>
      </span>
      <select
        className="reason"
        aria-label={t('presence.reason')}
        disabled={available}
        value={reasons.find((r) => !available && r === reason) ?? ''}
        onChange={(event) => dispatch({ kind: 'presence', presence: 'away', reason: event.target.value })}
      >
        <option value="">{t('presence.noReason')}</option>
        {reasons.map((r) => (
          <option key={r} value={r}>
            {t(`presence.${r}`)}
          </option>
        ))}
      </select>
    </div>
  );
}
