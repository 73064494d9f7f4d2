// What masked lines said, where the server keeps it: read with a reason, and each time in the audit trail.
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api } from './http';

export interface KeptOriginals {
  readonly interaction_id: string;
  readonly started_at: string;
  readonly from: string;
  readonly queue: string;
  readonly customer_name: string;
  readonly lines: number;
  readonly reads: number;
  readonly last_read: string | null;
  readonly last_reader: string;
}

export interface OriginalLine {
  readonly id: string;
  readonly speaker: string;
  readonly start_ms: number;
  readonly text: string;
}

export function useOriginals() {
  return useQuery({
    queryKey: ['admin', 'originals'],
    queryFn: ({ signal }) =>
      api<{ items: readonly KeptOriginals[]; more: boolean; keeping: boolean }>(
        'GET',
        '/originals',
        undefined,
        signal,
      ),
  });
}

/** Their words stay with whoever asked: they are in no cache. */
export function useReadOriginals() {
  const queries = useQueryClient();
  return useMutation({
    gcTime: 0,
    mutationFn: async ({ id, reason }: { id: string; reason: string }) =>
      (
        await api<{ lines: readonly OriginalLine[] }>(
          'POST',
          `/interactions/${encodeURIComponent(id)}/originals`,
          { reason },
        )
      ).lines,
    onSettled: () => queries.invalidateQueries({ queryKey: ['admin', 'originals'] }),
  });
}
