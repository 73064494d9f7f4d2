// Presence: what I chose, and beside it what the system sees, with its time.
import { useTranslation } from 'react-i18next';
import { since } from '../ui/format';
import { useDesk, useNow, useSession } from '../ui/hooks';
import { chosenPresence, shownOf } from './presence-view';

const reasons = ['break', 'lunch', 'meeting', 'training'] as const;

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
