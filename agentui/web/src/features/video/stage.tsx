// The customer's picture, live or frozen, with what is drawn on it: on the desk, and for a supervisor who looks on.
import { type ComponentProps, type ReactNode, type RefObject, useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { Annotations, useContentBox, useVideoSize } from '../../help/annotations';
import '../../help/annotations.css';
import type { HelpSession, HelpState } from '../../help/session';

interface Props extends Pick<ComponentProps<typeof Annotations>, 'tool' | 'describe' | 'askText'> {
  readonly session: HelpSession;
  readonly state: HelpState;
  readonly interactionID: string;
  readonly video: RefObject<HTMLVideoElement | null>;
  readonly still: RefObject<HTMLImageElement | null>;
  readonly children: ReactNode; // what keeps the picture from being what it should be
}

export function Stage({ session, state, interactionID, video, still, children, ...drawing }: Props) {
  const { t } = useTranslation();
  const frame = useRef<HTMLDivElement>(null);
  const live = useVideoSize(video);
  const frozen = state.room?.frozen ?? null;
  const box = useContentBox(frame, frozen ?? live);
  useEffect(() => {
    const element = video.current;
    if (element && element.srcObject !== state.stream) element.srcObject = state.stream;
  }, [state.stream, video]);
  return (
    <div className="video-frame" ref={frame}>
      <video ref={video} autoPlay playsInline muted aria-label={t('video.picture')} />
      {frozen && (
        <img
          ref={still}
          src={`/api/v1/interactions/${interactionID}/video/stills/${frozen.id}`}
          alt={t('video.frozenPicture')}
        />
      )}
      <Annotations session={session} state={state} frame={box} label={t('video.annotations')} {...drawing} />
      <p className="video-note" role="status">
        {children}
      </p>
    </div>
  );
}
