// What has just come up, above the table; and the wish to be told when I look elsewhere.
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from '../../ui/button';
import { duration } from '../../ui/format';
import { useDesk, useNow, useSession } from '../../ui/hooks';
import { Icon } from '../../ui/icons';
import { nameOf } from '../board-view';
import { needWords } from './needs';
import { canListen } from './supervise-view';

const SHOWN = 3;

export function Alerts() {
  const { t } = useTranslation();
  const { dispatch } = useSession();
  const alerts = useDesk((s) => s.alerts);
  const board = useDesk((s) => s.board);
  useNow();
  const live = alerts.flatMap((alert) => {
    const call = board?.calls.find((c) => c.interaction_id === alert.interaction_id);
    return call ? [{ alert, call }] : [];
  });
  return (
    <section className="alerts" aria-label={t('supervise.alerts')} role="status">
      {live.slice(0, SHOWN).map(({ alert, call }) => (
        <div key={`${alert.interaction_id}:${alert.code}`} className="alert">
          <Icon name="warn" />
          <span className="grow">
            <b>{nameOf(call, t('history.withheld'))}</b>
            {call.agent_name && ` · ${call.agent_name}`}: {needWords(alert.code, alert.params, t)}
          </span>
          <span className="faint num">{t('supervise.ago', { time: duration(Date.now() - alert.at) })}</span>
          <Button
            small
            why={canListen(call) ? undefined : t('supervise.whyNotTalking')}
            title={t('supervise.listenNow')}
            onPress={() =>
              dispatch({ kind: 'supervise', interactionID: call.interaction_id, mode: 'listen' })
            }
          >
            {t('supervise.listenNow')}
          </Button>
          <Button
            small
            kind="plain"
            onPress={() =>
              dispatch({ kind: 'dismiss_alert', interactionID: alert.interaction_id, code: alert.code })
            }
          >
            {t('banner.dismiss')}
          </Button>
        </div>
      ))}
    </section>
  );
}

/** A browser asks only upon a click, and only once. */
export function NotifyMe() {
  const { t } = useTranslation();
  const [permission, setPermission] = useState(() =>
    typeof Notification === 'undefined' ? 'denied' : Notification.permission,
  );
  if (permission !== 'default') return null;
  return (
    <button
      type="button"
      className="link"
      onClick={() => void Notification.requestPermission().then(setPermission)}
    >
      {t('supervise.notify')}
    </button>
  );
}
