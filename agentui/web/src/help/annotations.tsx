// The picture's drawing layer: shows what is drawn and takes what this person draws. It covers the picture's content exactly.
import { type PointerEvent, type RefObject, useEffect, useLayoutEffect, useRef, useState } from 'react';
import type { Shape } from '../help.gen';
import { type Box, contentBox, type Point, toPoint } from './geometry';
import type { HelpSession, HelpState } from './session';
import { colourOf, trace } from './trace';

export type Tool = 'pointer' | 'pen' | 'arrow' | 'box' | 'number' | 'text';
export const tools: readonly Tool[] = ['pointer', 'pen', 'arrow', 'box', 'number', 'text'];

const POINTER_MS = 50; // between two places of the pointer
const POINTER_LIFE_MS = 1500;
const CHUNK = 300; // points in a message

interface Props {
  readonly session: HelpSession;
  readonly state: HelpState;
  readonly frame: Box; // the content box within the frame
  readonly tool: Tool | null; // null: only shows
  readonly label: string;
  readonly describe: (shapes: readonly Shape[]) => string;
  readonly askText?: (place: Point) => void;
}

export function Annotations({ session, state, frame, tool, label, describe, askText }: Props) {
  const layer = useRef<HTMLElement>(null);
  const stroke = useRef<{ id: string; kind: Tool; points: Point[]; sent: number } | null>(null);
  const pointed = useRef(0);
  const you = state.room?.you;
  const shapes = state.board.shapes;

  const at = (event: PointerEvent) => {
    const box = (layer.current as HTMLElement).getBoundingClientRect();
    return toPoint(event.clientX - box.left, event.clientY - box.top, box);
  };

  const point = (p: Point | null) => {
    const now = performance.now();
    if (p && now - pointed.current < POINTER_MS) return;
    pointed.current = now;
    session.draw(p ? { t: 'point', p: [p] } : { t: 'point' }, p === null);
  };

  /** Sends what the stroke has gained; a line goes as it grows, everything else whole. */
  const flush = (last: boolean) => {
    const s = stroke.current;
    if (!s) return;
    if (s.kind !== 'pen') {
      const p = [s.points[0] as Point, s.points[s.points.length - 1] as Point];
      session.draw({ t: 'put', s: { id: s.id, k: s.kind, p } }, last);
      return;
    }
    if (last && s.points.length <= CHUNK) {
      session.draw({ t: 'put', s: { id: s.id, k: 'pen', p: s.points } }, true);
      return;
    }
    while (s.sent < s.points.length) {
      const p = s.points.slice(s.sent, s.sent + CHUNK);
      session.draw({ t: 'add', id: s.id, at: s.sent, p }, last);
      s.sent += p.length;
    }
  };

  const onDown = (event: PointerEvent) => {
    if (!tool || event.button !== 0) return;
    event.preventDefault();
    const p = at(event);
    if (tool === 'pointer') {
      layer.current?.setPointerCapture(event.pointerId);
      point(p);
      return;
    }
    if (tool === 'text') {
      askText?.(p);
      return;
    }
    if (tool === 'number') {
      const next = shapes.filter((s) => s.k === 'number').length + 1;
      session.draw({ t: 'put', s: { id: session.nextID(), k: 'number', p: [p], c: String(next) } }, true);
      return;
    }
    layer.current?.setPointerCapture(event.pointerId);
    stroke.current = { id: session.nextID(), kind: tool, points: [p], sent: 0 };
    flush(false);
  };

  const onMove = (event: PointerEvent) => {
    if (tool === 'pointer') {
      point(at(event));
      return;
    }
    const s = stroke.current;
    if (!s) return;
    // Every place that the finger was at, not only the one of this frame.
    const all = event.nativeEvent.getCoalescedEvents?.() ?? [];
    const box = (layer.current as HTMLElement).getBoundingClientRect();
    const places = all.length ? all : [event.nativeEvent];
    for (const e of places) {
      const p = toPoint(e.clientX - box.left, e.clientY - box.top, box);
      const before = s.points[s.points.length - 1];
      if (s.points.length < 1900 && (before?.[0] !== p[0] || before?.[1] !== p[1])) s.points.push(p);
    }
    flush(false);
  };

  const onUp = (event: PointerEvent) => {
    if (stroke.current) {
      onMove(event);
      flush(true);
      stroke.current = null;
    }
  };

  return (
    <section
      ref={layer}
      aria-label={label}
      className={`annotations${tool ? ' drawing' : ''}`}
      style={{ left: frame.x, top: frame.y, width: frame.width, height: frame.height }}
      onPointerDown={onDown}
      onPointerMove={onMove}
      onPointerUp={onUp}
      onPointerCancel={onUp}
      onPointerLeave={() => tool === 'pointer' && point(null)}
    >
      <svg
        role="img"
        aria-label={describe(shapes)}
        viewBox={`0 0 ${frame.width || 1} ${frame.height || 1}`}
        preserveAspectRatio="none"
      >
        {shapes.map((shape) => (
          <Drawn key={`${shape.by}/${shape.id}`} shape={shape} box={frame} mine={shape.by === you} />
        ))}
      </svg>
      <PointerDot pointer={state.pointer} />
    </section>
  );
}

