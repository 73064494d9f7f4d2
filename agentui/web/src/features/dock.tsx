// The foot of the middle column: the note during the call; after it the same place is the wrap-up.

import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from '../ui/button';
import { since } from '../ui/format';
import { useDesk, useNow, useSession } from '../ui/hooks';
import { KeyHint } from '../ui/key-hint';
import type * as wire from '../wire.gen';
import { keys, landmarks } from './shortcuts';

export function Dock({ following }: { following: boolean }) {
  const { t } = useTranslation();
  const { dispatch } = useSession();
  const call = useDesk((s) => s.call);
  const draft = useDesk((s) => s.draft);
  const wrapping = call?.state === 'wrap_up';
  const text = draft && draft.interactionID === call?.interaction_id ? draft.text : (call?.note ?? '');
  return (
    <section
      className={wrapping ? 'dock wrapping' : 'dock'}
      aria-label={wrapping ? t('wrap.label') : t('note.label')}
    >
      <div className="dock-row">
        {wrapping ? <Outcomes endedAt={call.ended_at} /> : <NoteHead following={following} />}
      </div>
      <div className="dock-row">
        <textarea
          id={landmarks.note}
          className="input note"
          aria-label={t('note.label')}
          aria-keyshortcuts={keys.note.aria}
          placeholder={t('note.placeholder')}
          rows={2}
          disabled={!call}
          value={text}
          onChange={(event) => dispatch({ kind: 'type_note', text: event.target.value })}
        />
        {wrapping && <Complete />}
      </div>
    </section>
  );
}

function NoteHead({ following }: { following: boolean }) {
  const { t } = useTranslation();
  const call = useDesk((s) => s.call);
  const draft = useDesk((s) => s.draft);
  return (
    <>
      <span className="over">{t('note.label')}</span>
      <KeyHint label={keys.note.label} />
      <span className="faint">
        {call && (draft ? (draft.saved ? t('note.saved') : t('note.saving')) : '')}
      </span>
      <span className="grow" />
      {call && following && <span className="faint">{t('transcript.follows')}</span>}
    </>
  );
}

function Outcomes({ endedAt }: { endedAt: string | null }) {
  const { t, i18n } = useTranslation();
  const { dispatch } = useSession();
  const codes = useDesk((s) => s.codes);
  const chosen = useDesk((s) => s.code);
  const now = useNow();
  const first = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    // The hands are free now: digits choose at once, unless the note is being written.
    if (document.activeElement?.id !== landmarks.note) first.current?.focus({ preventScroll: true });
  }, []);
  return (
    <>
      <span className="over">{t('wrap.label')}</span>
      <span className="num waiting" role="timer" title={t('wrap.since', { time: since(endedAt, now) })}>
        {since(endedAt, now)}
      </span>
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset cannot be laid out in the dock's row */}
      <span className="chips" role="group" aria-label={t('wrap.codes')}>
        {codes.map((code, i) => (
          <button
            key={code.code}
            ref={i === 0 ? first : null}
            type="button"
            className="chip"
            aria-pressed={chosen === code.code}
            aria-keyshortcuts={i < 10 ? String((i + 1) % 10) : undefined}
            onClick={() => dispatch({ kind: 'choose_code', code: code.code })}
          >
            {i < 10 && <KeyHint label={String((i + 1) % 10)} />}
            {labelOf(code, i18n.language)}
          </button>
        ))}
      </span>
    </>
  );
}

function labelOf(code: wire.WrapUpCode, language: string): string {
  return code.label?.[language] ?? code.label?.en ?? code.code;
}

function Complete() {
  const { t } = useTranslation();
  const { dispatch } = useSession();
  const busy = useDesk((s) => s.pending.completing !== null);
  const online = useDesk((s) => s.link === 'open');
  return (
    <Button
      kind="primary"
      className="complete"
      why={online ? undefined : t('bar.whyOffline')}
      shortcut={keys.complete}
      onPress={() => dispatch({ kind: 'complete' })}
    >
      {busy ? t('wrap.completing') : t('wrap.complete')}
    </Button>
  );
}
