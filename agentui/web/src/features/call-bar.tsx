// The call bar: the same buttons in the same places in every state, Hang up far from the rest.
import { useTranslation } from 'react-i18next';
import { Button } from '../ui/button';
import { since } from '../ui/format';
import { useDesk, useNow, useSession } from '../ui/hooks';
import { callBarView } from './call-bar-view';
import { keys } from './shortcuts';
import { VideoButton } from './video/button';

export function CallBar() {
  const { t } = useTranslation();
  const { dispatch } = useSession();
  const link = useDesk((s) => s.link);
  const agent = useDesk((s) => s.agent);
  const offer = useDesk((s) => s.offer);
  const call = useDesk((s) => s.call);
  const now = useNow();
  const view = callBarView({ link, agent, offer, call });
  const why = view.why && t(`bar.${view.why}`);
  const sheet = useDesk((s) => s.sheet?.purpose);
  return (
    <section className={`bar ${view.state}`} aria-label={t('bar.label')}>
      <span className="bar-time num" role="timer" aria-label={t(`bar.state.${view.state}`)}>
        {view.since ? since(view.since, now) : '0:00'}
      </span>
      <Button
        icon={view.muted ? 'micOff' : 'mic'}
        className={view.muted ? 'on' : 'steady'}
        why={why}
        shortcut={keys.mute}
        onPress={() => dispatch({ kind: 'toggle_mute' })}
      >
        {view.muted ? t('bar.unmute') : t('bar.mute')}
      </Button>
      <Button
        icon={view.held ? 'play' : 'pause'}
        className={view.held ? 'on' : 'steady'}
        why={why}
        shortcut={keys.hold}
        onPress={() => dispatch({ kind: 'toggle_hold' })}
      >
        {view.held ? t('bar.resume') : t('bar.hold')}
      </Button>
      <Button
        icon="keys"
        className="fold"
        why={why}
        expanded={sheet === 'keypad'}
        shortcut={keys.keypad}
        onPress={() => dispatch({ kind: 'open_sheet', purpose: 'keypad' })}
      >
        {t('bar.keypad')}
      </Button>
      <Button
        icon="transfer"
        className="fold"
        why={why ?? (view.consulting ? t('bar.whyConsult') : undefined)}
        expanded={sheet === 'transfer'}
        shortcut={keys.transfer}
        onPress={() => dispatch({ kind: 'open_sheet', purpose: 'transfer' })}
      >
        {t('bar.transfer')}
      </Button>
      <VideoButton />
      <span className="grow soft">
        <span className="bar-state">{t(`bar.state.${view.state}`)}</span>
      </span>
      <Button
        icon="hangUp"
        kind="stop"
        why={why}
        shortcut={keys.hangUp}
        onPress={() => dispatch({ kind: 'hang_up' })}
      >
        {t('bar.hangUp')}
      </Button>
    </section>
  );
}
