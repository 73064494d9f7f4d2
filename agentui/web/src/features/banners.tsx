// Notices between the call bar and the transcript: what happened, and what to do.
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { adminLink } from '../state/place';
import { Button } from '../ui/button';
import { size } from '../ui/format';
import { useDesk, usePhone, useSession } from '../ui/hooks';
import { Icon } from '../ui/icons';
import { type Banner, bannersOf, toneOf } from './banners-view';
import { SOUND_ID } from './sound-panel';

// A connection that is back at once needs no word.
const LOST_AFTER_MS = 700;

export function Banners({ quiet }: { quiet?: boolean }) {
  const { t } = useTranslation();
  const link = useSteadyLink();
  const system = useDesk((s) => s.system);
  const desk = useDesk((s) => s.phone);
  const refusal = useDesk((s) => s.refusal);
  const missed = useDesk((s) => s.missed);
  const me = useDesk((s) => s.me);
  const phone = usePhone();
  const banners = bannersOf({ link, system, phone: desk, refusal, missed, me }, quiet ? null : phone);
  return (
    <section className="banners" aria-label={t('banner.label')} role="status">
      {banners.map((banner) => (
        <BannerRow key={banner.kind} banner={banner} />
      ))}
    </section>
  );
}

function useSteadyLink() {
  const link = useDesk((s) => s.link);
  const [shown, setShown] = useState(link);
  useEffect(() => {
    const timer = setTimeout(() => setShown(link), link === 'lost' ? LOST_AFTER_MS : 0);
    return () => clearTimeout(timer);
  }, [link]);
  return shown;
}

function BannerRow({ banner }: { banner: Banner }) {
  const { t } = useTranslation();
  const tone = toneOf(banner);
  return (
    <div className={`banner ${tone}`}>
      <Icon name={tone === 'plain' ? 'info' : 'warn'} />
      <span className="grow">
        <Flags text={useWords(banner)} />
      </span>
      <BannerAction banner={banner} />
      {(banner.kind === 'refused' || banner.kind === 'callerGone' || banner.kind === 'missed') && (
        <Dismiss label={t('banner.dismiss')} />
      )}
    </div>
  );
}

/** A setting such as --data-dir stays in one piece. */
function Flags({ text }: { text: string }) {
  return text.split(/(--[a-z-]+)/).map((piece, i) =>
    piece.startsWith('--') ? (
      // biome-ignore lint/suspicious/noArrayIndexKey: pieces have no other identity
      <span key={i} className="nowrap">
        {piece}
      </span>
    ) : (
      piece
    ),
  );
}

function useWords(banner: Banner): string {
  const { t, i18n } = useTranslation();
  switch (banner.kind) {
    case 'diskLow':
      return t('banner.diskLow', { free: size(banner.bytes, i18n.language) });
    case 'recordingStopped':
    case 'bucket':
      return t(`banner.${banner.kind}`, { count: banner.count });
    case 'microphone':
      return t(`banner.mic.${banner.problem}`);
    case 'refused':
      return t('banner.refused', { reason: banner.reason });
    case 'transcriptionLeaves':
      return t('banner.transcriptionLeaves', { host: banner.host });
    case 'transcriptionOff':
      return banner.reason
        ? t('banner.transcriptionOff', { reason: banner.reason })
        : t('banner.transcriptionOffUnknown');
    default:
      return t(`banner.${banner.kind}`);
  }
}

function BannerAction({ banner }: { banner: Banner }) {
  const { t } = useTranslation();
  const { dispatch, sound } = useSession();
  const admin = useDesk((s) => s.me?.role === 'admin');
  switch (banner.kind) {
    case 'taken':
      return (
        <Button small onPress={() => dispatch({ kind: 'use_here' })}>
          {t('banner.useHere')}
        </Button>
      );
    case 'blocked':
      return (
        <Button small kind="primary" onPress={() => void sound.phone.hear()}>
          {t('banner.hear')}
        </Button>
      );
    case 'diskLow':
    case 'diskFull':
    case 'recordingStopped':
    case 'bucket':
    case 'soundLost':
      return admin ? (
        <a className="button small" href={adminLink('system')}>
          {t('banner.openSystem')}
        </a>
      ) : null;
    case 'microphone':
      if (banner.problem === 'denied' || banner.problem === 'insecure') return null;
      return (
        <button type="button" className="button small" popoverTarget={SOUND_ID}>
          {t('banner.chooseDevice')}
        </button>
      );
    default:
      return null;
  }
}

function Dismiss({ label }: { label: string }) {
  const { dispatch } = useSession();
  return (
    <Button small kind="plain" onPress={() => dispatch({ kind: 'dismiss' })}>
      {label}
    </Button>
  );
}
