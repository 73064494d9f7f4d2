// Whether what was said in an interaction is kept, must be, or goes.
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { api } from './http';

export interface Verified {
  readonly state: string; // "whole", "open" or "damaged"
  readonly segments: number;
  readonly chain: string;
  readonly problems: readonly string[];
}

const path = (id: string, rest: string) => `/interactions/${encodeURIComponent(id)}${rest}`;

function useKeeping<In>(change: (value: In) => Promise<unknown>, idOf: (value: In) => string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSuccess: async (_, value) => {
      const id = idOf(value);
      const touched = ['interaction', 'transcript', 'peaks', 'notes'].map((key) => [key, id]);
      for (const queryKey of [...touched, ['admin', 'holds'], ['admin', 'kept']]) {
        await queries.invalidateQueries({ queryKey });
      }
    },
  });
}

export const useHold = () =>
  useKeeping(
    ({ id, reason }: { id: string; reason: string }) => api('PUT', path(id, '/legal_hold'), { reason }),
    ({ id }) => id,
  );

export const useEndHold = () =>
  useKeeping(
    (id: string) => api('DELETE', path(id, '/legal_hold')),
    (id) => id,
  );

export const useErase = () =>
  useKeeping(
    (id: string) => api('DELETE', path(id, '/content')),
    (id) => id,
  );

export function useVerify() {
  return useMutation({
    mutationFn: (id: string) => api<Verified>('GET', path(id, '/recording/verify')),
  });
}
