// The guest's page: asks nothing of the person that it need not, says in plain words who sees what, and Stop is always there.
import { type ReactNode, useCallback, useEffect, useRef, useState } from 'react';
import type { Entry } from '../help.gen';
import { byCode, claim, look, type Refusal, Refused } from './api';
import {
  type CameraProblem,
  canShareScreen,
  type Facing,
  type Opened,
  openCamera,
  openScreen,
  problemOf,
  supported,
} from './camera';
import { Sharing } from './sharing';
import { fill, words as w, who } from './words';

type Place =
  | { at: 'asking' }
  | { at: 'code' }
  | { at: 'refused'; why: Refusal }
  | { at: 'old' }
  | { at: 'welcome' | 'opening' | 'viewer'; entry: Entry }
  | { at: 'camera'; entry: Entry; problem: CameraProblem; facing: Facing }
  | { at: 'preview' | 'claiming' | 'sharing'; entry: Entry; opened: Opened }
  | { at: 'stopped'; entry: Entry };

const token = decodeURIComponent(/^\/help\/([^/]+)/.exec(location.pathname)?.[1] ?? '');

export function Guest() {
  const [place, setPlace] = useState<Place>({ at: 'asking' });
  document.title = w.title;

  const open = useCallback(async (entry: Entry, facing: Facing, next: 'preview' | 'sharing') => {
    setPlace({ at: 'opening', entry });
    try {
      const opened = facing === 'screen' ? await openScreen() : await openCamera(facing);
      setPlace({ at: next, entry, opened });
    } catch (error) {
      setPlace({ at: 'camera', entry, problem: problemOf(error), facing });
    }
  }, []);

  const ask = useCallback(async () => {
    setPlace({ at: 'asking' });
    if (!token) return setPlace({ at: 'code' });
    try {
      const entry = await look(token);
      if (entry.role !== 'guest')
        return setPlace({ at: entry.state === 'yours' ? 'viewer' : 'welcome', entry });
      if (!supported()) return setPlace({ at: 'old' });
      // This browser has shared already: a reload goes on where it was.
      if (entry.stopped) return setPlace({ at: 'stopped', entry });
      if (entry.state === 'yours') return await open(entry, 'environment', 'sharing');
      setPlace({ at: 'welcome', entry });
    } catch (error) {
      setPlace({ at: 'refused', why: error instanceof Refused ? error.refusal : 'unreachable' });
    }
  }, [open]);

  useEffect(() => {
    void ask();
  }, [ask]);

  const consent = async (entry: Entry, opened: Opened | null) => {
    if (opened) setPlace({ at: 'claiming', entry, opened });
    try {
      const mine = await claim(token);
      setPlace(opened ? { at: 'sharing', entry: mine, opened } : { at: 'viewer', entry: mine });
    } catch (error) {
      opened?.track.stop();
      setPlace({ at: 'refused', why: error instanceof Refused ? error.refusal : 'unreachable' });
    }
  };

  switch (place.at) {
    case 'asking':
      return <Card busy />;
    case 'code':
      return <Code />;
    case 'refused':
      return <RefusedCard why={place.why} onRetry={ask} />;
    case 'old':
      return <Card title={w.old} text={window.isSecureContext ? w.oldWhy : w.insecureWhy} />;
    case 'welcome': {
      const { entry } = place;
      const name = who(entry.agent_name, entry.organisation);
      if (entry.role !== 'guest') {
        return (
          <Card title={name} text={w.howItWorks}>
            <BigButton onPress={() => void consent(entry, null)}>{w.open}</BigButton>
          </Card>
        );
      }
      return (
        <Card title={fill(w.invites, { who: name })} text={entry.on_phone ? w.howItWorks : w.howItWorksAlone}>
          <BigButton onPress={() => void open(entry, 'environment', 'preview')}>{w.shareCamera}</BigButton>
          {canShareScreen() && (
            <BigButton plain onPress={() => void open(entry, 'screen', 'preview')}>
              {w.shareScreen}
            </BigButton>
          )}
        </Card>
      );
    }
    case 'opening':
      return <Card title={w.opening} busy />;
    case 'camera':
      return (
        <Card title={w[place.problem]} text={w[`${place.problem}Why`]} alert>
          <BigButton
            onPress={() =>
              void open(place.entry, place.facing, place.entry.state === 'yours' ? 'sharing' : 'preview')
            }
          >
            {w.retry}
          </BigButton>
        </Card>
      );
    case 'preview':
    case 'claiming':
      return (
        <Preview
          {...place}
          busy={place.at === 'claiming'}
          onStart={() => void consent(place.entry, place.opened)}
          onBack={() => {
            place.opened.track.stop();
            setPlace({ at: 'welcome', entry: place.entry });
          }}
        />
      );
    case 'viewer':
    case 'stopped':
      return <Sharing token={token} entry={place.entry} first={null} />;
    case 'sharing':
      return <Sharing token={token} entry={place.entry} first={place.opened} />;
  }
}

