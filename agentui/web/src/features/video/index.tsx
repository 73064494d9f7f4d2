// Video help beside the transcript: the link until the customer shares, then the picture and what is drawn on it, at the end how
// it went.
import { useEffect, useState, useSyncExternalStore } from 'react';
import { useTranslation } from 'react-i18next';
import { HelpSession, socketURL } from '../../help/session';
import { Button } from '../../ui/button';
import { useDesk, useSession } from '../../ui/hooks';
import type * as wire from '../../wire.gen';
import { LinkCard } from './link';
import { Picture } from './picture';
import './video.css';

export function VideoPane() {
  const video = useDesk((s) => s.video);
  const call = useDesk((s) => s.call);
  if (!video || video.interaction_id !== call?.interaction_id) return null;
  return <Pane key={video.id} video={video} />;
}

function Pane({ video }: { video: wire.Session }) {
  const { t } = useTranslation();
  const { dispatch } = useSession();
  const over = video.state === 'ended';
  return (
    <section className="video" aria-label={t('video.label')}>
      <header className="video-head">
        <b role="status">{t(`video.state.${stateOf(video.state)}`)}</b>
        <span className="grow" />
        {!over && (
          <Button small kind="stop" onPress={() => dispatch({ kind: 'video_end', outcome: '' })}>
            {t('video.end')}
          </Button>
        )}
      </header>
      {over ? <Outcome /> : <Room video={video} />}
    </section>
  );
}

const states = ['waiting', 'sharing', 'away', 'stopped', 'gone', 'ended'] as const;
const stateOf = (state: string) => states.find((s) => s === state) ?? 'waiting';

function Room({ video }: { video: wire.Session }) {
  const [session, setSession] = useState<HelpSession | null>(null);
  useEffect(() => {
    const next = new HelpSession({ url: socketURL(`/api/v1/interactions/${video.interaction_id}/video/ws`) });
    setSession(next);
    return () => next.end();
  }, [video.interaction_id]);
  return (
    <>
      {(video.state === 'waiting' || video.invited.length > 0) && <LinkCard video={video} />}
      {session && video.state !== 'waiting' && <Shown session={session} video={video} />}
    </>
  );
}

function Shown({ session, video }: { session: HelpSession; video: wire.Session }) {
  const state = useSyncExternalStore(session.state.subscribe, session.state.get);
  return <Picture session={session} state={state} interactionID={video.interaction_id} />;
}

/** What is left to say when the video help is over. */
function Outcome() {
  const { t } = useTranslation();
  const { dispatch } = useSession();
  const [chosen, setChosen] = useState('');
  const choose = (outcome: 'solved' | 'visit_needed') => {
    setChosen(outcome);
    dispatch({ kind: 'video_end', outcome });
  };
  return (
    <div className="video-outcome">
      <span className="soft">{t('video.howEnded')}</span>
      <Button pressed={chosen === 'solved'} onPress={() => choose('solved')}>
        {t('video.solved')}
      </Button>
      <Button pressed={chosen === 'visit_needed'} onPress={() => choose('visit_needed')}>
        {t('video.visit')}
      </Button>
    </div>
  );
}
