// While the guest shares (or an invited person watches): the picture, what is drawn on it, the agent's words, and Stop.
import { type ReactNode, useEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react';
import type { Entry, Shape } from '../help.gen';
import { Annotations, useContentBox, useVideoSize } from './annotations';
import { sendStill, stillURL } from './api';
import {
  type CameraProblem,
  describe,
  hasSeveral,
  type Opened,
  openCamera,
  problemOf,
  setLight,
  setZoom,
  zoomRange,
} from './camera';
import { BigButton, Card } from './guest';
import { applyMode, Network } from './network';
import { HelpSession, type HelpState, socketURL } from './session';
import { takeStill } from './still';
import { type Talk, TalkButtons, TalkQuestion, useTalk, whereVoices } from './talk';
import { fill, words as w, who } from './words';

const CAPTION_MS = 6000;

export function Sharing({ token, entry, first }: { token: string; entry: Entry; first: Opened | null }) {
  const [opened, setOpened] = useState<Opened | null>(first);
  const [problem, setProblem] = useState<CameraProblem | 'ended' | null>(null);
  const camera = useRef<Opened | null>(first);
  const video = useRef<HTMLVideoElement>(null);
  const network = useRef(new Network());
  const [light, setLightOn] = useState(false);
  const [zoom, setZoomTo] = useState(0);
  const [several, setSeveral] = useState(false);
  const guest = entry.role === 'guest';
  const session = useSession(token, guest, camera, video, network, setLightOn);
  const state = useSyncExternalStore(session.state.subscribe, session.state.get);
  const talk = useTalk(session, state);
  const { room } = state;
  const over = room?.ended_at != null;
  const stopped = room?.guest === 'stopped' && opened === null;
  const name = who(room?.agent_name || entry.agent_name, room?.organisation || entry.organisation);

  // The camera's picture, its end, and what the others are told of it.
  useEffect(() => {
    camera.current = opened;
    if (!opened) return;
    const { track } = opened;
    setZoomTo(zoomRange(track)?.min ?? 0);
    void hasSeveral().then(setSeveral);
    const tell = (now: 'live' | 'paused' | 'ended') =>
      session.send({ type: 'camera', data: describe(opened, now, zoomRange(track)?.min ?? 0) });
    const onMute = () => tell('paused');
    const onUnmute = () => tell('live');
    const onEnded = () => {
      tell('ended');
      setProblem('ended');
    };
    track.addEventListener('mute', onMute);
    track.addEventListener('unmute', onUnmute);
    track.addEventListener('ended', onEnded);
    return () => {
      track.removeEventListener('mute', onMute);
      track.removeEventListener('unmute', onUnmute);
      track.removeEventListener('ended', onEnded);
    };
  }, [opened, session]);

  // Told whenever the connection is new: the server forgets nothing, but a restart of it does.
  useEffect(() => {
    if (state.link === 'open' && opened && opened.track.readyState === 'live') {
      session.send({ type: 'camera', data: describe(opened, opened.track.muted ? 'paused' : 'live', zoom) });
    }
  }, [state.link, opened, session, zoom]);

  const own = useMemo(() => (opened ? new MediaStream([opened.track]) : null), [opened]);
  useEffect(() => {
    const element = video.current;
    const stream = guest ? own : state.stream;
    if (element && element.srcObject !== stream) element.srcObject = stream;
  });

  useEffect(() => {
    if (over) {
      opened?.track.stop();
      setOpened(null);
    }
  }, [over, opened]);

  const open = async (facing: 'environment' | 'user') => {
    const before = camera.current;
    before?.track.stop(); // phones open one camera at a time
    try {
      const next = await openCamera(facing);
      camera.current = next;
      setOpened(next);
      setProblem(null);
      setLightOn(false);
      if (before && session.peer()?.connectionState === 'connected') await session.replaceTrack(next.track);
      else session.start();
    } catch (error) {
      setProblem(problemOf(error));
      session.send({
        type: 'camera',
        data: { state: 'denied', source: facing, width: 0, height: 0, light: false, zoom: 0 },
      });
    }
  };

  const stop = () => {
    session.send({ type: 'stop', data: {} });
    session.closePeer();
    opened?.track.stop();
    camera.current = null;
    setOpened(null);
    setProblem(null);
  };

  if (state.link === 'refused') {
    return (
      <Card title={w.elsewhere} text={w.elsewhereWhy}>
        <BigButton onPress={() => location.reload()}>{w.here}</BigButton>
      </Card>
    );
  }
  if (over) {
    return (
      <Over state={state} talk={talk} onRate={(stars) => session.send({ type: 'rate', data: { stars } })} />
    );
  }
  if (stopped || (guest && !opened && !problem)) {
    return (
      <Card title={w.stopped} text={fill(room?.on_phone ? w.stoppedWhy : w.stoppedAlone, { who: name })}>
        {guest && <TalkButtons talk={talk} state={state} />}
        <BigButton onPress={() => void open('environment')}>{w.again}</BigButton>
      </Card>
    );
  }
  const screen = opened?.facing === 'screen';
  return (
    <main className="page sharing">
      <header className="top">
        <div aria-live="polite">
          <h1>{headline(state, name, screen, guest)}</h1>
          <p>{subline(state, room?.shared_at ?? null, whereVoices(state, talk))}</p>
        </div>
        {guest && <TalkButtons talk={talk} state={state} />}
      </header>
      <Picture
        token={token}
        session={session}
        state={state}
        video={video}
        trouble={
          (guest && talk.asking && <TalkQuestion talk={talk} state={state} name={name} />) ||
          (problem && (
            <div className="trouble" role="alert">
              <b>{problem === 'ended' ? w.cameraEnded : w[problem]}</b>
              {problem !== 'ended' && <span>{w[`${problem}Why`]}</span>}
              <BigButton onPress={() => void open('environment')}>{w.retry}</BigButton>
            </div>
          ))
        }
      >
        {(drawing, setDrawing) => (
          <div className="bar">
            {guest && !drawing && (
              <button
                type="button"
                onClick={() => session.send({ type: 'freeze', data: { on: room?.frozen == null } })}
                aria-pressed={room?.frozen != null}
              >
                {room?.frozen ? w.unfreeze : w.freeze}
              </button>
            )}
            {room?.role !== 'watch' && (
              <button type="button" aria-pressed={drawing} onClick={() => setDrawing(!drawing)}>
                {w.draw}
              </button>
            )}
            {drawing && (
              <>
                <button type="button" onClick={() => session.undo()}>
                  {w.undo}
                </button>
                <button type="button" onClick={() => session.draw({ t: 'clear' }, true)}>
                  {w.clear}
                </button>
              </>
            )}
            {!drawing && guest && room?.camera.light && opened && (
              <button
                type="button"
                aria-pressed={light}
                onClick={() => void switchLight(session, opened, !light, setLightOn)}
              >
                {w.light}
              </button>
            )}
            {!drawing && guest && several && opened && !screen && (
              <button
                type="button"
                onClick={() => void open(opened.facing === 'user' ? 'environment' : 'user')}
              >
                {w.turn}
              </button>
            )}
            {!drawing && guest && (
              <button
                type="button"
                aria-pressed={room?.captions ?? true}
                onClick={() => session.send({ type: 'captions', data: { on: !(room?.captions ?? true) } })}
              >
                {w.captions}
              </button>
            )}
            {!drawing && opened && <Zoom opened={opened} zoom={zoom} onZoom={setZoomTo} />}
            {guest && (
              <button type="button" className="stop" onClick={stop}>
                {w.stop}
              </button>
            )}
          </div>
        )}
      </Picture>
    </main>
  );
}

/** The session of this page, and once a second a look at the network. */
function useSession(
  token: string,
  guest: boolean,
  camera: { current: Opened | null },
  video: { readonly current: HTMLVideoElement | null },
  network: { readonly current: Network },
  onLight: (on: boolean) => void,
): HelpSession {
  const [session] = useState(() => {
    const ports = guest
      ? {
          track: () => camera.current?.track ?? null,
          onSender: (sender: RTCRtpSender) => {
            network.current.restart();
            void applyMode(sender, network.current.mode).catch(() => {});
          },
          onLight: (on: boolean) => {
            if (camera.current) void switchLight(self, camera.current, on, onLight);
          },
          onCapture: (id: string) => {
            const opened = camera.current;
            if (!opened || !video.current) return;
            void takeStill(opened.track, video.current, network.current.kbps)
              .then((still) => sendStill(token, id, still))
              .catch((error) => console.error('still:', error));
          },
        }
      : {};
    const self: HelpSession = new HelpSession({
      url: socketURL(`/api/v1/help/${encodeURIComponent(token)}/ws`),
      ...ports,
    });
    return self;
  });
  useEffect(() => {
    const timer = setInterval(() => {
      const pc = session.peer();
      if (!guest || pc?.connectionState !== 'connected') return;
      const before = network.current.mode;
      void network.current.sample(pc, performance.now()).then((quality) => {
        session.send({ type: 'quality', data: quality });
        const sender = session.sender();
        if (sender && network.current.mode !== before)
          void applyMode(sender, network.current.mode).catch(() => {});
      });
    }, 1000);
    return () => clearInterval(timer);
  }, [session, guest, network]);
  return session;
}

async function switchLight(session: HelpSession, opened: Opened, on: boolean, done: (on: boolean) => void) {
  try {
    await setLight(opened.track, on);
    done(on);
    session.send({ type: 'light', data: { on } });
  } catch {
    done(false); // the phone says no: the button shows that it is off
  }
}

function Zoom({ opened, zoom, onZoom }: { opened: Opened; zoom: number; onZoom: (zoom: number) => void }) {
  const range = zoomRange(opened.track);
  if (!range) return null;
  return (
    <label className="zoom">
      <span>{w.zoom}</span>
      <input
        type="range"
        min={range.min}
        max={range.max}
        step={range.step || 0.1}
        value={zoom || range.min}
        onChange={(event) => {
          const to = Number(event.target.value);
          onZoom(to);
          void setZoom(opened.track, to).catch(() => {});
        }}
      />
    </label>
  );
}

function headline(state: HelpState, name: string, screen: boolean, guest: boolean): string {
  if (!guest) return name;
  if (state.connection !== 'connected') return fill(w.connecting, { who: name });
  return fill(screen ? w.seesScreen : w.sees, { who: name });
}

function subline(state: HelpState, since: string | null, voices: ReactNode): ReactNode {
  const { room } = state;
  if (state.link !== 'open') return w.lost;
  if (room?.freezing) return w.freezing;
  if (room?.frozen) return w.frozen;
  if (room?.mode === 'stills') return w.stills;
  if (room?.camera.state === 'paused') return w.cameraPaused;
  return (
    <>
      {voices}
      {watchers(state) && ` · ${watchers(state)}`}
      {room?.recorded && (
        <span className="rec">
          {' · '}
          {w.recorded}
        </span>
      )}
      {since && <Timer since={since} />}
    </>
  );
}

/** Supervisors who look on, where the guest may know. */
function watchers({ room }: HelpState): string {
  const names = (room?.people ?? []).filter((p) => p.role === 'supervisor' && p.here).map((p) => p.name);
  return names.length === 0 ? '' : fill(w.alsoWatching, { names: names.join(', ') });
}

function Timer({ since }: { since: string }) {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  const s = Math.max(0, Math.round((now - Date.parse(since)) / 1000));
  return (
    <span className="num" aria-hidden="true">
      {` · ${String(Math.floor(s / 60)).padStart(2, '0')}:${String(s % 60).padStart(2, '0')}`}
    </span>
  );
}

/** What is drawn, in words. */
export function inWords(shapes: readonly Shape[], you: string | undefined): string {
  if (shapes.length === 0) return w.nothingDrawn;
  const authors = new Set(shapes.map((s) => (s.by === you ? w.you : w.other)));
  return fill(w.drawn, { n: shapes.length, authors: [...authors].join(', ') });
}

interface PictureProps {
  readonly token: string;
  readonly session: HelpSession;
  readonly state: HelpState;
  readonly video: React.RefObject<HTMLVideoElement | null>;
  readonly trouble: ReactNode;
  readonly children: (drawing: boolean, set: (on: boolean) => void) => ReactNode;
}

function Picture({ token, session, state, video, trouble, children }: PictureProps) {
  const frame = useRef<HTMLDivElement>(null);
  const live = useVideoSize(video);
  const [drawing, setDrawing] = useState(false);
  const { room } = state;
  const frozen = room?.frozen ?? null;
  const box = useContentBox(frame, frozen ?? live);
  return (
    <>
      <div className="frame" ref={frame}>
        <video ref={video} autoPlay playsInline muted aria-label={w.preview} />
        {frozen && <img src={stillURL(token, frozen.id)} alt={w.frozen} />}
        <Annotations
          session={session}
          state={state}
          frame={box}
          tool={drawing ? 'pen' : null}
          label={w.annotations}
          describe={(shapes) => inWords(shapes, room?.you)}
        />
        <Captions state={state} />
        {trouble}
      </div>
      {children(drawing, setDrawing)}
    </>
  );
}

function Captions({ state }: { state: HelpState }) {
  const [, wake] = useState(0);
  const { caption, room } = state;
  useEffect(() => {
    if (!caption) return;
    const timer = setTimeout(() => wake((n) => n + 1), CAPTION_MS);
    return () => clearTimeout(timer);
  }, [caption]);
  if (!caption?.text || !room?.captions || Date.now() - caption.at > CAPTION_MS - 50) return null;
  return <p className="caption">{caption.text}</p>;
}

function Over(props: { state: HelpState; talk: Talk; onRate: (stars: number) => void }) {
  const { state, talk, onRate } = props;
  const rated = state.room?.rated ?? 0;
  const ask = state.room?.shared_at != null;
  return (
    <Card title={w.over} text={w.overWhy}>
      {talk.voice.on && <TalkButtons talk={talk} state={state} />}
      {ask && (
        <fieldset className="stars">
          <legend>{w.question}</legend>
          {w.stars.map((label, i) => (
            <button key={label} type="button" aria-pressed={rated === i + 1} onClick={() => onRate(i + 1)}>
              {label}
            </button>
          ))}
        </fieldset>
      )}
      <p role="status">{rated > 0 ? `${w.thanks} ${w.close}` : w.close}</p>
    </Card>
  );
}
