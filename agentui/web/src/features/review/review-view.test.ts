import { describe, expect, test } from 'vitest';
import * as make from '../../../screens/fixtures';
import { placeOf, reviewLink } from '../../state/place';
import type * as wire from '../../wire.gen';
import { piecesOf } from '../transcript-view';
import { barsOf, inOrder, lineAt, markedPieces } from './review-view';

const word = (text: string, start_ms: number) => ({
  text,
  start_ms,
  end_ms: start_ms + 200,
  probability: 0.9,
});

describe('words with their moments', () => {
  test('stand where they are written, and together are the text', () => {
    const text = 'Stay in Hakone, in spring.';
    const words = [word('Stay', 0), word('in', 300), word('Hakone', 500), word('in', 900)];
    const pieces = piecesOf(text, words, true);
    expect(pieces.map((p) => p.text).join('')).toBe(text);
    expect(pieces.flatMap((p) => (p.atMS === null ? [] : [[p.text, p.atMS]]))).toEqual([
      ['Stay', 0],
      ['in', 300],
      ['Hakone', 500],
      ['in', 900],
    ]);
  });

  test('without spaces between them, as in Japanese', () => {
    const text = '箱根に泊まりたいです。';
    const pieces = piecesOf(text, [word('箱根', 0), word('に', 200), word('泊まり', 400)], true);
    expect(pieces.map((p) => p.text)).toEqual(['箱根', 'に', '泊まり', 'たいです。']);
  });

  test('a line without words, or written another way, is one piece', () => {
    expect(piecesOf('The 21st.', [word('twenty-first', 0)], true).map((p) => p.text)).toEqual(['The 21st.']);
    expect(piecesOf('Yes.', null, true)).toHaveLength(1);
  });
});

test('the line that is spoken is the last that has begun and not ended', () => {
  const lines = make.talk();
  expect(lineAt(lines, 0)).toBeNull();
  expect(lineAt(lines, 17_000)).toBe('l2');
  expect(lineAt(lines, 60_000)).toBeNull();
});

describe('the waveform', () => {
  test('shows the loudest of each part, whatever the width', () => {
    expect(barsOf([0, 1, 0, 0.5], 2)).toEqual([1, 0.5]);
    expect(barsOf([0.2, 0.4], 4)).toEqual([0.2, 0.2, 0.4, 0.4]);
    expect(barsOf([], 3)).toEqual([0, 0, 0]);
    expect(barsOf([1], 0)).toEqual([]);
  });
});

test.each([
  ['cancel everything now', [[7, 17]], ['cancel ', '*everything', ' now']],
  ['箱根に', [[0, 2]], ['*箱根', 'に']],
  [
    'ab',
    [
      [0, 1],
      [0, 2],
      [5, 9],
    ],
    ['*a', '*b'],
  ],
  ['ab', [], ['ab']],
] as const)('what was found in "%s" is marked', (text, ranges, pieces) => {
  const marked = markedPieces(text, ranges as readonly (readonly [number, number])[]);
  expect(marked.map((p) => (p.marked ? `*${p.text}` : p.text))).toEqual(pieces);
});

describe('the address', () => {
  test.each([
    ['', { page: 'home' }],
    ['#/search', { page: 'search' }],
    [reviewLink('a-1', 1500.4), { page: 'review', interactionID: 'a-1', atMS: 1500 }],
    [reviewLink('a-1'), { page: 'review', interactionID: 'a-1', atMS: null }],
    ['#/interactions/a-1?at=-5', { page: 'review', interactionID: 'a-1', atMS: null }],
    ['#/interactions/<b>', { page: 'home' }],
    ['#/elsewhere', { page: 'home' }],
  ])('%s', (hash, place) => {
    expect(placeOf(hash)).toEqual(place);
  });
});

describe('marks between lines', () => {
  const line = (id: string, start_ms: number) => ({ id, start_ms }) as wire.Line;
  const mark = (at_ms: number) => ({ kind: 'hold', at_ms, until_ms: null, name: '' });
  test('each stands before the first line that began after it, and the last ones at the end', () => {
    const rows = inOrder([line('a', 1000), line('b', 5000)], [mark(500), mark(1000), mark(3000), mark(9000)]);
    expect(rows.map((row) => row.line?.id ?? row.mark?.at_ms)).toEqual([500, 1000, 'a', 3000, 'b', 9000]);
    expect(inOrder([], [])).toEqual([]);
  });
});
