// React's side of the small stores.
import { createContext, useContext, useEffect, useState, useSyncExternalStore } from 'react';
import { serverNow } from '../api/http';
import type { PhoneStatus } from '../phone/status';
import type { DeskState } from '../state/desk';
import type { DeskSession } from '../state/session';
import type { Readable } from '../state/value';

export const SessionContext = createContext<DeskSession | null>(null);

export function useSession(): DeskSession {
  const session = useContext(SessionContext);
  if (!session) throw new Error('useSession outside of a session');
  return session;
}

/** Reads a part of the desk; the component renders again only when that part is another value. */
export function useDesk<T>(select: (state: DeskState) => T): T {
  const { state } = useSession();
  return useSyncExternalStore(state.subscribe, () => select(state.get()));
}

export function useValue<T>(value: Readable<T>): T {
  return useSyncExternalStore(value.subscribe, value.get);
}

export function usePhone(): PhoneStatus {
  return useValue(useSession().sound.status);
}

/** The server's time, told once a second (or as often as asked) while the component is shown. */
export function useNow(everyMS = 1000): number {
  const [now, setNow] = useState(serverNow);
  useEffect(() => {
    const timer = setInterval(() => setNow(serverNow()), everyMS);
    return () => clearInterval(timer);
  }, [everyMS]);
  // A timer that ticks rarely must not show a time before what has just happened.
  return Math.max(now, serverNow() - everyMS);
}
