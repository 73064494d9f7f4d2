// Both sides of a call as a picture, the customer above the line, the agents below; a slider over it moves the moment.
import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import type { Note, Peaks } from '../../api/review';
import { duration } from '../../ui/format';
import { useValue } from '../../ui/hooks';
import { theme } from '../../ui/theme';
import { barsOf } from './review-view';

interface WaveformProps {
  peaks: Peaks;
  notes: readonly Note[];
  atMS: number;
  onSeek: (ms: number) => void;
}

const BAR = 3; // CSS pixels, one of them a gap

export function Waveform({ peaks, notes, atMS, onSeek }: WaveformProps) {
  const { t } = useTranslation();
  const canvas = useRef<HTMLCanvasElement>(null);
  const shownTheme = useValue(theme);
  const length = Math.max(1, peaks.duration_ms);

  // biome-ignore lint/correctness/useExhaustiveDependencies: the theme changes the colours that are read here
  useEffect(() => {
    const target = canvas.current;
    if (!target) return;
    const paint = () => draw(target, peaks, Math.min(1, atMS / length));
    paint();
    const resized = new ResizeObserver(paint);
    resized.observe(target);
    return () => resized.disconnect();
  }, [peaks, atMS, length, shownTheme]);

  return (
    <div className="waveform">
      <canvas ref={canvas} />
      {(peaks.marks ?? []).map((mark) => (
        <svg key={`${mark.kind}:${mark.at_ms}`} className="wave-mark" aria-hidden="true">
          <line
            x1={`${(100 * mark.at_ms) / length}%`}
            x2={`${(100 * mark.at_ms) / length}%`}
            y1="0"
            y2="100%"
          />
        </svg>
      ))}
      {notes.map((note) => (
        <svg key={note.id} className="wave-mark note-pin" aria-hidden="true">
          <circle cx={`${(100 * note.at_ms) / length}%`} cy="6" r="4" />
        </svg>
      ))}
      <input
        type="range"
        min={0}
        max={length}
        step={100}
        value={Math.min(length, atMS)}
        aria-label={t('review.position')}
        aria-valuetext={t('review.positionOf', { at: duration(atMS), of: duration(length) })}
        onChange={(event) => onSeek(Number(event.target.value))}
        onKeyDown={(event) => {
          // A tenth of a second is no step for a hand: the arrows move by five seconds.
          const by = { ArrowLeft: -5000, ArrowDown: -5000, ArrowRight: 5000, ArrowUp: 5000 }[event.key];
          if (by === undefined) return;
          event.preventDefault();
          onSeek(Math.max(0, Math.min(length, atMS + by)));
        }}
      />
    </div>
  );
}

function draw(canvas: HTMLCanvasElement, peaks: Peaks, played: number): void {
  const ratio = window.devicePixelRatio || 1;
  const width = canvas.clientWidth;
  const height = canvas.clientHeight;
  if (canvas.width !== width * ratio || canvas.height !== height * ratio) {
    canvas.width = width * ratio;
    canvas.height = height * ratio;
  }
  const context = canvas.getContext('2d');
  if (!context) return;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  const style = getComputedStyle(canvas);
  const colour = (name: string) => style.getPropertyValue(name).trim();
  const count = Math.floor(width / BAR);
  const middle = height / 2;
  const side = (values: readonly number[], name: string, up: boolean) => {
    barsOf(values, count).forEach((level, i) => {
      // Loudness is heard in decibels: a square root keeps quiet speech visible.
      const tall = Math.max(1, Math.sqrt(level) * (middle - 4));
      context.globalAlpha = i / count <= played ? 1 : 0.4;
      context.fillStyle = colour(name);
      context.fillRect(i * BAR, up ? middle - tall : middle + 1, BAR - 1, tall);
    });
  };
  side(peaks.customer, '--cust', true);
  side(peaks.agents, '--agent', false);
  context.globalAlpha = 1;
  context.fillStyle = colour('--text');
  context.fillRect(Math.round(played * width), 0, 1, height);
}
