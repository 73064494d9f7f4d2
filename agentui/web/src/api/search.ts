// What was said, in all interactions that I may read.
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { api } from './http';
import type { Interaction } from './review';

export interface Hit {
  readonly line_id: string;
  readonly speaker: string;
  readonly start_ms: number;
  readonly text: string;
  readonly ranges: readonly (readonly [number, number])[] | null; // what was found, in UTF-16 units of the text
}

export interface Found {
  readonly interaction: Interaction;
  readonly hits: readonly Hit[] | null;
}

const SHORTEST_QUERY = 2; // two characters name much in Japanese

export function searchable(query: string): boolean {
  return [...query.trim()].length >= SHORTEST_QUERY;
}

interface FoundPage {
  readonly items: readonly Found[] | null;
  readonly next_cursor: string; // "" on the last page
}

/** Finds interactions by what was said, newest first, a page at a time. */
export function useWordsSaid(query: string) {
  const q = query.trim();
  return useInfiniteQuery({
    queryKey: ['search', q],
    enabled: searchable(q),
    retry: false,
    staleTime: 10_000,
    placeholderData: keepPreviousData,
    initialPageParam: '',
    queryFn: ({ pageParam, signal }): Promise<FoundPage> => {
      const asked = new URLSearchParams({ q, ...(pageParam ? { cursor: pageParam } : {}) });
      return api<FoundPage>('GET', `/search?${asked}`, undefined, signal);
    },
    getNextPageParam: (page) => page.next_cursor || undefined,
  });
}
