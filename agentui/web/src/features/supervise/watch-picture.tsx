// The picture of a call's video help, for a supervisor: to look at, not to draw on.
import { useEffect, useRef, useState, useSyncExternalStore } from 'react';
import { useTranslation } from 'react-i18next';
import { Annotations, useContentBox, useVideoSize } from '../../help/annotations';
import '../../help/annotations.css';
import { HelpSession, type HelpState, socketURL } from '../../help/session';
import { Button } from '../../ui/button';
import { useDesk } from '../../ui/hooks';
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
  const frame = useRef<HTMLDivElement>(null);
  const video = useRef<HTMLVideoElement>(null);
  const live = useVideoSize(video);
  const frozen = state.room?.frozen ?? null;
  const box = useContentBox(frame, frozen ?? live);
  useEffect(() => {
    const element = video.current;
    if (element && element.srcObject !== state.stream) element.srcObject = state.stream;
  }, [state.stream]);
  return (
    <div className="video-frame" ref={frame}>
      <video ref={video} autoPlay playsInline muted aria-label={t('video.picture')} />
      {frozen && (
        <img
          src={`/api/v1/interactions/${interactionID}/video/stills/${frozen.id}`}
          alt={t('video.frozenPicture')}
        />
      )}
      <Annotations
        session={session}
        state={state}
        frame={box}
        tool={null}
        label={t('video.annotations')}
        describe={(shapes) =>
          shapes.length === 0
            ? t('video.nothingDrawn')
            : t('video.drawn', { count: shapes.length, authors: '' })
        }
      />
      <p className="video-note" role="status">
        {state.link !== 'open'
          ? t('video.offline')
          : state.room?.guest !== 'sharing'
            ? null
            : state.connection !== 'connected'
              ? t('video.connecting')
              : null}
      </p>
    </div>
  );
}
