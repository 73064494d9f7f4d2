// The guest's few calls of the HTTP API.
import type { Entry } from '../help.gen';

export type Refusal = 'unknown' | 'used' | 'expired' | 'over' | 'tooMany' | 'unreachable';

const refusals: Readonly<Record<string, Refusal>> = {
  unknown_link: 'unknown',
  unknown_code: 'unknown',
  used_link: 'used',
  expired_link: 'expired',
  over: 'over',
  too_many_attempts: 'tooMany',
};

export class Refused extends Error {
  readonly refusal: Refusal;
  constructor(refusal: Refusal) {
    super(refusal);
    this.refusal = refusal;
  }
}

async function call<T>(path: string, init?: RequestInit): Promise<T> {
  const response = await fetch(`/api/v1/help/${path}`, { credentials: 'same-origin', ...init }).catch(
    () => null,
  );
  if (!response) throw new Refused('unreachable');
  if (!response.ok) {
    const problem = (await response.json().catch(() => ({}))) as { code?: string };
    throw new Refused(refusals[problem.code ?? ''] ?? (response.status === 404 ? 'unknown' : 'unreachable'));
  }
  return (response.status === 204 ? undefined : await response.json()) as T;
}

const json = (body: unknown): RequestInit => ({
  method: 'POST',
  headers: { 'Content-Type': 'application/json' },
  body: JSON.stringify(body),
});

export const look = (token: string) => call<Entry>(encodeURIComponent(token));
export const claim = (token: string) => call<Entry>(`${encodeURIComponent(token)}/claim`, { method: 'POST' });
export const byCode = (code: string) => call<{ path: string }>('code', json({ code }));

export function sendStill(token: string, id: string, picture: Blob): Promise<void> {
  return call(`${encodeURIComponent(token)}/stills/${encodeURIComponent(id)}`, {
    method: 'POST',
    headers: { 'Content-Type': 'image/jpeg' },
    body: picture,
  });
}

export const stillURL = (token: string, id: string) =>
  `/api/v1/help/${encodeURIComponent(token)}/stills/${encodeURIComponent(id)}`;
