// Customers over the HTTP API.
import { keepPreviousData, useMutation, useQuery } from '@tanstack/react-query';
import { complete } from '../state/server';
import type * as wire from '../wire.gen';
import { api } from './http';

const SHORTEST_QUERY = 2; // two characters name much in Japanese

interface Found {
  items: wire.Customer[] | null;
}

/** Searches customers by name, organisation, e-mail or number. */
export function useCustomerSearch(query: string) {
  const q = query.trim();
  return useQuery({
    queryKey: ['customers', q],
    enabled: q.length >= SHORTEST_QUERY,
    staleTime: 10_000,
    placeholderData: keepPreviousData,
    queryFn: async ({ signal }): Promise<wire.Customer[]> => {
      const by = looksLikeNumber(q) ? 'phone' : 'q';
      const found = await api<Found>('GET', `/customers?${by}=${encodeURIComponent(q)}`, undefined, signal);
      return found.items ?? [];
    },
  });
}

function looksLikeNumber(query: string): boolean {
  return /^\+?[\d\s().-]{4,}$/.test(query);
}

export interface NewCustomerFields {
  readonly name: string;
  readonly organisation: string;
  readonly town: string;
  readonly language: string;
  readonly phones: readonly string[];
  readonly emails: readonly string[];
}

/** Writes a customer down; gives the id. */
export function useCreateCustomer(onCreated: (id: string) => void) {
  return useMutation({
    mutationFn: (fields: NewCustomerFields) => api<{ id: string }>('POST', '/customers', fields),
    onSuccess: ({ id }) => onCreated(id),
  });
}

/** One customer's record; nothing is asked for null. */
export function useCustomer(id: string | null) {
  return useQuery({
    queryKey: ['customer', id],
    enabled: id !== null,
    queryFn: async ({ signal }): Promise<wire.CustomerView> =>
      complete(
        await api<wire.CustomerView>('GET', `/customers/${encodeURIComponent(id ?? '')}`, undefined, signal),
      ),
  });
}
