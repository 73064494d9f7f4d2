// The strip below the call bar: somebody more, what is kept of the call, sensitive mode, a raised hand.
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { CallCommand } from '../../state/desk';
import { Button } from '../../ui/button';
import { duration } from '../../ui/format';
import { useDesk, useNow, useSession } from '../../ui/hooks';
import { type RecordingWord, stripView } from './strip-view';

export function Strip() {
  const { t } = useTranslation();
  const { dispatch } = useSession();
  const link = useDesk((s) => s.link);
  const call = useDesk((s) => s.call);
  const adding = useDesk((s) => s.sheet?.purpose === 'add');
  const now = useNow();
  // Which call "Do not record" is being confirmed for: another call asks anew.
  const [confirming, setConfirming] = useState<string | null>(null);
  const view = stripView({ link, call }, now);
  const id = call?.interaction_id ?? '';
  const why = view.why && t(`bar.${view.why}`);
  const send = (message: CallCommand) => dispatch({ kind: 'command', message });
  const record = (action: string) => send({ type: 'record', data: { interaction_id: id, action } });
  if (confirming !== null && confirming === id && view.stoppable) {
    return (
      <section className="strip confirm" aria-label={t('control.strip.label')}>
        <span className="grow">{t('control.strip.confirm')}</span>
        <Button
          small
          kind="stop"
          onPress={() => {
            record('stop');
            setConfirming(null);
          }}
        >
          {t('control.strip.delete')}
        </Button>
        <Button small autoFocus onPress={() => setConfirming(null)}>
          {t('control.strip.keep')}
        </Button>
      </section>
    );
  }
  return (
    <section className={view.sensitive ? 'strip sensitive' : 'strip'} aria-label={t('control.strip.label')}>
      <Button
        small
        icon="add"
        className="fold"
        why={why}
        pressed={adding}
        onPress={() => dispatch({ kind: 'open_sheet', purpose: 'add' })}
      >
        {t('control.strip.add')}
      </Button>
      <RecordingTag word={view.recording} reason={view.reason} />
      <Button
        small
        icon={view.resumable ? 'record' : 'pause'}
        className="fold"
        why={why ?? (view.pausable || view.resumable ? undefined : t('control.strip.whyNotRecorded'))}
        onPress={() => record(view.resumable ? 'resume' : 'pause')}
      >
        {view.resumable ? t('control.strip.resume') : t('control.strip.pause')}
      </Button>
      <Button
        small
        icon="noRecord"
        className="fold"
        why={why ?? (view.stoppable ? undefined : t('control.strip.whyNotRecorded'))}
        onPress={() => setConfirming(id)}
      >
        {t('control.strip.stop')}
      </Button>
      <span className="grow" />
      <Button
        small
        icon="shield"
        className={view.sensitive ? 'alarm' : ''}
        why={why}
        onPress={() => send({ type: 'sensitive', data: { interaction_id: id, on: !view.sensitive } })}
      >
        {view.sensitive ? t('control.strip.endSensitive') : t('control.strip.sensitive')}
        {view.leftMS !== null && <span className="num"> {duration(view.leftMS + 999)}</span>}
      </Button>
      <Button
        small
        icon="hand"
        className={view.hand ? 'on fold' : 'fold'}
        why={why}
        onPress={() => send({ type: 'raise_hand', data: { interaction_id: id, on: !view.hand } })}
      >
        {view.hand ? t('control.strip.lowerHand') : t('control.strip.raiseHand')}
      </Button>
    </section>
  );
}

const tones: Record<RecordingWord, string> = {
  none: '',
  off: '',
  asking: 'wait',
  on: 'stop',
  paused: 'wait',
  refused: '',
  held: 'wait',
  failed: 'stop',
};

function RecordingTag({ word, reason }: { word: RecordingWord; reason: string }) {
  const { t } = useTranslation();
  if (word === 'none') return <span className="recording" role="status" />;
  return (
    <span
      className="recording"
      role="status"
      title={word === 'held' ? t('control.recording.heldWhy') : reason || undefined}
    >
      <span className={`dot ${tones[word]}`} />
      {t(`control.recording.${word}`)}
    </span>
  );
}
