// Whether lines in another language have their English below them: the person's choice in this browser.
import { Value } from '../state/value';

const KEY = 'patchbay.english';
export const englishShown = new Value(true);

export function startEnglish(): void {
  englishShown.set(localStorage.getItem(KEY) !== 'hidden');
}

export function showEnglish(shown: boolean): void {
  if (shown) localStorage.removeItem(KEY);
  else localStorage.setItem(KEY, 'hidden');
  englishShown.set(shown);
}
