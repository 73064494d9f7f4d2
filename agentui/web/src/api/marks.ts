// What happened in a call before this page was loaded, from the interaction's timeline.

import { useQuery } from '@tanstack/react-query';
import { type Mark, type MarkKind, markKinds } from '../state/desk';
import { api } from './http';

interface TimelineEvent {
  seq: number;
  at: string;
  type: string;
  actor?: string;
  data?: Readonly<Record<string, unknown>> | null;
}

export async function marksOfCall(interactionID: string, startedAt: string): Promise<Mark[]> {
  const path = `/interactions/${encodeURIComponent(interactionID)}/timeline`;
  const { events } = await api<{ events: TimelineEvent[] | null }>('GET', path);
  return marksOfEvents(events ?? [], startedAt);
}

const nothing: readonly Mark[] = [];

/** What happened in a call of others that is read along; nothing is asked for "". */
export function useMarksOf(interactionID: string): readonly Mark[] {
  const found = useQuery({
    queryKey: ['marks', interactionID],
    enabled: interactionID !== '',
    refetchInterval: 3_000,
    retry: false,
    queryFn: async ({ signal }) => {
      const path = `/interactions/${encodeURIComponent(interactionID)}/timeline`;
      const { events } = await api<{ events: TimelineEvent[] | null }>('GET', path, undefined, signal);
      return marksOfEvents(events ?? [], events?.[0]?.at ?? '');
    },
  });
  return found.data ?? nothing;
}

export function marksOfEvents(events: readonly TimelineEvent[], startedAt: string): Mark[] {
  const zero = Date.parse(startedAt);
  const barging = new Set<string>();
  return events.flatMap((event) => {
    const kind = kindOf(event, barging);
    if (!kind) return [];
    const at = event.data?.at_ms;
    const atMS = Math.max(0, typeof at === 'number' ? at : Date.parse(event.at) - zero);
    return [{ id: `event:${event.seq}`, kind, atMS }];
  });
}

/** Who only listens or whispers is no mark: neither is in the transcript. */
function kindOf(event: TimelineEvent, barging: Set<string>): MarkKind | undefined {
  if (event.type !== 'supervision') return markKinds.find((k) => k === event.type);
  const who = event.actor ?? '';
  if (event.data?.mode === 'barge') {
    barging.add(who);
    return 'barged';
  }
  return barging.delete(who) ? 'barge_over' : undefined;
}
