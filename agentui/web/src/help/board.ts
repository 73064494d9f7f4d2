// What is drawn, as a value: the same rules as the server's board (acd/video/board.go), so that both hold the same.
import type { Op, Shape } from '../help.gen';

export interface Board {
  readonly epoch: number;
  readonly shapes: readonly Shape[];
  /** What came early: of a board that this page has not been told of yet. */
  readonly early: readonly Op[];
  readonly removed: readonly string[];
}

const MOST_EARLY = 400;

export const emptyBoard: Board = { epoch: 0, shapes: [], early: [], removed: [] };

const keyOf = (by: string | undefined, id: string) => `${by ?? ''}/${id}`;

/** Begins the board that the server tells of, with what came early for it. */
export function withState(before: Board, epoch: number, shapes: readonly Shape[]): Board {
  const fresh = before.epoch === epoch ? before.removed : [];
  let board: Board = { epoch, shapes, early: [], removed: fresh };
  for (const op of before.early) board = apply(board, op);
  return board;
}

export function apply(board: Board, op: Op): Board {
  if (op.e < board.epoch) return board;
  if (op.e > board.epoch) return { ...board, early: [...board.early, op].slice(-MOST_EARLY) };
  switch (op.t) {
    case 'put':
      return op.s ? put(board, { ...op.s, by: op.by ?? '', role: op.role ?? '' }) : board;
    case 'add':
      return add(board, op);
    case 'del': {
      const key = keyOf(op.by, op.id ?? '');
      return {
        ...board,
        shapes: board.shapes.filter((s) => keyOf(s.by, s.id) !== key),
        removed: [...board.removed, key].slice(-1000),
      };
    }
    default:
      return board;
  }
}

function put(board: Board, shape: Shape): Board {
  const key = keyOf(shape.by, shape.id);
  if (board.removed.includes(key)) return board;
  const at = board.shapes.findIndex((s) => keyOf(s.by, s.id) === key);
  if (at < 0) return { ...board, shapes: [...board.shapes, shape] };
  const known = board.shapes[at] as Shape;
  if (shape.k === 'pen' && known.p.length > shape.p.length) return board;
  return { ...board, shapes: board.shapes.with(at, shape) };
}

function add(board: Board, op: Op): Board {
  const key = keyOf(op.by, op.id ?? '');
  if (board.removed.includes(key) || !op.p) return board;
  const at = board.shapes.findIndex((s) => keyOf(s.by, s.id) === key);
  const known: Shape = board.shapes[at] ?? {
    id: op.id ?? '',
    k: 'pen',
    p: [],
    by: op.by ?? '',
    role: op.role ?? '',
  };
  if (known.k !== 'pen') return board;
  const points = [...known.p];
  op.p.forEach((point, i) => {
    const place = (op.at ?? 0) + i;
    while (points.length <= place) points.push(point);
    points[place] = point;
  });
  const shape = { ...known, p: points };
  return { ...board, shapes: at < 0 ? [...board.shapes, shape] : board.shapes.with(at, shape) };
}
