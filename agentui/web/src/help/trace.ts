// How a shape looks: one description for the screen (SVG) and for kept pictures (canvas).
import type { Shape } from '../help.gen';
import { fromPoint } from './geometry';

export interface Traced {
  /** Of a line, in the syntax of SVG and Path2D; empty for none. */
  readonly path: string;
  readonly label: {
    readonly x: number;
    readonly y: number;
    readonly text: string;
    readonly round: boolean;
  } | null;
}

const n = (v: number) => v.toFixed(1);

/** Each author has a colour and, since colour alone says nothing, a name in the picture's description. */
export function colourOf(role: string | undefined): string {
  if (role === 'guest') return '#5ce1ff';
  return role === 'draw' ? '#ff9df2' : '#ffcf4a';
}

export function trace(shape: Shape, box: { width: number; height: number }): Traced {
  const points = shape.p.map((p) => fromPoint(p, box));
  const a: readonly [number, number] = points[0] ?? [0, 0];
  const b: readonly [number, number] = points[1] ?? a;
  switch (shape.k) {
    case 'box':
      return {
        path: `M${n(a[0])} ${n(a[1])}H${n(b[0])}V${n(b[1])}H${n(a[0])}Z`,
        label: null,
      };
    case 'arrow': {
      const angle = Math.atan2(b[1] - a[1], b[0] - a[0]);
      const size = Math.min(24, Math.max(10, Math.hypot(b[0] - a[0], b[1] - a[1]) / 3));
      const barb = (turn: number) =>
        `M${n(b[0])} ${n(b[1])}L${n(b[0] - size * Math.cos(angle + turn))} ${n(b[1] - size * Math.sin(angle + turn))}`;
      return {
        path: `M${n(a[0])} ${n(a[1])}L${n(b[0])} ${n(b[1])}${barb(0.5)}${barb(-0.5)}`,
        label: null,
      };
    }
    case 'number':
    case 'text':
      return { path: '', label: { x: a[0], y: a[1], text: shape.c ?? '', round: shape.k === 'number' } };
    default:
      return {
        // A dot is a line that goes nowhere: round caps show it.
        path:
          points.map((p, i) => `${i ? 'L' : 'M'}${n(p[0])} ${n(p[1])}`).join('') +
          (points.length === 1 ? 'h.1' : ''),
        label: null,
      };
  }
}

/** Draws the shapes on a canvas, for a picture that is kept. */
export function paint(
  canvas: CanvasRenderingContext2D,
  shapes: readonly Shape[],
  box: { width: number; height: number },
): void {
  const line = Math.max(3, box.width / 160);
  canvas.lineCap = 'round';
  canvas.lineJoin = 'round';
  for (const shape of shapes) {
    const { path, label } = trace(shape, box);
    if (path) {
      for (const [colour, width] of [
        ['#000a', line * 1.8],
        [colourOf(shape.role), line],
      ] as const) {
        canvas.strokeStyle = colour;
        canvas.lineWidth = width;
        canvas.stroke(new Path2D(path));
      }
    }
    if (label) {
      const size = Math.max(16, box.width / 28);
      canvas.font = `600 ${size}px sans-serif`;
      canvas.textBaseline = 'middle';
      canvas.textAlign = label.round ? 'center' : 'left';
      const width = label.round ? size * 1.5 : canvas.measureText(label.text).width + size * 0.6;
      canvas.fillStyle = colourOf(shape.role);
      canvas.beginPath();
      if (label.round) canvas.arc(label.x, label.y, size * 0.8, 0, 7);
      else canvas.rect(label.x, label.y - size * 0.7, width, size * 1.4);
      canvas.fill();
      canvas.fillStyle = '#14181d';
      canvas.fillText(label.text, label.round ? label.x : label.x + size * 0.3, label.y);
    }
  }
}
