// The guest's link: to copy, to scan, to send, or as a code to read aloud.
import qrcode from 'qrcode-generator';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ApiError, api } from '../../api/http';
import { Button } from '../../ui/button';
import { clock } from '../../ui/format';
import { useDesk, useNow, useSession } from '../../ui/hooks';
import type * as wire from '../../wire.gen';

export function LinkCard({ video }: { video: wire.Session }) {
  const { t, i18n } = useTranslation();
  const { dispatch } = useSession();
  const now = useNow();
  const waiting = video.state === 'waiting';
  const expired = waiting && video.code !== '' && Date.parse(video.expires_at) < now;
  return (
    <div className="video-link">
      {waiting && expired && (
        <p className="video-row">
          <span>{t('video.expired')}</span>
          <Button small onPress={() => dispatch({ kind: 'video_start' })}>
            {t('video.renew')}
          </Button>
        </p>
      )}
      {waiting && !expired && (
        <>
          <Copied label={t('video.link')} link={video.link} />
          <div className="video-ways">
            <QR link={video.link} label={t('video.qr')} />
            <div>
              <p className="soft">{t('video.code', { address: video.link.replace(/\/[^/]*$/, '') })}</p>
              <p className="video-code num">{video.code}</p>
              <p className="faint">{t('video.expires', { time: clock(video.expires_at, i18n.language) })}</p>
            </div>
          </div>
          <Send video={video} />
        </>
      )}
      {video.invited.map((i) => (
        <Copied
          key={i.link}
          label={t(i.role === 'draw' ? 'video.invitationDraw' : 'video.invitation')}
          link={i.link}
          note={i.here ? t('video.here') : ''}
        />
      ))}
    </div>
  );
}

function Copied({ label, link, note }: { label: string; link: string; note?: string }) {
  const { t } = useTranslation();
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard?.writeText(link).catch(() => {});
    setCopied(true);
  };
  return (
    <div className="video-row">
      <input
        className="input grow"
        aria-label={label}
        title={label}
        readOnly
        value={link}
        onFocus={(event) => event.target.select()}
      />
      {note && <span className="faint">{note}</span>}
      <Button small onPress={() => void copy()}>
        {copied ? t('video.copied') : t('video.copy')}
      </Button>
    </div>
  );
}

function QR({ link, label }: { link: string; label: string }) {
  const { path, size } = useMemo(() => {
    const code = qrcode(0, 'M');
    code.addData(link);
    code.make();
    const n = code.getModuleCount();
    let d = '';
    for (let y = 0; y < n; y++) for (let x = 0; x < n; x++) if (code.isDark(y, x)) d += `M${x} ${y}h1v1h-1z`;
    return { path: d, size: n };
  }, [link]);
  return (
    <svg className="video-qr" role="img" aria-label={label} viewBox={`-3 -3 ${size + 6} ${size + 6}`}>
      <rect x="-3" y="-3" width={size + 6} height={size + 6} fill="#fff" />
      <path d={path} fill="#000" />
    </svg>
  );
}

function Send({ video }: { video: wire.Session }) {
  const { t, i18n } = useTranslation();
  const customer = useDesk((s) => s.customer);
  const from = useDesk((s) => s.call?.from) ?? '';
  const [to, setTo] = useState(customer?.emails[0] ?? from);
  const [refusal, setRefusal] = useState('');
  const send = async () => {
    setRefusal('');
    try {
      const body = { to, language: customer?.language || i18n.language };
      await api('POST', `/interactions/${video.interaction_id}/video/link`, body);
    } catch (error) {
      setRefusal(error instanceof ApiError ? error.message : String(error));
    }
  };
  const last = video.sent[video.sent.length - 1];
  const news = refusal
    ? refusal
    : last &&
      (last.err ? t('video.notSent', { to: last.to, why: last.err }) : t('video.sent', { to: last.to }));
  return (
    <form
      className="video-send"
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      <div className="video-row">
        <input
          className="input grow"
          aria-label={t('video.sendTo')}
          placeholder={t('video.sendTo')}
          value={to}
          onChange={(event) => setTo(event.target.value)}
        />
        <Button small type="submit">
          {t('video.send')}
        </Button>
      </div>
      <p role="status" className="faint">
        {news}
      </p>
    </form>
  );
}
