// Where the guest talks: on the telephone, or here. Asks in plain words before the microphone is opened.
import { type ReactNode, useEffect, useRef, useState } from 'react';
import type { HelpSession, HelpState } from './session';
import { HelpVoice, type VoiceState } from './voice';
import { fill, words as w } from './words';

export interface Talk {
  readonly voice: VoiceState;
  readonly asking: boolean;
  readonly ask: (on: boolean) => void;
  readonly start: () => void;
  readonly stop: () => void;
  readonly mute: (on: boolean) => void;
  readonly play: () => void;
}

/** The voice of this page. It goes on over a reload where the microphone was allowed before. */
export function useTalk(session: HelpSession, state: HelpState): Talk {
  const [voice, setVoice] = useState<VoiceState>({ on: false, muted: false, blocked: false, problem: null });
  const [asking, setAsking] = useState(false);
  const [own] = useState(
    () =>
      new HelpVoice({
        send: (message) => session.send(message),
        servers: () => session.state.get().room?.ice_servers ?? [],
        onState: setVoice,
      }),
  );
  const { room } = state;
  const here = room?.voice;
  const asked = useRef(false);

  useEffect(() => {
    session.onVoice((offer) => void own.offer(offer).catch((error) => console.error('voice:', error)));
    const leave = () => own.close(); // at once, so that the telephone is heard again without a wait
    window.addEventListener('pagehide', leave);
    return () => window.removeEventListener('pagehide', leave);
  }, [session, own]);

  useEffect(() => {
    if (state.link !== 'open' || here === undefined) return;
    // The server took the voice out: the call is over, or the agent let it go.
    if ((here === 'phone' || here === 'none' || here === '') && own.open) own.close();
    if (here === 'lost' && own.open) void own.start();
    if (here === 'lost' && !own.open && !asked.current) {
      asked.current = true;
      void own.allowed().then((yes) => (yes ? own.start() : setAsking(true)));
    }
    // Without a telephone there is no other way to talk: it is offered once.
    if (here === 'none' && !asked.current && room?.shared_at != null) {
      asked.current = true;
      setAsking(true);
    }
  }, [here, state.link, own, room?.shared_at]);

  return {
    voice,
    asking,
    ask: setAsking,
    start: () => {
      void own.start().then(() => setAsking(!own.open));
    },
    stop: () => own.stop(),
    mute: (on) => own.mute(on),
    play: () => void own.play(),
  };
}

/** The buttons in the page's head. */
export function TalkButtons({ talk, state }: { talk: Talk; state: HelpState }) {
  const { room } = state;
  if (!room?.voice) return null;
  const { voice } = talk;
  if (!voice.on) {
    return (
      <div className="talk">
        <button type="button" onClick={() => talk.ask(true)} aria-expanded={talk.asking}>
          {w.talkHere}
        </button>
      </div>
    );
  }
  return (
    <div className="talk">
      {voice.blocked && (
        <button type="button" onClick={talk.play}>
          {w.hear}
        </button>
      )}
      <button type="button" aria-pressed={voice.muted} onClick={() => talk.mute(!voice.muted)}>
        {voice.muted ? w.unmute : w.mute}
      </button>
      <button type="button" className={room.on_phone ? undefined : 'stop'} onClick={talk.stop}>
        {room.on_phone ? w.backToPhone : w.talkNoMore}
      </button>
    </div>
  );
}

/** What it means, before the browser asks for the microphone. */
export function TalkQuestion({ talk, state, name }: { talk: Talk; state: HelpState; name: string }) {
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => button.current?.focus(), []);
  const { problem, on } = talk.voice;
  const text = problem
    ? w[`${problem}Why`]
    : fill(state.room?.on_phone ? w.talkWhy : w.talkAloneWhy, { who: name });
  return (
    <section className="trouble" aria-label={w.talkHere}>
      <div role={problem ? 'alert' : undefined}>
        <b>{problem ? w[problem] : w.talkTitle}</b>
        <p>{text}</p>
      </div>
      <button type="button" className="big" ref={button} aria-disabled={on || undefined} onClick={talk.start}>
        {problem ? w.retry : w.useMicrophone}
      </button>
      <button type="button" className="big plain" onClick={() => talk.ask(false)}>
        {w.notNow}
      </button>
    </section>
  );
}

/** Where the voices are, in words. */
export function whereVoices(state: HelpState, talk: Talk): ReactNode {
  const { room } = state;
  if (room?.voice === 'browser') return talk.voice.muted ? w.talkMuted : w.talkingHere;
  if (talk.voice.on || room?.voice === 'connecting') return w.talkConnecting;
  if (room?.on_phone) return w.onPhone;
  return room?.voice === 'none' || room?.voice === 'lost' ? w.talkNowhere : w.noPhone;
}
