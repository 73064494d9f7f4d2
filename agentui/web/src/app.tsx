// Which screen: the door, the desk or the live board.
import { useQueryClient } from '@tanstack/react-query';
import { lazy, Suspense, useCallback, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { currentSession, signOut } from './api/session';
import { Board } from './features/board';
import { Desk } from './features/desk';
import { ReviewPage } from './features/review/page';
import { SignIn } from './features/sign-in';
import { preferLanguage } from './i18n';
import { announceAlert, announceCall } from './phone/announce';
import { place } from './state/place';
import { DeskSession } from './state/session';
import { SessionContext, useDesk, useValue } from './ui/hooks';

// Few need it: it is fetched when somebody opens it.
const AdminPage = lazy(() => import('./features/admin/page'));

type Door = 'asking' | 'door' | 'ended' | 'in';

export function App() {
  const [door, setDoor] = useState<Door>('asking');

  useEffect(() => {
    let current = true;
    void currentSession().then((session) => {
      // A server that does not answer is not a refusal: the desk opens and says that it reconnects.
      if (current) setDoor(session === 'out' ? 'door' : 'in');
    });
    return () => {
      current = false;
    };
  }, []);

  const onEnded = useCallback((byMe: boolean) => setDoor(byMe ? 'door' : 'ended'), []);
  if (door === 'asking') return <Opening />;
  if (door === 'in') return <SignedIn onEnded={onEnded} />;
  return <SignIn ended={door === 'ended'} onSignedIn={() => setDoor('in')} />;
}

function SignedIn({ onEnded }: { onEnded: (byMe: boolean) => void }) {
  const [session, setSession] = useState<DeskSession | null>(null);
  const queries = useQueryClient();

  useEffect(() => {
    const next = new DeskSession(announceCall, announceAlert);
    setSession(next);
    const stop = next.state.subscribe(() => {
      if (next.state.get().link === 'signed_out') onEnded(false);
    });
    return () => {
      stop();
      next.end();
      queries.clear();
    };
  }, [onEnded, queries]);

  const leave = useCallback(() => {
    // Whatever the server says, this browser shows the door again.
    void signOut()
      .catch(() => {})
      .then(() => onEnded(true));
  }, [onEnded]);

  if (!session) return <Opening />;
  return (
    <SessionContext value={session}>
      <Screen onLeave={leave} />
    </SessionContext>
  );
}

function Screen({ onLeave }: { onLeave: () => void }) {
  const role = useDesk((state) => state.me?.role);
  const language = useDesk((state) => state.me?.language ?? '');
  useEffect(() => preferLanguage(language), [language]);
  const at = useValue(place);
  if (role === undefined) return <Opening />;
  if (at.page === 'admin') {
    return (
      <Suspense fallback={<Opening />}>
        <AdminPage section={at.section} onLeave={onLeave} />
      </Suspense>
    );
  }
  if (at.page !== 'home') return <ReviewPage place={at} onLeave={onLeave} />;
  return role === 'agent' ? <Desk onLeave={onLeave} /> : <Board onLeave={onLeave} />;
}

function Opening() {
  const { t } = useTranslation();
  return (
    <main className="opening" aria-busy="true">
      <p role="status">{t('loading')}</p>
    </main>
  );
}
