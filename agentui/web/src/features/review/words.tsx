// What was said. A word clicked is heard; by the keyboard, a line's time plays from there.
import { memo, useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { duration } from '../../ui/format';
import type * as wire from '../../wire.gen';
import { timedPieces } from './review-view';

interface WordsProps {
  lines: readonly wire.Line[];
  speaking: string | null;
  atMS: number;
  playing: boolean;
  canHear: boolean;
  onHear: (ms: number) => void;
  empty: string;
}

export function Words({ lines, speaking, atMS, playing, canHear, onHear, empty }: WordsProps) {
  const { t } = useTranslation();
  const list = useRef<HTMLOListElement>(null);
  useEffect(() => {
    if (!playing || speaking === null) return;
    list.current?.querySelector('.spoken')?.scrollIntoView({ block: 'nearest' });
  }, [speaking, playing]);
  return (
    <section className="said" aria-label={t('review.words')}>
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
        {lines.map((line) => (
          <Said
            key={line.id}
            line={line}
            canHear={canHear}
            onHear={onHear}
            // Only the line that is spoken follows the sound: the others stay as they are drawn.
            atMS={line.id === speaking ? atMS : null}
          />
        ))}
      </ol>
    </section>
  );
}

interface SaidProps {
  line: wire.Line;
  canHear: boolean;
  onHear: (ms: number) => void;
  atMS: number | null;
}

const Said = memo(function Said({ line, canHear, onHear, atMS }: SaidProps) {
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
      <b className="cut">{t(`transcript.${who}`)}</b>
      <span className="words" dir="auto">
        {timedPieces(line).map((piece, i) =>
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
    </li>
  );
});
