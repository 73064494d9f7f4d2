// What was said. A word clicked is heard; by the keyboard, a line's time plays from there.
import { memo, useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import type { Happened } from '../../api/review';
import { englishShown } from '../../ui/english';
import { duration } from '../../ui/format';
import { useValue } from '../../ui/hooks';
import type * as wire from '../../wire.gen';
import { English, EnglishChoice } from '../english';
import { firstName, piecesOf } from '../transcript-view';
import { inOrder } from './review-view';

interface WordsProps {
  lines: readonly wire.Line[];
  marks: readonly Happened[];
  speaking: string | null;
  atMS: number;
  playing: boolean;
  canHear: boolean;
  onHear: (ms: number) => void;
  empty: string;
}

export function Words({ lines, marks, speaking, atMS, playing, canHear, onHear, empty }: WordsProps) {
  const { t } = useTranslation();
  const english = useValue(englishShown);
  const list = useRef<HTMLOListElement>(null);
  useEffect(() => {
    if (!playing || speaking === null) return;
    list.current?.querySelector('.spoken')?.scrollIntoView({ block: 'nearest' });
  }, [speaking, playing]);
  return (
    <section className="said" aria-label={t('review.words')}>
      <EnglishChoice lines={lines} />
      {lines.length === 0 && <p className="faint review-none">{empty}</p>}
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: the keyboard has each line's time */}
      <ol
        ref={list}
        className={canHear ? 'said-lines hearable' : 'said-lines'}
        onClick={(event) => {
          const at = (event.target as HTMLElement).dataset.at;
          if (canHear && at !== undefined) onHear(Number(at));
        }}
      >
        {inOrder(lines, marks).map((row) =>
          row.line ? (
            <Said
              key={row.line.id}
              line={row.line}
              english={english}
              canHear={canHear}
              onHear={onHear}
              // Only the line that is spoken follows the sound: the others stay as they are drawn.
              atMS={row.line.id === speaking ? atMS : null}
            />
          ) : (
            <Mark key={`${row.mark.kind} ${row.mark.at_ms} ${row.mark.name}`} mark={row.mark} />
          ),
        )}
      </ol>
    </section>
  );
}

/** What happened there: a rule across the lines, with its length where it lasted. */
function Mark({ mark }: { mark: Happened }) {
  const { t } = useTranslation();
  const kind = markKinds.find((k) => k === mark.kind);
  if (!kind) return null;
  const words = t(`review.mark.${kind}`);
  return (
    <li className="line-mark faint">
      <span className="num">{duration(mark.at_ms)}</span> {mark.name ? `${mark.name}: ${words}` : words}
      {mark.until_ms !== null && <span className="num"> · {duration(mark.until_ms - mark.at_ms)}</span>}
    </li>
  );
}

const markKinds = [
  'hold',
  'pause',
  'sensitive',
  'barge',
  'takeover',
  'transfer',
  'returned',
  'stopped',
  'refused',
] as const;

interface SaidProps {
  line: wire.Line;
  english: boolean; // below it
  canHear: boolean;
  onHear: (ms: number) => void;
  atMS: number | null;
}

const Said = memo(function Said({ line, english, canHear, onHear, atMS }: SaidProps) {
  const { t } = useTranslation();
  const who =
    line.speaker === 'customer' || line.speaker === 'supervisor' ? line.speaker : ('agent' as const);
  return (
    <li className={`line ${line.speaker}${atMS === null ? '' : ' spoken'}`}>
      <button
        type="button"
        className="line-time num"
        aria-label={t('review.hearFrom', { at: duration(line.start_ms) })}
        disabled={!canHear}
        onClick={() => onHear(line.start_ms)}
      >
        {duration(line.start_ms)}
      </button>
      <b className="cut" title={line.name || undefined}>
        {firstName(line.name ?? '') || t(`transcript.${who}`)}
      </b>
      <span className="words" dir="auto">
        {piecesOf(line.text, line.words, true).map((piece, i) =>
          piece.atMS === null ? (
            piece.text
          ) : (
            <span
              // biome-ignore lint/suspicious/noArrayIndexKey: pieces have no other identity
              key={i}
              data-at={piece.atMS}
              className={
                atMS !== null && piece.atMS <= atMS && atMS < piece.endMS ? 'word now-spoken' : 'word'
              }
            >
              {piece.text}
            </span>
          ),
        )}
      </span>
      {english && line.translation && <English text={line.translation} />}
    </li>
  );
});
