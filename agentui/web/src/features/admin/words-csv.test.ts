import { describe, expect, test } from 'vitest';
import { LONGEST, MOST_SOUNDS, MOST_TERMS, parseWords, soundsOf, writeWords } from './words-csv';

describe('word lists as text', () => {
  test('are read a line a word, with sounds behind commas, semicolons or tabs', () => {
    const text =
      '\uFEFFword,sounds like\r\nYamabuki,"yama, booky",yam a book\n\n"Smith, ""Bob"""\n箱根;はこね\nYamabuki,again';
    expect(parseWords(text)).toEqual({
      terms: [
        { text: 'Yamabuki', sounds_like: ['yama, booky', 'yam a book'] },
        { text: 'Smith, "Bob"', sounds_like: [] },
        { text: '箱根', sounds_like: ['はこね'] },
      ],
      skipped: 0,
    });
  });

  test('come back as they were written', () => {
    const terms = [
      { text: 'A "quoted", word', sounds_like: ['x;y', 'z'] },
      { text: '山吹', sounds_like: [] },
    ];
    expect(parseWords(writeWords(terms)).terms).toEqual(terms);
  });

  test('no cell of a file is a formula, and each comes back as it was', () => {
    const terms = [
      { text: '=HYPERLINK("http://x.example","Click")', sounds_like: ['+1', '-x', '@sum'] },
      { text: "'quoted", sounds_like: ["'"] },
    ];
    const file = writeWords(terms);
    for (const cell of file.split(/[\n,]/)) expect(cell).not.toMatch(/^"?[=+\-@\t]/);
    expect(parseWords(file).terms).toEqual(terms);
  });

  test('a line that is no list of words is left out without being looked at', () => {
    const start = performance.now();
    expect(parseWords(`${'"'.repeat(900_000)}\na`)).toEqual({
      terms: [{ text: 'a', sounds_like: [] }],
      skipped: 1,
    });
    expect(parseWords('a\n'.repeat(490_000)).terms).toHaveLength(1);
    expect(performance.now() - start).toBeLessThan(2000);
  });

  test('are bounded as the server bounds them, and say what was left out', () => {
    const many = Array.from({ length: MOST_TERMS + 5 }, (_, i) => `word ${i}`).join('\n');
    expect(parseWords(many).terms).toHaveLength(MOST_TERMS);
    expect(parseWords(many).skipped).toBe(5);
    expect(parseWords('x'.repeat(LONGEST + 1))).toEqual({ terms: [], skipped: 1 });
    expect(parseWords(`a,${'s,'.repeat(30)}`).terms[0]?.sounds_like).toHaveLength(MOST_SOUNDS);
  });

  test('sounds are typed between commas of either script', () => {
    expect(soundsOf('yama booky, やまぶき、 ')).toEqual(['yama booky', 'やまぶき']);
  });
});
