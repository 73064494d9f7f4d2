// Light or dark: the person's choice in this browser, else the system's.
import { Value } from '../state/value';

export type Theme = 'system' | 'light' | 'dark';

const KEY = 'patchbay.theme';
export const theme = new Value<Theme>('system');

export function startTheme(): void {
  const stored = localStorage.getItem(KEY);
  theme.set(stored === 'light' || stored === 'dark' ? stored : 'system');
  const dark = window.matchMedia('(prefers-color-scheme: dark)');
  const show = () => {
    const choice = theme.get();
    const name = choice === 'system' ? (dark.matches ? 'dark' : 'light') : choice;
    document.documentElement.dataset.theme = name;
  };
  dark.addEventListener('change', show);
  theme.subscribe(show);
  show();
}

export function setTheme(next: Theme): void {
  if (next === 'system') localStorage.removeItem(KEY);
  else localStorage.setItem(KEY, next);
  theme.set(next);
}
