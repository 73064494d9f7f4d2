// What administrators read and change. Every change counts at once.
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type * as wire from '../wire.gen';
import { api } from './http';

export interface User {
  readonly id: string;
  readonly name: string;
  readonly role: string;
  readonly language: string;
  readonly queues: readonly string[];
  readonly all_queues: boolean; // of a supervisor: whatever queues names
  readonly disabled_at: string | null;
  readonly last_sign_in: string | null;
}

export interface UserChange {
  readonly name?: string;
  readonly role?: string;
  readonly language?: string;
  readonly queues?: readonly string[];
  readonly all_queues?: boolean;
  readonly disabled?: boolean;
}

export interface SignIn {
  readonly id: string;
  readonly created_at: string;
  readonly last_seen: string;
  readonly address: string;
  readonly agent: string;
}

export interface Queue {
  readonly id: string;
  readonly name: string;
  readonly numbers: readonly string[];
  readonly language: string;
  readonly recording: string;
  readonly retention_days: number;
  readonly supervision: string; // "shown", "hidden", or "" as the server is set
}

export interface Term {
  readonly text: string;
  readonly sounds_like: readonly string[];
}

export interface WordList {
  readonly queue: string;
  readonly language: string;
  readonly terms: readonly Term[];
}

export interface PhraseRule {
  readonly kind: string;
  readonly text: string;
  readonly share_text?: boolean; // webhooks may say what was said
}

export interface PhraseMatch {
  readonly kind: string;
  readonly text: string;
  readonly said: string;
}

export interface MaskRule {
  readonly name: string;
  readonly pattern: string;
  readonly active: boolean;
}

export interface BuiltinMask {
  readonly kind: string;
  readonly cues: readonly string[];
  readonly min: number;
  readonly max: number;
  readonly seconds: number;
}

export interface MaskTrial {
  readonly masked: string;
  readonly kinds: readonly string[];
  readonly fits: readonly { readonly name: string; readonly text: string }[];
}

export interface Held {
  readonly interaction_id: string;
  readonly started_at: string;
  readonly from: string;
  readonly queue: string;
  readonly customer_name: string;
  readonly hold_at: string;
  readonly hold_by_name: string;
  readonly reason: string;
}

interface HeldPage {
  readonly items: readonly Held[];
  readonly next_cursor: string; // "" on the last page
}

export interface Keep {
  readonly queue: string;
  readonly interactions: number;
  readonly recordings: number;
  readonly bytes: number;
  readonly duration_ms: number;
  readonly unstored: number;
  readonly oldest: string | null;
  readonly held: number;
  readonly due: number;
}

export interface AuditEntry {
  readonly id: number;
  readonly at: string;
  readonly actor: string;
  readonly actor_name: string;
  readonly action: string;
  readonly object: string;
  readonly object_name: string;
  readonly address: string;
  readonly data?: Readonly<Record<string, unknown>>;
}

interface Items<T> {
  readonly items: readonly T[];
}

/** Reads a list and keeps it; a change reads it again. */
function useList<T>(key: string, path: string) {
  return useQuery({
    queryKey: ['admin', key],
    queryFn: async ({ signal }) => (await api<Items<T>>('GET', path, undefined, signal)).items,
  });
}

/** A change by the server, after which what it touches is read again. */
function useChange<In, Out>(change: (value: In) => Promise<Out>, ...keys: readonly string[]) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSuccess: () => Promise.all(keys.map((key) => queries.invalidateQueries({ queryKey: ['admin', key] }))),
  });
}

const user = (id: string, rest = '') => `/users/${encodeURIComponent(id)}${rest}`;

export const useUsers = () => useList<User>('users', '/users');
export const useQueues = () => useList<Queue>('queues', '/queues');
export const useCodes = () => useList<wire.WrapUpCode>('codes', '/wrap_up_codes');
export const useWordLists = () => useList<WordList>('words', '/vocabulary');
export const useHolds = () =>
  useInfiniteQuery({
    queryKey: ['admin', 'holds'],
    initialPageParam: '',
    queryFn: ({ pageParam, signal }) =>
      api<HeldPage>('GET', `/legal_holds?${new URLSearchParams({ cursor: pageParam })}`, undefined, signal),
    getNextPageParam: (page) => page.next_cursor || undefined,
  });
export const useKeeps = () => useList<Keep>('kept', '/kept');
export const useAuditActions = () => useList<string>('actions', '/audit/actions');

