// Signing in and out, and the question whether this browser is signed in.
import { ApiError, api } from './http';

export type Session = 'in' | 'out' | 'unreachable';

export async function currentSession(): Promise<Session> {
  try {
    const { signed_in } = await api<{ signed_in: boolean }>('GET', '/session');
    return signed_in ? 'in' : 'out';
  } catch (error) {
    if (error instanceof ApiError && (error.status === 401 || error.status === 403)) return 'out';
    return 'unreachable';
  }
}

export async function signIn(user: string, password: string): Promise<void> {
  await api('POST', '/login', { user, password });
}

export async function signOut(): Promise<void> {
  await api('POST', '/logout');
}
