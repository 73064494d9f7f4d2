// The HTTP API: JSON in, JSON out, refusals as RFC 9457 problem details.

/** A refusal of the server, or of the network where status is 0. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string; // for programs, such as "last_admin"; empty where the server gave none
  constructor(status: number, message: string, code = '') {
    super(message);
    this.name = 'ApiError';
    this.status = status;
    this.code = code;
  }
}

/** Calls the API and returns the decoded body, undefined where there is none. */
export async function api<T>(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  const init: RequestInit = { method, credentials: 'same-origin', headers: { Accept: 'application/json' } };
  if (body !== undefined) {
    init.headers = { Accept: 'application/json', 'Content-Type': 'application/json' };
    init.body = JSON.stringify(body);
  }
  if (signal) init.signal = signal;
  let response: Response;
  try {
    response = await fetch(`/api/v1${path}`, init);
  } catch (cause) {
    throw new ApiError(0, cause instanceof Error ? cause.message : String(cause));
  }
  noteServerClock(response.headers.get('Date'));
  const text = await response.text();
  if (!response.ok) throw refusal(response.status, text);
  return (text ? JSON.parse(text) : undefined) as T;
}

function refusal(status: number, text: string): ApiError {
  try {
    const problem = JSON.parse(text) as { detail?: string; title?: string; code?: string };
    return new ApiError(status, problem.detail ?? problem.title ?? '', problem.code);
  } catch {
    return new ApiError(status, '');
  }
}

let skewMS = 0;

/** The server's clock as well as this browser knows it: timers count from the server's times. */
export function serverNow(): number {
  return Date.now() + skewMS;
}

function noteServerClock(date: string | null): void {
  const server = date ? Date.parse(date) : Number.NaN;
  if (Number.isNaN(server)) return;
  // The header has whole seconds: a smaller difference is no difference.
  const difference = server - Date.now();
  skewMS = Math.abs(difference) > 2000 ? difference : 0;
}
