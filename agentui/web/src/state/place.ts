// Which page of the desk is shown, kept in the address behind "#", so that it can be sent to a colleague and Back works.
import { Value } from './value';

export const adminSections = [
  'users',
  'queues',
  'codes',
  'words',
  'phrases',
  'cues',
  'masks',
  'kept',
  'originals',
  'audit',
  'system',
  'webhooks',
  'tokens',
] as const;

export type AdminSection = (typeof adminSections)[number];

export type Place =
  | { readonly page: 'home' }
  | { readonly page: 'search' }
  | { readonly page: 'admin'; readonly section: AdminSection }
  | { readonly page: 'review'; readonly interactionID: string; readonly atMS: number | null };

const home: Place = { page: 'home' };

export function placeOf(hash: string): Place {
  const [path = '', query = ''] = hash.replace(/^#/, '').split('?');
  if (path === '/search') return { page: 'search' };
  if (path === '/admin') return { page: 'admin', section: 'users' };
  const section = adminSections.find((id) => path === `/admin/${id}`);
  if (section) return { page: 'admin', section };
  const id = /^\/interactions\/([\w-]{1,64})$/.exec(path)?.[1];
  if (!id) return home;
  const at = Number(new URLSearchParams(query).get('at') ?? Number.NaN);
  return { page: 'review', interactionID: id, atMS: Number.isFinite(at) && at >= 0 ? Math.round(at) : null };
}

/** The address of an interaction's page, there at a moment of the transcript's axis where one is given. */
export function reviewLink(interactionID: string, atMS?: number): string {
  const id = encodeURIComponent(interactionID);
  return atMS === undefined ? `#/interactions/${id}` : `#/interactions/${id}?at=${Math.round(atMS)}`;
}

export function adminLink(section: AdminSection): string {
  return `#/admin/${section}`;
}

export const searchLink = '#/search';
export const homeLink = '#/';

export const place = new Value<Place>(home);

/** Follows the address until ended. */
export function startPlace(): () => void {
  const read = () => place.set(placeOf(location.hash));
  window.addEventListener('hashchange', read);
  read();
  return () => window.removeEventListener('hashchange', read);
}

/** Shows the desk or the board again. */
export function goHome(): void {
  if (place.get().page !== 'home') location.hash = homeLink;
}