function Drawn({ shape, box, mine }: { shape: Shape; box: Box; mine: boolean }) {
  const { path, label } = trace(shape, box);
  const colour = colourOf(shape.role);
  return (
    <g
      className={`shape ${shape.k}`}
      data-by={shape.by}
      data-mine={mine || undefined}
      data-points={shape.p.length}
    >
      {path && <path className="under" d={path} />}
      {path && <path className="over" d={path} stroke={colour} />}
      {label?.round && <circle cx={label.x} cy={label.y} r={15} fill={colour} />}
      {label && (
        <text
          className={label.round ? 'number' : 'words'}
          x={label.x}
          y={label.y}
          fill={label.round ? '#14181d' : colour}
        >
          {label.text}
        </text>
      )}
    </g>
  );
}

function PointerDot({ pointer }: { pointer: HelpState['pointer'] }) {
  const [, wake] = useState(0);
  useEffect(() => {
    if (!pointer) return;
    const timer = setTimeout(() => wake((n) => n + 1), POINTER_LIFE_MS);
    return () => clearTimeout(timer);
  }, [pointer]);
  if (!pointer || Date.now() - pointer.at > POINTER_LIFE_MS - 50) return null;
  return (
    <span
      className="pointer-dot"
      style={{
        left: `${pointer.p[0] / 100}%`,
        top: `${pointer.p[1] / 100}%`,
        borderColor: colourOf(pointer.role),
      }}
    />
  );
}

/** The content box of a picture in a frame element, through every change of either. */
export function useContentBox(
  frame: RefObject<HTMLElement | null>,
  picture: { readonly width: number; readonly height: number },
): Box {
  const [size, setSize] = useState({ width: 0, height: 0 });
  useLayoutEffect(() => {
    const element = frame.current;
    if (!element) return;
    const measure = () => setSize({ width: element.clientWidth, height: element.clientHeight });
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, [frame]);
  return contentBox(size, picture);
}

/** The size of what a video element shows, which changes with the network and the phone's rotation. */
export function useVideoSize(video: RefObject<HTMLVideoElement | null>): { width: number; height: number } {
  const [size, setSize] = useState({ width: 0, height: 0 });
  useEffect(() => {
    const element = video.current;
    if (!element) return;
    const read = () => setSize({ width: element.videoWidth, height: element.videoHeight });
    read();
    element.addEventListener('resize', read);
    element.addEventListener('loadedmetadata', read);
    return () => {
      element.removeEventListener('resize', read);
      element.removeEventListener('loadedmetadata', read);
    };
  }, [video]);
  return size;
}
