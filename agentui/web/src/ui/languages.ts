// Languages that people speak on the telephone.
import { languageName } from './format';

// The most spoken ones of telephones; one that was set by the API is shown beside them.
export const spoken = [
  'en',
  'ja',
  'ar',
  'bn',
  'cs',
  'da',
  'de',
  'el',
  'es',
  'fi',
  'fr',
  'he',
  'hi',
  'hu',
  'id',
  'it',
  'ko',
  'ms',
  'nl',
  'no',
  'pl',
  'pt',
  'ro',
  'ru',
  'sv',
  'th',
  'tl',
  'tr',
  'uk',
  'ur',
  'vi',
  'zh',
];

/** A language's name in the language of the screen: Japanese for "ja". */
export function spokenName(code: string, screen: string): string {
  try {
    return new Intl.DisplayNames([screen], { type: 'language' }).of(code) ?? code;
  } catch {
    return languageName(code);
  }
}
