import { describe, expect, test } from 'vitest';
import { duration, initials, languageName, numberGroups, shortDate, since, when } from './format';

describe('lengths of time', () => {
  test.each([
    [0, '0:00'],
    [59_999, '0:59'],
    [252_000, '4:12'],
    [3_852_000, '1:04:12'],
    [-5, '0:00'],
  ])('%d ms is %s', (ms, text) => {
    expect(duration(ms)).toBe(text);
  });

  test('since nothing is nothing', () => {
    expect([since(null, 5), since('', 5), since('nonsense', 5)]).toEqual(['0:00', '0:00', '0:00']);
  });
});

describe('dates', () => {
  const now = new Date(2026, 10, 22, 13, 8).getTime();
  const on = (...parts: [number, number, number, number, number]) => new Date(...parts).toISOString();
  const yesterday = (time: string) => `yest. ${time}`;

  test.each([
    [on(2026, 10, 22, 9, 5), 'en', '09:05'],
    [on(2026, 10, 21, 21, 14), 'en', 'yest. 21:14'],
    [on(2026, 10, 3, 9, 0), 'en', '3 Nov'],
    [on(2025, 10, 3, 9, 0), 'en', '3 Nov 2025'],
    [on(2026, 10, 3, 9, 0), 'ja', '11月3日'],
    ['', 'en', ''],
  ])('%s in %s is %s', (at, language, text) => {
    expect(when(at, now, language, yesterday)).toBe(text);
  });

  test('a date that is none is nothing', () => {
    expect(shortDate('nonsense', now, 'en')).toBe('');
  });
});

describe('names', () => {
  test.each([
    ['Haruto Tanaka', 'HT'],
    ['  Ana   Maria Lima ', 'AL'],
    ['田中 春人', '田春'],
    ['𠮷田', '𠮷'],
    ['', ''],
  ])('"%s" is %s', (name, letters) => {
    expect(initials(name)).toBe(letters);
  });

  test('a language has its own name, a code that is none stays', () => {
    expect([languageName('ja'), languageName('en'), languageName(''), languageName('!!')]).toEqual([
      '日本語',
      'English',
      '',
      '!!',
    ]);
  });
});

describe('numbers', () => {
  test.each([
    ['+12025550142', '+1 202 555 0142'],
    ['+81300000142', '+81 3 0000 0142'],
    ['+819012345678', '+81 90 1234 5678'],
    ['+442079460123', '+44 20 7946 0123'],
    ['anonymous', 'anonymous'],
    ['', ''],
  ])('%s reads %s and copies as it is', (number, read) => {
    expect(numberGroups(number).join(' ')).toBe(read);
    expect(numberGroups(number).join('')).toBe(number);
  });
});
