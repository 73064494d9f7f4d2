// What the customer column shows in a state of the desk.
import type { DeskState } from '../../state/desk';
import type * as wire from '../../wire.gen';

export type Column =
  | { readonly show: 'nothing' }
  | { readonly show: 'looking'; readonly number: string }
  | { readonly show: 'record'; readonly customer: wire.CustomerView; readonly number: string }
  | { readonly show: 'candidates'; readonly items: readonly wire.Customer[]; readonly number: string }
  | { readonly show: 'unknown'; readonly number: string; readonly interactionID: string }
  | { readonly show: 'correction'; readonly customer: wire.CustomerView | null; readonly number: string };

type Parts = Pick<DeskState, 'offer' | 'call' | 'customer' | 'candidates' | 'correcting'>;

export function columnOf({ offer, call, customer, candidates, correcting }: Parts): Column {
  const subject = call ?? offer;
  if (!subject) return { show: 'nothing' };
  const number = subject.from;
  if (correcting) return { show: 'correction', customer, number };
  if (customer) return { show: 'record', customer, number };
  const items = candidates?.interaction_id === subject.interaction_id ? candidates.items : null;
  if (items && items.length > 0) return { show: 'candidates', items, number };
  if (items || call?.match === 'none' || number === '') {
    return { show: 'unknown', number, interactionID: subject.interaction_id };
  }
  return { show: 'looking', number };
}

/** Why the customer probably calls: what is still open, the nearest first. */
export function probablyAbout(customer: wire.CustomerView): { orders: wire.Order[]; cases: wire.Case[] } {
  const done = /^(delivered|done|completed|closed|cancelled|canceled|returned|refunded|past)$/i;
  const orders = customer.orders
    .filter((order) => !done.test(order.status))
    .sort(
      (a, b) => (a.due_at ?? '9').localeCompare(b.due_at ?? '9') || b.placed_at.localeCompare(a.placed_at),
    )
    .slice(0, 2);
  const cases = customer.cases
    .filter((c) => c.status === 'open')
    .sort((a, b) => b.opened_at.localeCompare(a.opened_at))
    .slice(0, 2);
  return { orders, cases };
}

/** Whether two ways of writing a number mean the same one. */
export function sameNumber(a: string, b: string): boolean {
  const digits = (s: string) => s.replace(/\D/g, '').replace(/^0+/, '');
  const x = digits(a);
  const y = digits(b);
  if (x === '' || y === '') return false;
  return x === y || (Math.min(x.length, y.length) >= 8 && (x.endsWith(y) || y.endsWith(x)));
}
