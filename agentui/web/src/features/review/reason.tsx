// Asks why something is done that must have a reason.
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from '../../ui/button';
import { Dialog } from '../../ui/dialog';
import { TextField } from '../../ui/field';
import { ProblemLine } from '../admin/section';

interface Props {
  title: string;
  what: string; // it does, and who will know
  label: string; // of the reason
  yes: string;
  error: Error | null;
  onYes: (reason: string) => void; // never with an empty one
  onClose: () => void;
}

export function ReasonDialog({ title, what, label, yes, error, onYes, onClose }: Props) {
  const { t } = useTranslation();
  const [reason, setReason] = useState('');
  const why = reason.trim() === '' ? t('keeping.reasonMissing') : undefined;
  return (
    <Dialog
      title={title}
      onClose={onClose}
      actions={
        <>
          <Button onPress={onClose}>{t('admin.cancel')}</Button>
          <Button kind="primary" why={why} onPress={() => onYes(reason.trim())}>
            {yes}
          </Button>
        </>
      }
    >
      <p>{what}</p>
      <TextField label={label} value={reason} maxLength={500} rows={2} first onChange={setReason} />
      <ProblemLine error={error} />
    </Dialog>
  );
}
