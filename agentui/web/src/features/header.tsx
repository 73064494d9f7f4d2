// The top row: who I am to the queue, who waits, how the line is.
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { searchLink } from '../state/place';
import { since } from '../ui/format';
import { useDesk, useNow, usePhone } from '../ui/hooks';
import { Icon } from '../ui/icons';
import { Popover } from '../ui/popover';
import { HELP_ID, Help } from './help';
import { LanguageSelect, ThemeSelect } from './preferences';
import { PresenceControl } from './presence';
import { SOUND_ID, SoundPanel } from './sound-panel';

export function Header({ onLeave }: { onLeave: () => void }) {
  const { t } = useTranslation();
  return (
    <header className="head">
      <Brand />
      <PresenceControl />
      <QueueLine />
      <span className="grow" />
      <LineTag />
      <a
        className="button plain only-icon"
        href={searchLink}
        aria-label={t('review.recent')}
        title={`${t('review.recent')} (/)`}
      >
        <Icon name="search" />
      </a>
      <HeaderMenu onLeave={onLeave} sound />
    </header>
  );
}

export function Brand({ children }: { children?: ReactNode }) {
  const { t } = useTranslation();
  return (
    <span className="brand">
      <i />
      {t('app.name')}
      {children}
    </span>
  );
}

function QueueLine() {
  const { t } = useTranslation();
  const agent = useDesk((s) => s.agent);
  const now = useNow();
  if (!agent) return null;
  const queues = agent.queues ?? [];
  return (
    <span className="queue-line row soft" title={`${t('queue.queues')}: ${queues.join(', ')}`}>
      <span className="cut queue-names">{queues.join(', ')}</span>
      {agent.queue_waiting > 0 ? (
        <>
          <b className="num">{t('queue.waiting', { count: agent.queue_waiting })}</b>
          <span className="faint">
            {t('queue.longest')} <b className="num waiting">{since(agent.queue_longest, now)}</b>
          </span>
        </>
      ) : (
        <span className="faint">{t('queue.none')}</span>
      )}
    </span>
  );
}

function LineTag() {
  const { t } = useTranslation();
  const { link, quality } = usePhone();
  const taken = useDesk((s) => s.phone.taken);
  if (taken) return <span className="tag wait line-tag">{t('line.elsewhere')}</span>;
  if (link !== 'connected' || !quality) {
    const tone = link === 'failed' ? 'stop' : link === 'none' ? '' : 'wait';
    const word = link === 'connected' ? 'good' : link;
    return <span className={`tag line-tag ${link === 'connected' ? 'go' : tone}`}>{t(`line.${word}`)}</span>;
  }
  const tone = { good: 'go', fair: 'wait', poor: 'stop' }[quality.grade];
  const loss = quality.lossPercent.toFixed(1);
  return (
    <span
      className={`tag num line-tag ${tone}`}
      title={t('line.detail', { ms: quality.roundTripMS ?? '–', loss })}
    >
      {t(`line.${quality.grade}`)}
      {quality.roundTripMS !== null && ` · ${quality.roundTripMS} ms`}
    </span>
  );
}

/** Devices, language, theme, help and the person: the same on the desk and on the board. */
export function HeaderMenu({ onLeave, sound }: { onLeave: () => void; sound?: boolean }) {
  const { t } = useTranslation();
  const me = useDesk((s) => s.me);
  if (!me) return null;
  const role = me.role === 'supervisor' || me.role === 'admin' ? me.role : 'agent';
  return (
    <>
      {sound && (
        <button
          type="button"
          className="button plain only-icon"
          popoverTarget={SOUND_ID}
          aria-label={t('menu.sound')}
          title={t('menu.sound')}
        >
          <Icon name="sound" />
        </button>
      )}
      <LanguageSelect />
      <ThemeSelect />
      {sound && (
        <button
          type="button"
          className="button plain only-icon"
          popoverTarget={HELP_ID}
          aria-label={t('menu.help')}
          title={`${t('menu.help')} (?)`}
        >
          <Icon name="help" />
        </button>
      )}
      <button
        type="button"
        className="button plain me"
        popoverTarget="account"
        aria-label={t('menu.account', { name: me.name })}
      >
        <span className="cut">{me.name}</span>
      </button>
      <Popover id="account" label={t('menu.account', { name: me.name })}>
        <p>
          <b>{me.name}</b>
        </p>
        <p className="faint">
          {t(`menu.role.${role}`)} · {me.id}
        </p>
        <button type="button" className="button wide" onClick={onLeave}>
          {t('menu.signOut')}
        </button>
      </Popover>
      {sound && <SoundPanel />}
      {sound && <Help />}
    </>
  );
}
