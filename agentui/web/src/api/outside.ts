// Programs outside: those that are told of alerts, and those that act here by a token.
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api } from './http';

export interface Delivery {
  readonly id: string;
  readonly what: string;
  readonly at: string;
  readonly state: string; // "waiting", "delivered" or "given_up"
  readonly attempts: number;
  readonly last_at: string | null;
  readonly next_at: string | null;
  readonly reason: { readonly code: string; readonly status: number };
}

export interface Webhook {
  readonly id: string;
  readonly url: string;
  readonly alerts: readonly string[]; // empty: all
  readonly waiting: number;
  readonly last: readonly Delivery[];
  readonly kept: boolean;
  readonly active: boolean;
  readonly locked: boolean;
  readonly added_at: string | null;
  readonly added_by: string;
}

export interface APIToken {
  readonly id: string;
  readonly user_id: string;
  readonly name: string;
  readonly created_at: string;
  readonly expires_at: string | null;
  readonly last_used: string | null;
  readonly created_by: string;
}

function useChange<In, Out>(key: string, change: (value: In) => Promise<Out>) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSuccess: () => queries.invalidateQueries({ queryKey: ['admin', key] }),
  });
}

const hook = (id: string, rest = '') => `/webhooks/${encodeURIComponent(id)}${rest}`;

/** Read again every few seconds while it is shown: what was sent arrives, or does not. */
export function useWebhooks() {
  return useQuery({
    queryKey: ['admin', 'webhooks'],
    refetchInterval: 3_000,
    queryFn: ({ signal }) =>
      api<{ items: readonly Webhook[]; codes: readonly string[] }>('GET', '/webhooks', undefined, signal),
  });
}

export const useAddWebhook = () =>
  useChange('webhooks', (v: { url: string; alerts: readonly string[]; secret: string }) =>
    api<{ id: string; secret: string }>('POST', '/webhooks', v),
  );

export const useChangeWebhook = () =>
  useChange('webhooks', (v: { id: string; change: { active?: boolean; alerts?: readonly string[] } }) =>
    api<Webhook>('PATCH', hook(v.id), v.change),
  );

export const useRemoveWebhook = () => useChange('webhooks', (id: string) => api('DELETE', hook(id)));

export const useTestWebhook = () =>
  useChange('webhooks', (id: string) => api<{ message_id: string }>('POST', hook(id, '/test')));

export function useTokens() {
  return useQuery({
    queryKey: ['admin', 'tokens'],
    queryFn: async ({ signal }) =>
      (await api<{ items: readonly APIToken[] }>('GET', '/tokens', undefined, signal)).items,
  });
}

export const useMakeToken = () =>
  useChange('tokens', (v: { user: string; name: string; expires_at: string | null }) =>
    api<{ token: string }>('POST', `/users/${encodeURIComponent(v.user)}/tokens`, {
      name: v.name,
      expires_at: v.expires_at,
    }),
  );

export const useRevokeToken = () =>
  useChange('tokens', (id: string) => api('DELETE', `/tokens/${encodeURIComponent(id)}`));
