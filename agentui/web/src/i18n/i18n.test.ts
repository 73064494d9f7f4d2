import { describe, expect, test } from 'vitest';
import { en } from './en';
import { chooseLanguage } from './index';
import { ja } from './ja';

type Tree = { readonly [key: string]: string | Tree };

function flat(tree: Tree, prefix = ''): Map<string, string> {
  const all = new Map<string, string>();
  for (const [key, value] of Object.entries(tree)) {
    if (typeof value === 'string') all.set(prefix + key, value);
    else for (const [k, v] of flat(value, `${prefix}${key}.`)) all.set(k, v);
  }
  return all;
}

const english = flat(en);
const japanese = flat(ja);
const holes = (text: string | undefined) =>
  [...(text ?? '').matchAll(/\{\{(\w+)\}\}/g)].map((m) => m[1]).sort();

describe('the languages', () => {
  test('have the same keys', () => {
    expect([...japanese.keys()].sort()).toEqual([...english.keys()].sort());
  });

  test.each([...english.keys()])('%s names the same values and says something', (key) => {
    expect(holes(japanese.get(key))).toEqual(holes(english.get(key)));
    expect(japanese.get(key)?.trim()).not.toBe('');
  });

  test('Japanese is Japanese: only the program’s name is written alike', () => {
    const alike = [...english].filter(([key, text]) => japanese.get(key) === text).map(([key]) => key);
    expect(alike).toEqual(['app.name']);
  });

  test('keep the names that outside checks rely on', () => {
    const fixed = [
      'signIn.submit',
      'bar.mute',
      'bar.unmute',
      'bar.hold',
      'bar.resume',
      'bar.hangUp',
      'incoming.title',
    ];
    expect(fixed.map((key) => english.get(key))).toEqual([
      'Sign in',
      'Mute',
      'Unmute',
      'Hold',
      'Resume',
      'Hang up',
      'Incoming call',
    ]);
  });
});

test.each([
  [null, ['ja-JP', 'en'], 'ja'],
  [null, ['fr', 'ja'], 'ja'],
  [null, ['fr'], 'en'],
  ['en', ['ja'], 'en'],
  ['xx', ['ja'], 'ja'],
  [null, [], 'en'],
] as const)('chosen %s and wished %j speaks %s', (chosen, wished, language) => {
  expect(chooseLanguage(chosen, wished)).toBe(language);
});