export function useSignIns(id: string) {
  return useQuery({
    queryKey: ['admin', 'sign-ins', id],
    enabled: id !== '',
    queryFn: async ({ signal }) =>
      (await api<Items<SignIn>>('GET', user(id, '/sessions'), undefined, signal)).items,
  });
}

export const useCreateUser = () =>
  useChange(
    (v: Omit<User, 'disabled_at' | 'last_sign_in'>) => api<{ password: string }>('POST', '/users', v),
    'users',
  );

export const useChangeUser = () =>
  useChange(
    ({ id, change }: { id: string; change: UserChange }) => api<User>('PATCH', user(id), change),
    'users',
    'sign-ins',
  );

export const useDeleteUser = () =>
  useChange((id: string) => api<{ removed: boolean }>('DELETE', user(id)), 'users');

export const useResetPassword = () =>
  useChange((id: string) => api<{ password: string }>('POST', user(id, '/password_reset')), 'sign-ins');

export const useSignOutEverywhere = () =>
  useChange((id: string) => api('DELETE', user(id, '/sessions')), 'sign-ins');

export type QueueChange = Omit<Queue, 'id'> & { readonly users: readonly string[] };

export const useSaveQueue = () =>
  useChange(
    ({ id, change }: { id: string; change: QueueChange }) =>
      id === ''
        ? api<Queue>('POST', '/queues', change)
        : api<Queue>('PATCH', `/queues/${encodeURIComponent(id)}`, change),
    'queues',
    'users',
    'words',
    'kept',
  );

export const useDeleteQueue = () =>
  useChange((id: string) => api('DELETE', `/queues/${encodeURIComponent(id)}`), 'queues', 'users');

export const useSaveCodes = () =>
  useChange((items: readonly wire.WrapUpCode[]) => api('PUT', '/wrap_up_codes', { items }), 'codes');

export const useSaveWordLists = () =>
  useChange((items: readonly WordList[]) => api('PUT', '/vocabulary', { items }), 'words');

export function usePhraseRules() {
  return useQuery({
    queryKey: ['admin', 'rules'],
    queryFn: async ({ signal }) =>
      (await api<{ phrases: readonly PhraseRule[] }>('GET', '/rules', undefined, signal)).phrases,
  });
}

export const useSavePhraseRules = () =>
  useChange((phrases: readonly PhraseRule[]) => api('PUT', '/rules', { phrases }), 'rules');

export function useMasks() {
  return useQuery({
    queryKey: ['admin', 'masks'],
    queryFn: ({ signal }) =>
      api<{ builtin: readonly BuiltinMask[]; patterns: readonly MaskRule[] }>(
        'GET',
        '/masks',
        undefined,
        signal,
      ),
  });
}

export const useSaveMasks = () =>
  useChange((patterns: readonly MaskRule[]) => api('PUT', '/masks', { patterns }), 'masks');

/** What phrase rules find in a text; nothing is asked while the text is empty. */
export function usePhraseTrial(text: string, phrases: readonly PhraseRule[]) {
  return useQuery({
    queryKey: ['admin', 'rule-trial', text, phrases],
    enabled: text.trim() !== '' && phrases.length > 0,
    retry: false,
    queryFn: async ({ signal }) =>
      (await api<{ matches: readonly PhraseMatch[] }>('POST', '/rules/test', { text, phrases }, signal))
        .matches,
  });
}

/** What becomes of a text by the built-in rules and these patterns. */
export function useMaskTrial(text: string, patterns: readonly MaskRule[]) {
  return useQuery({
    queryKey: ['admin', 'mask-trial', text, patterns],
    enabled: text.trim() !== '',
    retry: false,
    queryFn: ({ signal }) => api<MaskTrial>('POST', '/masks/test', { text, patterns }, signal),
  });
}

export const useRotateKey = () => useChange(() => api<{ keys: number }>('POST', '/recording_keys/rotate'));

export interface AuditFilter {
  readonly actor: string;
  readonly action: string;
  readonly object: string;
  readonly since: string; // RFC 3339, or empty
  readonly until: string;
}

export const AUDIT_PAGE = 100;

export function auditPath(filter: AuditFilter, before: number): string {
  const query = new URLSearchParams({ limit: String(AUDIT_PAGE) });
  for (const [key, value] of Object.entries(filter)) if (value !== '') query.set(key, value);
  if (before > 0) query.set('before', String(before));
  return `/audit?${query}`;
}
