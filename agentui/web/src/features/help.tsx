// The keyboard, on one small page.
import { useTranslation } from 'react-i18next';
import { useValue } from '../ui/hooks';
import { Popover } from '../ui/popover';
import { keys, setSingleKeys, singleKeys } from './shortcuts';

export const HELP_ID = 'keyboard-help';

export function Help() {
  const { t } = useTranslation();
  const single = useValue(singleKeys);
  const rows: [string, string][] = [
    [keys.answer.label, t('help.answer')],
    [keys.decline.label, t('help.decline')],
    [keys.mute.label, t('help.mute')],
    [keys.hold.label, t('help.hold')],
    [keys.keypad.label, t('help.keypad')],
    [keys.transfer.label, t('help.transfer')],
    [keys.hangUp.label, t('help.hangUp')],
    [keys.note.label, t('help.note')],
    [keys.transcript.label, t('help.transcript')],
    [keys.customer.label, t('help.customer')],
    ['End', t('help.end')],
    ['1 … 9', t('help.digit')],
    [keys.complete.label, t('help.complete')],
    ['/', t('review.recent')],
    ['?', t('help.this')],
  ];
  return (
    <Popover id={HELP_ID} label={t('help.title')} wide>
      <h2>{t('help.title')}</h2>
      <dl className="keys">
        {rows.map(([key, what]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <label className="check">
        <input type="checkbox" checked={single} onChange={(event) => setSingleKeys(event.target.checked)} />
        {t('help.single')}
      </label>
      <p className="faint">{t('help.singleNote')}</p>
    </Popover>
  );
}
