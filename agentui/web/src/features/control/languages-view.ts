// Which language each leg of the call is taken to speak, how that is known, and which others are a click away.
import type * as wire from '../../wire.gen';

export type KnownBy = 'chosen' | 'queue' | 'record' | 'heard';

export interface LegLanguage {
  readonly leg: string;
  readonly kind: 'customer' | 'me' | 'other';
  readonly name: string; // of another
  readonly language: string; // "" where nothing is known yet
  readonly by: KnownBy | '';
  /** A click away: the desk's languages, the record's, and the one in force. */
  readonly near: readonly string[];
}

const desk = ['en', 'ja'];
const known: readonly KnownBy[] = ['chosen', 'queue', 'record', 'heard'];

export function languagesOf(call: wire.Call, me: string, recordLanguage: string): readonly LegLanguage[] {
  return call.parties
    .filter((p) => p.kind !== 'supervisor' && p.state !== 'gone' && p.state !== 'failed')
    .map((p) => {
      const language = call.languages[p.id] ?? '';
      const by = known.find((k) => k === call.language_by[p.id]) ?? '';
      const own = p.kind === 'customer' ? [primary(recordLanguage)] : [];
      const near = [...desk, ...own, primary(language)].filter(Boolean);
      return {
        leg: p.id,
        kind: p.kind === 'customer' ? 'customer' : p.user_id === me ? 'me' : 'other',
        name: p.name || p.number,
        language,
        by: language === '' ? '' : by,
        near: [...new Set(near)],
      };
    });
}

/** The language of a tag without its region: "en" of "en-GB". */
export function primary(tag: string): string {
  return tag.split('-')[0]?.toLowerCase() ?? '';
}
