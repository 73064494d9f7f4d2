// A box to try rules on a text before they count.
import { type ReactNode, useDeferredValue, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { TextField } from '../../ui/field';

export const LONGEST_TRIAL = 1000; // characters; the server takes 4000 bytes

interface TrialProps {
  hint: string;
  children: (text: string) => ReactNode; // what the rules do to it
}

export function Trial({ hint, children }: TrialProps) {
  const { t } = useTranslation();
  const [text, setText] = useState('');
  const settled = useDeferredValue(text);
  return (
    <aside className="admin-panel trial" aria-label={t('admin.trial.title')}>
      <div className="admin-panel-head">
        <h2 className="panel-title">{t('admin.trial.title')}</h2>
      </div>
      <div className="admin-form">
        <TextField
          label={t('admin.trial.text')}
          hint={hint}
          rows={6}
          maxLength={LONGEST_TRIAL}
          value={text}
          onChange={setText}
        />
        <div className="trial-result" role="status">
          {settled.trim() === '' ? <p className="faint">{t('admin.trial.empty')}</p> : children(settled)}
        </div>
      </div>
    </aside>
  );
}
