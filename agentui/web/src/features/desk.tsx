// The agent's desk: one screen, three columns. Ringing, talking, wrap-up and idle are states of it.
import { useCallback, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useDesk, useSession } from '../ui/hooks';
import { Banners } from './banners';
import { CallBar } from './call-bar';
import { Languages } from './control/languages';
import { OpenSheet } from './control/open-sheet';
import { People } from './control/people';
import { Strip } from './control/strip';
import { CustomerColumn } from './customer';
import { Dock } from './dock';
import { Header } from './header';
import { HELP_ID } from './help';
import { Incoming } from './incoming';
import { Mine } from './mine';
import { landmarks, useShortcuts } from './shortcuts';
import { Transcript } from './transcript';
import { recordedCall } from './transcript-view';
import { VideoPane } from './video';

export function Desk({ onLeave }: { onLeave: () => void }) {
  const { t } = useTranslation();
  const session = useSession();
  const [following, setFollowing] = useState(true);
  const openHelp = useCallback(() => document.getElementById(HELP_ID)?.togglePopover(), []);
  useShortcuts(session, openHelp);
  return (
    <div className="desk">
      <a className="skip" href="#main">
        {t('app.skip')}
      </a>
      <Header onLeave={onLeave} />
      <Mine />
      <main id="main" className="middle" tabIndex={-1}>
        <h1 className="hidden">{t('bar.label')}</h1>
        <div className="middle-head">
          <CallBar />
          <Strip />
          <People />
          <Languages />
          <Banners />
        </div>
        <div className="stage">
          <Incoming />
          <VideoPane />
          <OpenSheet />
          <CallTranscript onFollow={setFollowing} />
        </div>
        <Dock following={following} />
      </main>
      <CustomerColumn />
    </div>
  );
}

function CallTranscript({ onFollow }: { onFollow: (following: boolean) => void }) {
  const { t } = useTranslation();
  const lines = useDesk((s) => s.lines);
  const partials = useDesk((s) => s.partials);
  const call = useDesk((s) => s.call);
  const marks = useDesk((s) => s.marks);
  const me = useDesk((s) => s.me);
  const legs = useDesk((s) => s.legs);
  const off = useDesk((s) => s.system.transcription === 'off');
  const empty = off ? t('transcript.emptyOff') : call ? t('transcript.empty') : t('transcript.emptyIdle');
  return (
    <Transcript
      // A new call is a new text, read from its end.
      key={call?.interaction_id ?? 'none'}
      id={landmarks.transcript}
      lines={lines}
      partials={partials}
      call={call}
      marks={marks}
      me={me}
      parties={legs}
      recorded={recordedCall(call)}
      empty={empty}
      onFollow={onFollow}
    />
  );
}
