// The live transcript: dense text that grows at its end and never moves under the reader.

import { memo, useCallback, useLayoutEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Mark } from '../state/desk';
import { Value } from '../state/value';
import { Button } from '../ui/button';
import { englishShown } from '../ui/english';
import { clock, duration } from '../ui/format';
import { useDesk, useValue } from '../ui/hooks';
import { KeyHint } from '../ui/key-hint';
import type * as wire from '../wire.gen';
import { English, EnglishChoice } from './english';
import { type HearAgain, useHearAgain } from './hear';
import { keptOf, type Piece, piecesOf, type Row, rowsOf, speakerOf } from './transcript-view';

interface TranscriptProps {
  id: string;
  lines: readonly wire.Line[];
  partials: readonly wire.Partial[];
  call: wire.Call | null;
  marks: readonly Mark[];
  me: wire.Me | null; // null for who only reads along
  parties: readonly wire.Party[]; // whose legs the lines come from
  recorded: string; // the interaction whose words can be heard again, "" for none
  empty: string;
  onFollow?: (following: boolean) => void;
}

const AT_END_PX = 24;
const nowhere = new Value(0);

export function Transcript(props: TranscriptProps) {
  const { id, lines, partials, call, marks, me, parties, recorded, empty, onFollow } = props;
  const { t } = useTranslation();
  const again = useHearAgain(recorded);
  const canHear = recorded !== '';
  // One stop of the Tab key: the line that was chosen, or the newest. The arrows go from line to line.
  const [chosen, setChosen] = useState<string | null>(null);
  const stop = chosen ?? lines.at(-1)?.id;
  const hearFrom = (target: HTMLElement) => {
    const line = lines.find((l) => l.id === target.closest<HTMLElement>('.line')?.dataset.line);
    // Who marks words to copy them wants no sound.
    if (!canHear || !line || target.dataset.at === undefined || getSelection()?.isCollapsed === false) return;
    again.hear(line, Number(target.dataset.at));
  };
  const { ref, following, toEnd } = useFollow(onFollow);
  const rows = useMemo(() => rowsOf(lines, call, marks), [lines, call, marks]);
  const english = useValue(englishShown);
  const silent = lines.length === 0 && partials.length === 0;
  return (
    <div className="log-frame">
      <EnglishChoice lines={lines} />
      <div
        ref={ref}
        id={id}
        className={canHear ? 'log hearable' : 'log'}
        role="log"
        aria-label={t('transcript.label')}
        aria-relevant="additions"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard (WCAG 2.1.1)
        tabIndex={0}
        onClick={(event) => hearFrom(event.target as HTMLElement)}
        onKeyDown={(event) => {
          if (event.key === 'End') toEnd();
          else if (event.key === 'Escape') again.stop();
          else if (stepToLine(event.target as HTMLElement, event.key)) event.preventDefault();
        }}
        onFocus={(event) =>
          setChosen((event.target as HTMLElement).closest<HTMLElement>('.line')?.dataset.line ?? null)
        }
      >
        {rows.map((row) =>
          row.row === 'line' ? (
            <LineRow
              key={row.id}
              line={row.line}
              me={me}
              parties={parties}
              english={english}
              canHear={canHear}
              tabStop={row.line.id === stop}
              heard={again.now?.line.id === row.line.id ? again.atMS : null}
            />
          ) : (
            <RuleRow key={row.id} row={row} call={call} />
          ),
        )}
        {silent && <p className="log-empty faint">{empty}</p>}
        {partials.map((partial) => (
          <PartialRow key={partial.leg} partial={partial} me={me} parties={parties} />
        ))}
      </div>
      <HeardAgain again={again} />
      <div className={following ? 'to-end gone' : 'to-end'}>
        <Button small icon="down" onPress={toEnd} why={following ? t('transcript.follows') : undefined}>
          {t('transcript.toEnd')} <KeyHint label="End" />
        </Button>
      </div>
    </div>
  );
}

/** Keeps the newest line in view for a reader at the end, and the same words in place for one who scrolled up. */
function useFollow(onFollow?: (following: boolean) => void) {
  const ref = useRef<HTMLDivElement>(null);
  const atEnd = useRef(true);
  const top = useRef(0);
  const [following, setFollowing] = useState(true);

  const tell = useCallback(
    (value: boolean) => {
      if (atEnd.current === value) return;
      atEnd.current = value;
      setFollowing(value);
      onFollow?.(value);
    },
    [onFollow],
  );

  const toEnd = useCallback(() => {
    const log = ref.current;
    if (log) log.scrollTop = log.scrollHeight;
    tell(true);
  }, [tell]);

  useLayoutEffect(() => {
    const log = ref.current;
    if (log && atEnd.current) log.scrollTop = log.scrollHeight;
  });

  useLayoutEffect(() => {
    const log = ref.current;
    if (!log) return;
    const scrolled = () => tell(log.scrollHeight - log.scrollTop - log.clientHeight < AT_END_PX);
    const resized = new ResizeObserver(() => {
      const now = log.getBoundingClientRect().top;
      // A banner above pushed the log down: scroll by as much, so that the words stay where they are.
      if (atEnd.current) log.scrollTop = log.scrollHeight;
      else log.scrollTop += now - top.current;
      top.current = now;
    });
    log.addEventListener('scroll', scrolled, { passive: true });
    resized.observe(log);
    return () => {
      log.removeEventListener('scroll', scrolled);
      resized.disconnect();
    };
  }, [tell]);

  return { ref, following, toEnd };
}

