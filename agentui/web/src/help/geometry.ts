// Where the picture lies in its frame, and how points on it are counted. Everything that is drawn is counted on the picture's
// content, so neither letterbox nor screen nor resolution moves it.

/** Points are whole ten-thousandths of the picture's content, as the server takes them. */
export const SCALE = 10_000;

export type Point = [number, number];

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** The part of a frame that a picture fills when it is shown whole (object-fit: contain). */
export function contentBox(
  frame: { width: number; height: number },
  picture: { width: number; height: number },
): Box {
  if (!(picture.width > 0 && picture.height > 0 && frame.width > 0 && frame.height > 0)) {
    return { x: 0, y: 0, width: frame.width, height: frame.height };
  }
  const scale = Math.min(frame.width / picture.width, frame.height / picture.height);
  const width = picture.width * scale;
  const height = picture.height * scale;
  return { x: (frame.width - width) / 2, y: (frame.height - height) / 2, width, height };
}

/** A place in the content box, in CSS pixels from its corner, as a point; beyond the edge is the edge. */
export function toPoint(x: number, y: number, box: { width: number; height: number }): Point {
  const part = (v: number, size: number) =>
    Math.round(Math.min(1, Math.max(0, size > 0 ? v / size : 0)) * SCALE);
  return [part(x, box.width), part(y, box.height)];
}

export function fromPoint(p: readonly number[], box: { width: number; height: number }): [number, number] {
  return [((p[0] ?? 0) / SCALE) * box.width, ((p[1] ?? 0) / SCALE) * box.height];
}
