// An interaction that is over, as it is reviewed.
import type { Interaction, Note, Peaks } from '../src/api/review';
import type { Found } from '../src/api/search';
import * as make from './fixtures';

export const REVIEWED = '0190f0a0-0000-7000-8000-00000000000a';

/** A talk by turns: loud where somebody speaks, near nothing where not. */
function side(from: number): number[] {
  return Array.from({ length: 900 }, (_, i) => {
    const turn = Math.floor(i / 90) % 2 === from;
    return turn ? 0.25 + 0.4 * Math.abs(Math.sin(i * 1.7) * Math.cos(i * 0.31)) : 0.004;
  });
}

export function reviewed() {
  const interaction: Interaction = {
    id: REVIEWED,
    direction: 'inbound',
    from: make.NUMBER,
    queue: 'Bookings',
    state: 'ended',
    outcome: 'handled',
    started_at: make.ago(3600),
    ended_at: make.ago(3510),
    note: '',
    customer: { id: 'c-haruto', name: 'Haruto Tanaka' },
    agents: ['Akiko Mori', 'Ben Ito'],
  };
  const peaks: Peaks | null = {
    interval_ms: 100,
    duration_ms: 90_000,
    live: false,
    customer: side(1),
    agents: side(0),
    marks: [
      { kind: 'held', at_ms: 41_000 },
      { kind: 'resumed', at_ms: 62_000 },
    ],
    damage: null,
  };
  const notes: Note[] = [
    {
      id: 'n1',
      author: 'sofia',
      author_name: 'Sofia Reyes',
      at_ms: 34_000,
      text: 'Heard the wish early: well done.',
    },
    {
      id: 'n2',
      author: 'akiko',
      author_name: 'Akiko Mori',
      at_ms: 65_000,
      text: 'Check the fare of the 21st.',
    },
  ];
  // The call is handed over at 0:21: from there on another leg speaks for us.
  const lines = make
    .talk()
    .map((line) =>
      line.speaker === 'customer'
        ? line
        : { ...line, name: line.start_ms < 21_000 ? 'Akiko Mori' : 'Ben Ito' },
    );
  const happened = [
    { kind: 'hold', at_ms: 9_000, until_ms: 14_000, name: 'Akiko Mori' },
    { kind: 'transfer', at_ms: 21_000, until_ms: null, name: 'Akiko Mori' },
  ];
  return { interaction, lines, happened, peaks: peaks as Peaks | null, notes };
}

export function found(): Found[] {
  const text = make.talk()[1]?.text ?? '';
  const at = text.indexOf('fourteenth');
  const hit = { line_id: 'l2', speaker: 'customer', start_ms: 16_000, text };
  return [{ interaction: reviewed().interaction, hits: [{ ...hit, ranges: [[at, at + 10]] }] }];
}
