// The board's figures and orders.
import { numberGroups } from '../ui/format';
import type * as wire from '../wire.gen';

export interface Figures {
  readonly waiting: number;
  readonly talking: number;
  readonly onHold: number;
  readonly available: number;
  readonly signedIn: number;
  readonly callsToday: number;
  readonly abandoned: number;
  readonly abandonedPercent: number;
}

export function figuresOf(board: wire.Board | null): Figures {
  const calls = board?.calls_today ?? 0;
  const abandoned = board?.abandoned_today ?? 0;
  return {
    waiting: board?.waiting ?? 0,
    talking: board?.talking ?? 0,
    onHold: (board?.calls ?? []).filter((c) => c.held).length,
    available: board?.available ?? 0,
    signedIn: board?.signed_in ?? 0,
    callsToday: calls,
    abandoned,
    abandonedPercent: calls > 0 ? Math.round((100 * abandoned) / calls) : 0,
  };
}

export function nameOf(call: wire.BoardCall, withheld: string): string {
  return call.customer_name || (call.from ? numberGroups(call.from).join(' ') : withheld);
}

/** What may need somebody stands first, then who waits, then the longest calls: a row keeps its place while nothing happens. */
export function sortedCalls(calls: readonly wire.BoardCall[]): wire.BoardCall[] {
  const rank = (c: wire.BoardCall) =>
    (c.needs ?? []).length > 0 ? 0 : c.state === 'waiting' || c.state === 'offered' ? 1 : 2;
  return [...calls].sort(
    (a, b) =>
      rank(a) - rank(b) || a.since.localeCompare(b.since) || a.interaction_id.localeCompare(b.interaction_id),
  );
}

/** By name, who is not there last: nobody jumps when a call begins. */
export function sortedAgents(agents: readonly wire.AgentState[]): wire.AgentState[] {
  const away = (a: wire.AgentState) => (a.presence === 'offline' ? 1 : 0);
  return [...agents].sort((a, b) => away(a) - away(b) || a.name.localeCompare(b.name));
}
