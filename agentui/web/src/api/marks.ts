// What happened in a call before this page was loaded, from the interaction's timeline.
import type { Mark } from '../state/desk';
import { api } from './http';

interface TimelineEvent {
  seq: number;
  at: string;
  type: string;
}

const kinds = ['held', 'resumed', 'agent_lost', 'agent_back'] as const;

export async function marksOfCall(interactionID: string, startedAt: string): Promise<Mark[]> {
  const path = `/interactions/${encodeURIComponent(interactionID)}/timeline`;
  const { events } = await api<{ events: TimelineEvent[] | null }>('GET', path);
  return marksOfEvents(events ?? [], startedAt);
}

export function marksOfEvents(events: readonly TimelineEvent[], startedAt: string): Mark[] {
  const zero = Date.parse(startedAt);
  return events.flatMap((event) => {
    const kind = kinds.find((k) => k === event.type);
    if (!kind) return [];
    return [{ id: `event:${event.seq}`, kind, atMS: Math.max(0, Date.parse(event.at) - zero) }];
  });
}
