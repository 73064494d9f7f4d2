// The picture of a call's video help, for a supervisor: to look at, not to draw on.
import { useEffect, useRef, useState, useSyncExternalStore } from 'react';
import { useTranslation } from 'react-i18next';
import { HelpSession, type HelpState, socketURL } from '../../help/session';
import { Button } from '../../ui/button';
import { useDesk } from '../../ui/hooks';
import { Stage } from '../video/stage';
import '../video/video.css';

/** Whether there is something to watch. */
export const showsPicture = (video: string) => video !== '' && video !== 'waiting' && video !== 'ended';

export function WatchPicture({ interactionID }: { interactionID: string }) {
  const { t } = useTranslation();
  const [on, setOn] = useState(false);
  const video = useDesk((s) => s.board?.calls.find((c) => c.interaction_id === interactionID)?.video ?? '');
  if (!showsPicture(video)) return null;
  return (
    <section className="watch-picture" aria-label={t('video.label')}>
      <Button small icon="camera" pressed={on} onPress={() => setOn(!on)}>
        {on ? t('video.watchEnd') : t('video.watch')}
      </Button>
      {on && <Watched interactionID={interactionID} />}
    </section>
  );
}

function Watched({ interactionID }: { interactionID: string }) {
  const [session, setSession] = useState<HelpSession | null>(null);
  useEffect(() => {
    const next = new HelpSession({ url: socketURL(`/api/v1/interactions/${interactionID}/video/ws`) });
    setSession(next);
    return () => next.end();
  }, [interactionID]);
  return session && <Shown session={session} interactionID={interactionID} />;
}

function Shown({ session, interactionID }: { session: HelpSession; interactionID: string }) {
  const { t } = useTranslation();
  const state: HelpState = useSyncExternalStore(session.state.subscribe, session.state.get);
  const video = useRef<HTMLVideoElement>(null);
  const still = useRef<HTMLImageElement>(null);
  return (
    <Stage
      session={session}
      state={state}
      interactionID={interactionID}
      video={video}
      still={still}
      tool={null}
      describe={(shapes) =>
        shapes.length === 0
          ? t('video.nothingDrawn')
          : t('video.drawn', { count: shapes.length, authors: '' })
      }
    >
      {state.link !== 'open'
        ? t('video.offline')
        : state.room?.guest !== 'sharing'
          ? null
          : state.connection !== 'connected'
            ? t('video.connecting')
            : null}
    </Stage>
  );
}
