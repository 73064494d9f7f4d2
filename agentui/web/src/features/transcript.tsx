// The live transcript: dense text that grows at its end and never moves under the reader.

import { memo, useCallback, useLayoutEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Mark } from '../state/desk';
import { Button } from '../ui/button';
import { clock, duration } from '../ui/format';
import { KeyHint } from '../ui/key-hint';
import type * as wire from '../wire.gen';
import { piecesOf, type Row, rowsOf, speakerOf } from './transcript-view';

interface TranscriptProps {
  id: string;
  lines: readonly wire.Line[];
  partials: readonly wire.Partial[];
  call: wire.Call | null;
  marks: readonly Mark[];
  me: wire.Me | null; // null for who only reads along
  parties: readonly wire.Party[]; // whose legs the lines come from
  empty: string;
  onFollow?: (following: boolean) => void;
}

const AT_END_PX = 24;

export function Transcript(props: TranscriptProps) {
  const { id, lines, partials, call, marks, me, parties, empty, onFollow } = props;
  const { t } = useTranslation();
  const { ref, following, toEnd } = useFollow(onFollow);
  const rows = useMemo(() => rowsOf(lines, call, marks), [lines, call, marks]);
  const silent = lines.length === 0 && partials.length === 0;
  return (
    <div className="log-frame">
      <div
        ref={ref}
        id={id}
        className="log"
        role="log"
        aria-label={t('transcript.label')}
        aria-relevant="additions"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard (WCAG 2.1.1)
        tabIndex={0}
        onKeyDown={(event) => {
          if (event.key === 'End') toEnd();
        }}
      >
        {silent && <p className="log-empty faint">{empty}</p>}
        {rows.map((row) =>
          row.row === 'line' ? (
            <LineRow key={row.id} line={row.line} me={me} parties={parties} />
          ) : (
            <RuleRow key={row.id} row={row} call={call} />
          ),
        )}
        {partials.map((partial) => (
          <PartialRow key={partial.leg} partial={partial} me={me} parties={parties} />
        ))}
      </div>
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

const LineRow = memo(function LineRow({ line, me, parties }: SpeakerProps & { line: wire.Line }) {
  const { t } = useTranslation();
  const who = speakerOf(line, me, parties);
  return (
    <div className={`line ${line.speaker}`}>
      <time className="num">{duration(line.start_ms)}</time>
      <b className="cut">{who.name || t(`transcript.${who.word}`)}</b>
      <span className="words" dir="auto">
        {piecesOf(line.text, line.words).map((piece, i) =>
          piece.unsure || piece.known ? (
            <span
              // biome-ignore lint/suspicious/noArrayIndexKey: pieces have no other identity
              key={i}
              className={piece.unsure ? 'unsure' : 'known'}
              title={t(piece.unsure ? 'transcript.unsure' : 'transcript.known')}
            >
              {piece.text}
            </span>
          ) : (
            piece.text
          ),
        )}
      </span>
    </div>
  );
});

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
  const words = t(`transcript.${row.kind}`, {
    time: clock(new Date(zero + row.atMS).toISOString(), i18n.language),
    from: duration(row.atMS),
    to: duration(row.toMS ?? 0),
  });
  return <div className="rule">{words}</div>;
}
