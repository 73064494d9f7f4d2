// Which language the desk speaks: the person's choice in this browser, else the browser's.
import i18next from 'i18next';
import { initReactI18next } from 'react-i18next';
import { en } from './en';
import { ja } from './ja';

export const languages = [
  { code: 'en', name: 'English' },
  { code: 'ja', name: '日本語' },
] as const;

export type Language = (typeof languages)[number]['code'];

const KEY = 'patchbay.language';

/** The first of the wished languages that the desk speaks, else English. */
export function chooseLanguage(chosen: string | null, wished: readonly string[]): Language {
  for (const wish of [chosen ?? '', ...wished]) {
    const known = languages.find((l) => wish.toLowerCase().split('-')[0] === l.code);
    if (known) return known.code;
  }
  return 'en';
}

export async function startLanguage(): Promise<void> {
  const show = (code: string) => document.documentElement.setAttribute('lang', code);
  i18next.on('languageChanged', show);
  await i18next.use(initReactI18next).init({
    lng: chooseLanguage(localStorage.getItem(KEY), navigator.languages),
    fallbackLng: 'en',
    resources: { en: { translation: en }, ja: { translation: ja } },
    interpolation: { escapeValue: false }, // React escapes
    returnNull: false,
  });
  show(i18next.language);
}

/** Speaks what is kept for the person who signed in, unless another was chosen in this browser. */
export function preferLanguage(kept: string): void {
  if (localStorage.getItem(KEY) !== null || kept === '') return;
  const language = chooseLanguage(kept, navigator.languages);
  if (language !== i18next.language) void i18next.changeLanguage(language);
}

export function setLanguage(language: Language): void {
  localStorage.setItem(KEY, language);
  void i18next.changeLanguage(language);
}
