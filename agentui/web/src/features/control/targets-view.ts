// Whom a call can go to: colleagues, queues, or a number as it is typed.
import type * as wire from '../../wire.gen';
import { type Shown, shownOf } from '../presence-view';

export interface TargetRow {
  readonly key: string;
  readonly target: wire.Target;
  readonly name: string;
  readonly free: boolean;
  readonly word: Shown | null; // of agents
  readonly tone: string;
  readonly since: string;
  readonly waiting: number; // of queues
  readonly freeAgents: number;
}

/** Who but me fits the words, those who are free first; and the number, where the words are one. */
export function targetsOf(
  targets: wire.Targets,
  myID: string,
  query: string,
  withQueues: boolean,
): TargetRow[] {
  const wanted = query.trim().toLocaleLowerCase();
  const fits = (name: string, id: string) =>
    wanted === '' || name.toLocaleLowerCase().includes(wanted) || id.toLocaleLowerCase().startsWith(wanted);
  const agents = targets.agents
    .filter((a) => a.id !== myID && fits(a.name, a.id))
    .sort((a, b) => Number(b.free) - Number(a.free) || a.name.localeCompare(b.name))
    .map((a): TargetRow => {
      const { word, tone } = shownOf(a);
      return {
        key: `agent:${a.id}`,
        target: { kind: 'agent', id: a.id },
        name: a.name,
        free: a.free,
        word,
        tone,
        since: a.since,
        waiting: 0,
        freeAgents: 0,
      };
    });
  const queues = (withQueues ? targets.queues : [])
    .filter((q) => fits(q.name, q.id))
    .map(
      (q): TargetRow => ({
        key: `queue:${q.id}`,
        target: { kind: 'queue', id: q.id },
        name: q.name,
        free: q.free > 0,
        word: null,
        tone: q.free > 0 ? 'go' : '',
        since: '',
        waiting: q.waiting,
        freeAgents: q.free,
      }),
    );
  return [...agents, ...queues];
}

/** The number that the words are, as it is dialled; null where they are none. Three digits are the shortest of numbers. */
export function numberOf(query: string): string | null {
  const typed = query.normalize('NFKC').trim();
  if (!/^\+?[\d\s().\-‐-―−]+$/u.test(typed)) return null;
  const digits = typed.replace(/\D/g, '');
  if (digits.length < 3 || digits.length > 15) return null;
  return (typed.startsWith('+') ? '+' : '') + digits;
}
