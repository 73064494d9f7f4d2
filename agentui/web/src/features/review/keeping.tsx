// Supervisors decide whether what was said is kept: legal hold, erasure, and whether the recording is what was written.
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useEndHold, useErase, useHold, useVerify, type Verified } from '../../api/keeping';
import type { Interaction } from '../../api/review';
import { Button } from '../../ui/button';
import { Dialog } from '../../ui/dialog';
import { stamp } from '../../ui/format';
import { useDesk } from '../../ui/hooks';
import { Icon } from '../../ui/icons';
import { ProblemLine, ProblemText } from '../admin/section';
import { OriginalsDialog } from './originals';
import { ReasonDialog } from './reason';

type Question = 'hold' | 'end' | 'erase' | 'originals' | null;

export function Keeping({ interaction, heard }: { interaction: Interaction; heard: boolean }) {
  const { t, i18n } = useTranslation();
  const allowed = useDesk((s) => s.me !== null && s.me.role !== 'agent');
  const [question, setQuestion] = useState<Question>(null);
  const endHold = useEndHold();
  const verify = useVerify();
  const { id, content } = interaction;
  const close = () => setQuestion(null);
  if (!allowed && !content?.hold_at && !content?.erased_at) return null;
  const ended = interaction.state === 'ended';
  const held = Boolean(content?.hold_at);
  const erased = Boolean(content?.erased_at);
  return (
    <section className="keeping" aria-label={t('keeping.label')}>
      {content?.hold_at && (
        <span className="tag wait" title={content.hold_reason}>
          <Icon name="lock" /> {t('keeping.held', { time: stamp(content.hold_at, i18n.language) })}
        </span>
      )}
      {content?.hold_at && (
        <span className="soft cut" dir="auto">
          {content.hold_reason}
        </span>
      )}
      {content?.erased_at && (
        <span className="tag stop">
          {t(`keeping.erased.${erasedWord(content.erased_reason)}`, {
            time: stamp(content.erased_at, i18n.language),
          })}
        </span>
      )}
      {verify.data && <Checked result={verify.data} />}
      {verify.error && (
        <span className="field-problem" role="alert">
          <ProblemText error={verify.error} />
        </span>
      )}
      <span className="grow" />
      {allowed && (
        <>
          <Button
            small
            icon="shield"
            why={heard ? undefined : t('review.noRecording')}
            onPress={() => verify.mutate(id)}
          >
            {t('keeping.verify')}
          </Button>
          <Button
            small
            icon="lock"
            why={erased ? t('keeping.nothingLeft') : undefined}
            onPress={() => setQuestion('originals')}
          >
            {t('originals.button')}
          </Button>
          {held ? (
            <Button small icon="lock" onPress={() => setQuestion('end')}>
              {t('keeping.endHold')}
            </Button>
          ) : (
            <Button
              small
              icon="lock"
              why={erased ? t('keeping.nothingLeft') : undefined}
              onPress={() => setQuestion('hold')}
            >
              {t('keeping.hold')}
            </Button>
          )}
          <Button
            small
            className="danger"
            why={
              erased
                ? t('keeping.nothingLeft')
                : held
                  ? t('keeping.heldWhy')
                  : ended
                    ? undefined
                    : t('keeping.running')
            }
            onPress={() => setQuestion('erase')}
          >
            {t('keeping.erase')}
          </Button>
        </>
      )}
      {question === 'hold' && <HoldDialog id={id} onClose={close} />}
      {question === 'end' && (
        <EndHoldDialog
          error={endHold.error}
          onClose={close}
          onEnd={() => endHold.mutate(id, { onSuccess: close })}
        />
      )}
      {question === 'originals' && <OriginalsDialog id={id} onClose={close} />}
      {question === 'erase' && <EraseDialog id={id} onClose={close} />}
    </section>
  );
}

function erasedWord(reason: string): 'asked' | 'retention' | 'discarded' {
  return reason === 'retention' || reason === 'discarded' ? reason : 'asked';
}

function Checked({ result }: { result: Verified }) {
  const { t } = useTranslation();
  const state = result.state === 'damaged' || result.state === 'open' ? result.state : 'whole';
  const tone = { whole: 'go', open: 'wait', damaged: 'stop' }[state];
  return (
    <span className={`tag ${tone}`} role="status" title={result.problems.join('; ') || result.chain}>
      {t(`keeping.checked.${state}`, { count: result.segments, problems: result.problems.length })}
    </span>
  );
}

function HoldDialog({ id, onClose }: { id: string; onClose: () => void }) {
  const { t } = useTranslation();
  const hold = useHold();
  return (
    <ReasonDialog
      title={t('keeping.holdAsk')}
      what={t('keeping.holdWhat')}
      label={t('keeping.reason')}
      yes={t('keeping.hold')}
      error={hold.error}
      onYes={(reason) => hold.mutate({ id, reason }, { onSuccess: onClose })}
      onClose={onClose}
    />
  );
}

interface EndHoldProps {
  error: Error | null;
  onEnd: () => void;
  onClose: () => void;
}

export function EndHoldDialog({ error, onEnd, onClose }: EndHoldProps) {
  const { t } = useTranslation();
  return (
    <Dialog
      alert
      title={t('keeping.endAsk')}
      onClose={onClose}
      actions={
        <>
          <Button onPress={onClose}>{t('admin.cancel')}</Button>
          <Button kind="stop" onPress={onEnd}>
            {t('keeping.endHold')}
          </Button>
        </>
      }
    >
      <p>{t('keeping.endWhat')}</p>
      <ProblemLine error={error} />
    </Dialog>
  );
}

function EraseDialog({ id, onClose }: { id: string; onClose: () => void }) {
  const { t } = useTranslation();
  const erase = useErase();
  return (
    <Dialog
      alert
      title={t('keeping.eraseAsk')}
      onClose={onClose}
      actions={
        <>
          <Button onPress={onClose}>{t('admin.cancel')}</Button>
          <Button kind="stop" onPress={() => !erase.isPending && erase.mutate(id, { onSuccess: onClose })}>
            {erase.isPending ? t('keeping.erasing') : t('keeping.eraseYes')}
          </Button>
        </>
      }
    >
      <p>{t('keeping.eraseWhat')}</p>
      <ul className="consequences">
        <li>{t('keeping.eraseSound')}</li>
        <li>{t('keeping.eraseWords')}</li>
        <li>{t('keeping.eraseStays')}</li>
        <li>{t('keeping.eraseBackups')}</li>
      </ul>
      <ProblemLine error={erase.error} />
    </Dialog>
  );
}
