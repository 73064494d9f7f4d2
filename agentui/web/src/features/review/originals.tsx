// Asks why what was masked must be read, and shows it for as long as the dialog is open.
import { useTranslation } from 'react-i18next';
import { useReadOriginals } from '../../api/originals';
import { Button } from '../../ui/button';
import { Dialog } from '../../ui/dialog';
import { duration } from '../../ui/format';
import { ReasonDialog } from './reason';

export function OriginalsDialog({ id, onClose }: { id: string; onClose: () => void }) {
  const { t } = useTranslation();
  const read = useReadOriginals();
  if (read.data) {
    return (
      <Dialog
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
    <ReasonDialog
      title={t('originals.ask')}
      what={t('originals.what')}
      label={t('originals.reason')}
      yes={t('originals.show')}
      error={read.error}
      onYes={(reason) => !read.isPending && read.mutate({ id, reason })}
      onClose={onClose}
    />
  );
}
