// The customer's picture on the desk, and everything the agent can do with it.
import { type FormEvent, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../../api/http';
import { type Tool, tools } from '../../help/annotations';
import type { Point } from '../../help/geometry';
import type { HelpSession, HelpState } from '../../help/session';
import type { Shape } from '../../help.gen';
import { Button } from '../../ui/button';
import { keep } from './keep';
import { Kept } from './kept';
import { Stage } from './stage';

interface Props {
  readonly session: HelpSession;
  readonly state: HelpState;
  readonly interactionID: string;
}

export function Picture({ session, state, interactionID }: Props) {
  const { t } = useTranslation();
  const video = useRef<HTMLVideoElement>(null);
  const still = useRef<HTMLImageElement>(null);
  const [tool, setTool] = useState<Tool>('pointer');
  const [asking, setAsking] = useState<Point | null>(null);
  const [news, setNews] = useState('');
  const [kept, setKept] = useState(0);
  const { room } = state;
  const frozen = room?.frozen ?? null;
  const sharing = room?.guest === 'sharing' || frozen !== null;

  useEffect(() => {
    if (state.refused?.code === 'no_still') setNews(t('video.noStill'));
  }, [state.refused, t]);

  const describe = (shapes: readonly Shape[]) => {
    if (shapes.length === 0) return t('video.nothingDrawn');
    const authors = new Set(
      shapes.map((s) =>
        s.by === room?.you ? t('video.you') : s.role === 'guest' ? t('video.customer') : t('video.guest'),
      ),
    );
    return t('video.drawn', { count: shapes.length, authors: [...authors].join(', ') });
  };

  const snapshot = async () => {
    const picture = frozen ? still.current : video.current;
    if (!picture) return;
    try {
      await keep(interactionID, picture, state.board.shapes);
      setNews(t('video.kept'));
      setKept((n) => n + 1);
    } catch {
      setNews(t('video.notKept'));
    }
  };

  const place = (text: string) => {
    if (asking && text.trim()) {
      session.draw(
        { t: 'put', s: { id: session.nextID(), k: 'text', p: [asking], c: text.trim().slice(0, 80) } },
        true,
      );
    }
    setAsking(null);
  };

  return (
    <>
      <Stage
        session={session}
        state={state}
        interactionID={interactionID}
        video={video}
        still={still}
        tool={sharing ? tool : null}
        describe={describe}
        askText={setAsking}
      >
        <Condition state={state} />
      </Stage>
      {asking && <AskText onPlace={place} />}
      <div className="video-tools">
        <fieldset className="segments" aria-label={t('video.tools')}>
          {tools.map((one) => (
            <label key={one} className="segment">
              <input type="radio" name="video-tool" checked={tool === one} onChange={() => setTool(one)} />
              <span>{t(`video.tool.${one}`)}</span>
            </label>
          ))}
        </fieldset>
        <Button small onPress={() => session.undo()}>
          {t('video.undo')}
        </Button>
        <Button small onPress={() => session.draw({ t: 'clear' }, true)}>
          {t('video.clear')}
        </Button>
      </div>
      <div className="video-tools">
        <Button
          small
          pressed={frozen !== null}
          onPress={() => session.send({ type: 'freeze', data: { on: frozen === null } })}
        >
          {room?.freezing ? t('video.freezing') : frozen ? t('video.unfreeze') : t('video.freeze')}
        </Button>
        <Button small onPress={() => void snapshot()}>
          {t('video.snapshot')}
        </Button>
        {room?.camera.light && (
          <Button
            small
            pressed={room.light}
            onPress={() => session.send({ type: 'light', data: { on: !room.light } })}
          >
            {t('video.light')}
          </Button>
        )}
        <Button small onPress={() => void invite(interactionID, 'watch')}>
          {t('video.invite')}
        </Button>
        <Button small onPress={() => void invite(interactionID, 'draw')}>
          {t('video.inviteDraw')}
        </Button>
        <span role="status" className="faint">
          {news}
        </span>
      </div>
      <Watchers state={state} />
      <Kept interactionID={interactionID} version={kept} />
    </>
  );
}

/** Supervisors who look on, where they may be seen. */
function Watchers({ state }: { state: HelpState }) {
  const { t } = useTranslation();
  const names = (state.room?.people ?? [])
    .filter((p) => p.role === 'supervisor' && p.here)
    .map((p) => p.name);
  if (names.length === 0) return null;
  return (
    <p className="faint" role="status">
      {t('video.watched', { names: names.join(', ') })}
    </p>
  );
}

const invite = (interactionID: string, role: 'watch' | 'draw') =>
  api('POST', `/interactions/${interactionID}/video/invitations`, { role }).catch(() => {});

/** What keeps the picture from being what it should be. */
function Condition({ state }: { state: HelpState }) {
  const { t } = useTranslation();
  const { room } = state;
  if (state.link !== 'open') return t('video.offline');
  if (room?.guest !== 'sharing') return null; // the head of the pane says it
  if (state.connection !== 'connected') return t('video.connecting');
  if (room.camera.state === 'paused') return t('video.paused');
  if (room.camera.state === 'ended') return t('video.cameraEnded');
  if (room.camera.state === 'denied') return t('video.cameraDenied');
  if (room.mode === 'stills') return t('video.stills');
  return null;
}

function AskText({ onPlace }: { onPlace: (text: string) => void }) {
  const { t } = useTranslation();
  const field = useRef<HTMLInputElement>(null);
  const [text, setText] = useState('');
  useEffect(() => field.current?.focus(), []);
  return (
    <form
      className="video-row"
      onSubmit={(event: FormEvent) => {
        event.preventDefault();
        onPlace(text);
      }}
      onKeyDown={(event) => event.key === 'Escape' && onPlace('')}
    >
      <input
        ref={field}
        className="input grow"
        aria-label={t('video.text')}
        placeholder={t('video.text')}
        maxLength={80}
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      <Button small type="submit">
        {t('video.place')}
      </Button>
    </form>
  );
}
