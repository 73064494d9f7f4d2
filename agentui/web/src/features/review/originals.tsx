// Asks why what was masked must be read, and shows it for as long as the dialog is open.
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useReadOriginals } from '../../api/originals';
import { Button } from '../../ui/button';
import { Dialog } from '../../ui/dialog';
import { TextField } from '../../ui/field';
import { duration } from '../../ui/format';
import { ProblemText } from '../admin/section';

export function OriginalsDialog({ id, onClose }: { id: string; onClose: () => void }) {
  const { t } = useTranslation();
  const read = useReadOriginals();
  const [reason, setReason] = useState('');
  const why = reason.trim() === '' ? t('keeping.reasonMissing') : undefined;
  if (read.data) {
    return (
      <Dialog
        key="shown"
        title={t('originals.said')}
        onClose={onClose}
        actions={
          <Button kind="primary" onPress={onClose}>
            {t('admin.close')}
          </Button>
        }
      >
        <p>{t('originals.audited')}</p>
        <ul className="originals" translate="no">
          {read.data.map((line) => {
            const who = line.speaker === 'customer' || line.speaker === 'supervisor' ? line.speaker : 'agent';
            return (
              <li key={line.id} className={`line ${line.speaker}`}>
                <span className="line-time num">{duration(line.start_ms)}</span>
                <b>{t(`transcript.${who}`)}</b>
                <span dir="auto">{line.text}</span>
              </li>
            );
          })}
        </ul>
      </Dialog>
    );
  }
  return (
    <Dialog
      key="asked"
      title={t('originals.ask')}
      onClose={onClose}
      actions={
        <>
          <Button onPress={onClose}>{t('admin.cancel')}</Button>
          <Button
            kind="primary"
            why={why}
            onPress={() => !read.isPending && read.mutate({ id, reason: reason.trim() })}
          >
            {t('originals.show')}
          </Button>
        </>
      }
    >
      <p>{t('originals.what')}</p>
      <TextField
        label={t('originals.reason')}
        value={reason}
        maxLength={500}
        rows={2}
        first
        onChange={setReason}
      />
      {read.error && (
        <p className="field-problem" role="alert">
          <ProblemText error={read.error} />
        </p>
      )}
    </Dialog>
  );
}
