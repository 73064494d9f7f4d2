// What the server's checks found, by the codes that the desk has words for.
import type { Check } from '../../api/system';
import { mends, said } from '../../i18n/en-checks';
import { size } from '../../ui/format';

interface CheckWords {
  readonly said: keyof typeof said | undefined; // none: what the server says stands as it is, in English
  readonly mend: keyof typeof mends | undefined;
  readonly values: { address: string; tls: string; dir: string; free: string; count: number };
  readonly error: string;
}

const keys = <T extends object>(of: T) => Object.keys(of) as (keyof T)[];

export function checkWords(check: Check, language: string): CheckWords {
  const params = check.params ?? {};
  const text = (key: string) => (typeof params[key] === 'string' ? (params[key] as string) : '');
  const figure = (key: string) => (typeof params[key] === 'number' ? (params[key] as number) : 0);
  return {
    said: keys(said).find((code) => code === check.code),
    mend: keys(mends).find((code) => code === check.mend_code),
    values: {
      address: text('address'),
      tls: text('tls'),
      dir: text('dir'),
      free: size(figure('bytes'), language),
      count: figure('count'),
    },
    error: text('error'),
  };
}
