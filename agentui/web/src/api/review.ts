// What is kept of an interaction: words, sound, marks and notes.
import { type Query, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type * as wire from '../wire.gen';
import { api } from './http';

export interface Interaction {
  readonly id: string;
  readonly direction: string;
  readonly from: string;
  readonly queue: string;
  readonly state: string;
  readonly outcome: string;
  readonly started_at: string;
  readonly ended_at: string | null;
  readonly note: string;
  readonly customer: { readonly id: string; readonly name: string } | null;
  readonly agents: readonly string[] | null;
  readonly content?: Content; // of one that is reviewed
}

/** Whether what was said is held, or was erased. */
export interface Content {
  readonly hold_at: string | null;
  readonly hold_reason: string;
  readonly erased_at: string | null;
  readonly erased_reason: string;
}

export interface Mark {
  readonly kind: string;
  readonly at_ms: number;
}

/** What happened between the lines; `until_ms` is null for a moment, and for what still goes on. */
export interface Happened {
  readonly kind: string;
  readonly at_ms: number;
  readonly until_ms: number | null;
  readonly name: string;
}

export interface Transcript {
  readonly lines: readonly wire.Line[];
  readonly marks: readonly Happened[];
}

export interface Peaks {
  readonly interval_ms: number;
  readonly duration_ms: number;
  readonly live: boolean;
  readonly customer: readonly number[];
  readonly agents: readonly number[];
  readonly marks: readonly Mark[] | null;
  readonly damage: readonly string[] | null;
}

export interface Note {
  readonly id: string;
  readonly author: string;
  readonly author_name: string;
  readonly at_ms: number;
  readonly text: string;
}

/** A recorded picture. */
export interface Film {
  readonly at_ms: number; // when it began; its name
  readonly duration_ms: number;
  readonly codec: string;
}

const LIVE_EVERY_MS = 2000;

export function interactionPath(id: string, rest = ''): string {
  return `/interactions/${encodeURIComponent(id)}${rest}`;
}

export function recordingURL(id: string): string {
  return `/api/v1${interactionPath(id, '/recording')}`;
}

export function exportURL(id: string, format: 'movie' | 'audio' | 'vtt' | 'json'): string {
  return `/api/v1${interactionPath(id, `/export?format=${format}`)}`;
}

/** Sound and pictures in one file, on the recording's time axis. */
export function movieURL(id: string): string {
  return `/api/v1${interactionPath(id, '/movie')}`;
}

export function filmURL(id: string, film: Film): string {
  return `/api/v1${interactionPath(id, `/films/${film.at_ms}`)}`;
}

/** One picture as a file, with the sound beside it. */
export function filmExportURL(id: string, film: Film): string {
  return `/api/v1${interactionPath(id, `/export?format=movie&film=${film.at_ms}`)}`;
}

/** What was recorded of the video help. */
export function useFilms(id: string, live: boolean) {
  return useQuery({
    queryKey: ['films', id, live],
    retry: false,
    queryFn: async ({ signal }) =>
      (await api<{ items: Film[] | null }>('GET', interactionPath(id, '/films'), undefined, signal)).items ??
      [],
  });
}

/** The newest interactions. */
export function useInteractions() {
  return useQuery({
    queryKey: ['interactions'],
    refetchInterval: 10_000,
    queryFn: async ({ signal }) =>
      (await api<{ items: Interaction[] | null }>('GET', '/interactions?limit=100', undefined, signal))
        .items ?? [],
  });
}

export function useInteraction(id: string) {
  return useQuery({
    queryKey: ['interaction', id],
    refetchInterval: (query: Query<Interaction>) =>
      query.state.data && query.state.data.state !== 'ended' ? LIVE_EVERY_MS : false,
    queryFn: ({ signal }): Promise<Interaction> =>
      api<Interaction>('GET', interactionPath(id), undefined, signal),
  });
}

export function useTranscript(id: string, live: boolean) {
  return useQuery({
    queryKey: ['transcript', id],
    refetchInterval: live ? LIVE_EVERY_MS : false,
    queryFn: async ({ signal }): Promise<Transcript> => {
      const doc = await api<{ lines: wire.Line[] | null; marks?: Happened[] | null }>(
        'GET',
        interactionPath(id, '/transcript'),
        undefined,
        signal,
      );
      return { lines: doc.lines ?? [], marks: doc.marks ?? [] };
    },
  });
}

/** The waveform; an ApiError of status 404 where no recording is kept. */
export function usePeaks(id: string, live: boolean) {
  return useQuery({
    queryKey: ['peaks', id],
    retry: false,
    refetchInterval: live ? LIVE_EVERY_MS : false,
    queryFn: ({ signal }) => api<Peaks>('GET', interactionPath(id, '/peaks'), undefined, signal),
  });
}

export function useNotes(id: string) {
  return useQuery({
    queryKey: ['notes', id],
    queryFn: async ({ signal }) =>
      (await api<{ items: Note[] | null }>('GET', interactionPath(id, '/notes'), undefined, signal)).items ??
      [],
  });
}

export function usePinNote(id: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (note: { at_ms: number; text: string }) => api('POST', interactionPath(id, '/notes'), note),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['notes', id] }),
  });
}

export function useDropNote(id: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (note: string) => api('DELETE', interactionPath(id, `/notes/${encodeURIComponent(note)}`)),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['notes', id] }),
  });
}
