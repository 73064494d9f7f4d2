// The audit trail in words.
import type { AuditEntry } from '../../api/admin';

/** Actions that have words; others are shown by their name. */
export const actions = [
  'add_note',
  'barge',
  'change_password',
  'choose_customer',
  'create_customer',
  'create_queue',
  'create_token',
  'create_user',
  'delete_note',
  'delete_queue',
  'delete_user',
  'end_legal_hold',
  'erase_content',
  'export',
  'follow',
  'follow_end',
  'hear',
  'leave',
  'legal_hold',
  'listen',
  'replace_cues',
  'replace_masks',
  'replace_rules',
  'replace_vocabulary',
  'replace_wrap_up_codes',
  'revoke_session',
  'revoke_sessions',
  'revoke_token',
  'rotate_key',
  'see_customer',
  'see_originals',
  'see_snapshot',
  'sign_in',
  'sign_in_failed',
  'sign_out',
  'takeover',
  'transcriber_connected',
  'transcriber_gone',
  'transcriber_refused',
  'update_customer',
  'update_queue',
  'update_user',
  'add_webhook',
  'change_webhook',
  'remove_webhook',
  'test_webhook',
  'verify_recording',
  'whisper',
] as const;

export type KnownAction = (typeof actions)[number];

export function knownAction(action: string): KnownAction | undefined {
  return actions.find((known) => known === action);
}

/** Whether the object of an entry is an interaction, which has a page. */
export function isInteraction(object: string): boolean {
  return /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/.test(object);
}

/** What is noted beside an entry, as pairs of a name and a text. */
export function detailsOf(entry: AuditEntry): readonly (readonly [string, string])[] {
  return Object.entries(entry.data ?? {})
    .filter(([, value]) => value !== null && value !== '')
    .map(([key, value]) => [
      key.replaceAll('_', ' '),
      typeof value === 'string' ? value : JSON.stringify(value),
    ]);
}

/** The instants that a day of the browser's zone begins at; empty where none is chosen. */
export function dayStart(day: string, after = 0): string {
  const parts = /^(\d{4})-(\d\d)-(\d\d)$/.exec(day);
  if (!parts) return '';
  return new Date(Number(parts[1]), Number(parts[2]) - 1, Number(parts[3]) + after).toISOString();
}
