// Something that lets in, made by the server: it is shown this once.
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from '../../ui/button';
import { Dialog } from '../../ui/dialog';

interface SecretDialogProps {
  title: string;
  what: string;
  secret: string;
  onClose: () => void;
}

export function SecretDialog({ title, what, secret, onClose }: SecretDialogProps) {
  const { t } = useTranslation();
  const [copied, setCopied] = useState(false);
  return (
    <Dialog
      title={title}
      onClose={onClose}
      actions={
        <>
          <Button onPress={() => void navigator.clipboard?.writeText(secret).then(() => setCopied(true))}>
            {copied ? t('admin.users.copied') : t('admin.users.copy')}
          </Button>
          <Button kind="primary" onPress={onClose}>
            {t('admin.users.noted')}
          </Button>
        </>
      }
    >
      <p>{what}</p>
      <p className="secret mono" translate="no">
        {secret}
      </p>
    </Dialog>
  );
}