function Preview(props: {
  entry: Entry;
  opened: Opened;
  busy: boolean;
  onStart: () => void;
  onBack: () => void;
}) {
  const { entry, opened, busy, onStart, onBack } = props;
  const video = useRef<HTMLVideoElement>(null);
  useEffect(() => {
    if (video.current) video.current.srcObject = new MediaStream([opened.track]);
  }, [opened]);
  const text = opened.facing === 'screen' ? w.consentScreen : w.consent;
  return (
    <main className="page sharing">
      <header className="top">
        <h1>{w.onlyYou}</h1>
        <p>
          {fill(text, { who: who(entry.agent_name, entry.organisation) })}
          {entry.recorded && <b> {w.consentRecorded}</b>}
        </p>
      </header>
      <div className="frame">
        <video ref={video} autoPlay playsInline muted aria-label={w.preview} />
      </div>
      <div className="bar two">
        <button type="button" onClick={onBack}>
          {w.notNow}
        </button>
        <button type="button" className="go" onClick={onStart} aria-disabled={busy || undefined}>
          {busy ? w.starting : w.startSharing}
        </button>
      </div>
    </main>
  );
}

function Code() {
  const [code, setCode] = useState('');
  const [why, setWhy] = useState<Refusal | null>(null);
  const submit = async () => {
    try {
      location.assign((await byCode(code)).path);
    } catch (error) {
      setWhy(error instanceof Refused ? error.refusal : 'unreachable');
    }
  };
  return (
    <Card title={w.codeTitle}>
      <form
        className="code"
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <label>
          <span>{w.code}</span>
          <input
            value={code}
            onChange={(event) => setCode(event.target.value)}
            inputMode="numeric"
            autoComplete="one-time-code"
            placeholder="000 000 000"
            aria-describedby="code-hint"
            maxLength={20}
          />
        </label>
        <p id="code-hint" className="hint">
          {w.codeHint}
        </p>
        <p role="alert" className="problem">
          {why && (why === 'over' ? w.over : w[why])}
        </p>
        <button type="submit" className="big">
          {w.open}
        </button>
      </form>
    </Card>
  );
}

function RefusedCard({ why, onRetry }: { why: Refusal; onRetry: () => void }) {
  return (
    <Card title={w[why]} text={w[`${why}Why`]} alert>
      {(why === 'unreachable' || why === 'tooMany') && <BigButton onPress={onRetry}>{w.retry}</BigButton>}
    </Card>
  );
}

export function Card(props: {
  title?: string;
  text?: string;
  busy?: boolean;
  alert?: boolean;
  children?: ReactNode;
}) {
  const { title, text, busy, alert, children } = props;
  return (
    <main className="page card" aria-busy={busy || undefined}>
      <div role={alert ? 'alert' : undefined}>
        <h1>{title ?? w.title}</h1>
        {text && <p>{text}</p>}
      </div>
      {children && <div className="actions">{children}</div>}
    </main>
  );
}

export function BigButton({
  children,
  onPress,
  plain,
}: {
  children: ReactNode;
  onPress: () => void;
  plain?: boolean;
}) {
  return (
    <button type="button" className={plain ? 'big plain' : 'big'} onClick={onPress}>
      {children}
    </button>
  );
}
