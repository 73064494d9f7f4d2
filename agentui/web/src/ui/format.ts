// Times, dates and names as people read them.

/** A length of time as 4:12 or 1:04:12; never negative. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  const two = (n: number) => String(n).padStart(2, '0');
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

/** The time since an instant of the server, such as "2026-11-22T13:08:00Z". */
export function since(at: string | null | undefined, now: number): string {
  const start = at ? Date.parse(at) : Number.NaN;
  // Go's zero time means "not yet".
  return Number.isNaN(start) || start < 0 ? '0:00' : duration(now - start);
}

/** 13:08. */
export function clock(at: string, language: string): string {
  return new Intl.DateTimeFormat(language, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(
    new Date(at),
  );
}

/** 13:08 today, "yest. 21:14", "18 Sep", "18 Sep 2025": as short as it stays clear. */
export function when(at: string, now: number, language: string, yesterday: (time: string) => string): string {
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return '';
  const today = new Date(now);
  const day = (d: Date) =>
    Math.round(new Date(d.getFullYear(), d.getMonth(), d.getDate()).getTime() / 86_400_000);
  const days = day(today) - day(date);
  if (days === 0) return clock(at, language);
  if (days === 1) return yesterday(clock(at, language));
  return shortDate(at, now, language);
}

/** 3 Nov, with the year where it is another. */
export function shortDate(at: string, now: number, language: string): string {
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return '';
  const sameYear = date.getFullYear() === new Date(now).getFullYear();
  const options: Intl.DateTimeFormatOptions = {
    day: 'numeric',
    month: 'short',
    ...(sameYear ? {} : { year: 'numeric' }),
  };
  // British order and no comma: 3 Nov 2025.
  return new Intl.DateTimeFormat(language === 'en' ? 'en-GB' : language, options).format(date);
}

/** The first letters of a name, for the round picture that is none. */
export function initials(name: string): string {
  const words = name.trim().split(/\s+/).filter(Boolean);
  const first = [...(words[0] ?? '')][0] ?? '';
  const last = words.length > 1 ? ([...(words[words.length - 1] ?? '')][0] ?? '') : '';
  return (first + last).toUpperCase();
}

/** A language in its own words: 日本語 for "ja". */
export function languageName(code: string): string {
  if (!code) return '';
  try {
    return new Intl.DisplayNames([code], { type: 'language' }).of(code) ?? code;
  } catch {
    return code;
  }
}

/** The groups in which people read a number: +1 202 555 0142. The groups together are the number itself. */
export function numberGroups(number: string): string[] {
  const known =
    /^(\+1)(\d{3})(\d{3})(\d{4})$/.exec(number) ??
    /^(\+81)(3|6)(\d{4})(\d{4})$/.exec(number) ??
    /^(\+81)([789]0)(\d{4})(\d{4})$/.exec(number) ??
    /^(\+81)(\d{2})(\d{3})(\d{4})$/.exec(number) ??
    /^(\+44)(\d{2})(\d{4})(\d{4})$/.exec(number) ??
    /^(\+\d{2})(\d{2,3})(\d{3})(\d{3,5})$/.exec(number);
  return known ? known.slice(1) : [number];
}

/** An amount of storage: 1.2 GB. */
export function size(bytes: number, language: string): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const step = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** step;
  const digits = step === 0 || value >= 100 ? 0 : 1;
  return `${new Intl.NumberFormat(language, { maximumFractionDigits: digits }).format(value)} ${units[step]}`;
}

/** A moment with its date, to the minute: 25 Nov 2026, 08:14. */
export function stamp(at: string, language: string, seconds = false): string {
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return '';
  return new Intl.DateTimeFormat(language === 'en' ? 'en-GB' : language, {
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
    ...(seconds ? { second: '2-digit' } : {}),
  }).format(date);
}
