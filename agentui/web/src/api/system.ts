// How the server fares.
import { useQuery } from '@tanstack/react-query';
import { api } from './http';

export interface Check {
  readonly name: string;
  readonly state: string;
  readonly what: string;
  readonly mend: string;
  readonly code: string; // of what; "" where the server has none
  readonly mend_code: string;
  readonly params: Readonly<Record<string, unknown>> | null;
}

export interface SystemReport {
  readonly version: string;
  readonly go: string;
  readonly started_at: string;
  readonly checks: readonly Check[];
  readonly disk: { readonly dir: string; readonly free: number; readonly total: number };
  readonly database: {
    readonly private: boolean;
    readonly error: string;
    readonly version: string;
    readonly bytes: number;
    readonly schema: number;
  };
  readonly transcription: {
    readonly state: string;
    readonly reason: string;
    readonly behind: boolean;
    readonly model: string;
    readonly streams: number;
    readonly lag_seconds: number;
    readonly late_seconds: number;
    readonly kept_seconds: number;
    readonly dropped_seconds: number;
    readonly restarts: number;
  };
  readonly settings: readonly { readonly name: string; readonly value: string }[];
}

/** A recogniser, on this machine or another. */
export interface Worker {
  readonly name: string;
  readonly address: string; // "" on the server's own machine
  readonly model: string;
  readonly version: string;
  readonly cores: number;
  readonly streams: number;
  readonly waiting: number;
  readonly behind_ms: number;
  readonly state: string;
  readonly connected_at: string;
}

export function useWorkers() {
  return useQuery({
    queryKey: ['admin', 'workers'],
    refetchInterval: 5_000,
    queryFn: async ({ signal }) =>
      (await api<{ items: readonly Worker[] }>('GET', '/transcribers', undefined, signal)).items,
  });
}

/** Read again every ten seconds while it is shown. */
export function useSystem() {
  return useQuery({
    queryKey: ['admin', 'system'],
    refetchInterval: 10_000,
    queryFn: ({ signal }) => api<SystemReport>('GET', '/system', undefined, signal),
  });
}