interface SpeakerProps {
  me: wire.Me | null;
  parties: readonly wire.Party[];
}

/** Moves the focus to the line above or below, where it is on one. */
function stepToLine(from: HTMLElement, key: string): boolean {
  const step = { ArrowUp: -1, ArrowDown: 1 }[key];
  if (step === undefined || !from.matches('.line-time')) return false;
  const all = [...(from.closest('.log')?.querySelectorAll<HTMLElement>('.line-time') ?? [])];
  all[all.indexOf(from) + step]?.focus();
  return true;
}

interface LineProps extends SpeakerProps {
  line: wire.Line;
  english: boolean; // below it
  canHear: boolean;
  tabStop: boolean;
  heard: Value<number> | null; // where it is heard again
}

const LineRow = memo(function LineRow({ line, me, parties, english, canHear, tabStop, heard }: LineProps) {
  const { t } = useTranslation();
  const who = speakerOf(line, me, parties);
  const at = duration(line.start_ms);
  const atMS = useValue(heard ?? nowhere);
  return (
    <div className={`line ${line.speaker}${heard ? ' spoken' : ''}`} data-line={line.id}>
      {canHear ? (
        <button
          type="button"
          className="line-time num"
          tabIndex={tabStop ? 0 : -1}
          aria-label={t('review.hearFrom', { at })}
          title={t('review.hearFrom', { at })}
          data-at={line.start_ms}
        >
          {at}
        </button>
      ) : (
        <time className="num">{at}</time>
      )}
      <b className="cut">{who.name || t(`transcript.${who.word}`)}</b>
      <span className="words" dir="auto">
        {piecesOf(line.text, line.words, canHear).map((piece, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: pieces have no other identity
          <WordPiece key={i} piece={piece} spoken={heard !== null && isAt(piece, atMS)} />
        ))}
      </span>
      {english && line.translation && <English text={line.translation} />}
    </div>
  );
});

function isAt(piece: Piece, atMS: number): boolean {
  return piece.atMS !== null && piece.atMS <= atMS && atMS < piece.endMS;
}

function WordPiece({ piece, spoken }: { piece: Piece; spoken: boolean }) {
  const { t } = useTranslation();
  const mark = piece.unsure ? 'unsure' : piece.known ? 'known' : '';
  if (mark === '' && piece.atMS === null) return piece.text;
  const names = [piece.atMS !== null && 'word', mark, spoken && 'now-spoken'].filter(Boolean).join(' ');
  return (
    <span
      className={names}
      title={mark ? t(`transcript.${mark}`) : undefined}
      data-at={piece.atMS ?? undefined}
    >
      {piece.text}
    </span>
  );
}

/** What is heard again now, that nobody else hears it, and how it ends; or why nothing is. */
function HeardAgain({ again }: { again: HearAgain }) {
  const { t } = useTranslation();
  const { now, problem, stop } = again;
  const words =
    problem === 'none' || problem === 'notYet' || problem === 'failed'
      ? t(`transcript.again.${problem}`)
      : (problem ?? (now ? t('transcript.again.now', { at: duration(now.fromMS) }) : ''));
  return (
    <div className={words ? 'again' : 'again gone'}>
      <span role="status">{words}</span>
      {words && (
        <Button small onPress={stop}>
          {now ? t('transcript.again.stop') : t('control.close')} {now && <KeyHint label="Esc" />}
        </Button>
      )}
    </div>
  );
}

/** Words that may still change: seen, and kept from the screen reader until they are final. */
function PartialRow({ partial, me, parties }: SpeakerProps & { partial: wire.Partial }) {
  const { t } = useTranslation();
  const who = speakerOf(partial, me, parties);
  return (
    <div className={`line partial ${partial.speaker}`} aria-hidden="true">
      <time className="num">{duration(partial.start_ms)}</time>
      <b className="cut">{who.name || t(`transcript.${who.word}`)}</b>
      <span className="words" dir="auto">
        <span className="settled">{partial.text.slice(0, partial.settled)}</span>
        {partial.text.slice(partial.settled)}
      </span>
    </div>
  );
}

function RuleRow({ row, call }: { row: Extract<Row, { row: 'rule' }>; call: wire.Call | null }) {
  const { t, i18n } = useTranslation();
  const zero = call ? Date.parse(call.started_at) : 0;
  const off = useDesk((s) => s.system.transcription === 'off');
  const words = t(`transcript.${row.kind}`, {
    kept: call ? t(`transcript.kept.${keptOf(call, off)}`) : '',
    time: clock(new Date(zero + row.atMS).toISOString(), i18n.language),
    from: duration(row.atMS),
    to: duration(row.toMS ?? 0),
  });
  return <div className="rule">{words}</div>;
}
