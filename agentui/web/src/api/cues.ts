// From when on calls may need somebody.
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api } from './http';

export interface Cues {
  readonly queue_id: string; // "": all queues that have none of their own
  readonly wait_seconds: number; // 0, here and below: off
  readonly silence_seconds: number;
  readonly long_times: number;
  readonly long_seconds: number;
  readonly overlap_seconds: number;
}

export function useCues() {
  return useQuery({
    queryKey: ['admin', 'cues'],
    queryFn: ({ signal }) =>
      api<{ items: readonly Cues[]; default: Cues }>('GET', '/cues', undefined, signal),
  });
}

export function useSaveCues() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (items: readonly Cues[]) => api('PUT', '/cues', { items }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['admin', 'cues'] }),
  });
}
