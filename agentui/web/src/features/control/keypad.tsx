// Digits to the other side, by mouse or by the keyboard's own keys. In sensitive mode they are not shown.
import { useTranslation } from 'react-i18next';
import { Button } from '../../ui/button';
import { useDesk, useSession } from '../../ui/hooks';
import { Sheet } from '../../ui/sheet';

const rows = ['123', '456', '789', '*0#'].map((row) => [...row]);
const letters: Record<string, string> = {
  2: 'ABC',
  3: 'DEF',
  4: 'GHI',
  5: 'JKL',
  6: 'MNO',
  7: 'PQRS',
  8: 'TUV',
  9: 'WXYZ',
};

export function Keypad() {
  const { t } = useTranslation();
  const { dispatch } = useSession();
  const keyed = useDesk((s) => s.keyed);
  const sensitive = useDesk((s) => s.call?.sensitive != null);
  const close = () => dispatch({ kind: 'close_sheet' });
  return (
    <Sheet
      label={t('control.keypad.title')}
      className="keypad"
      onClose={close}
      onKey={(key) => {
        if (!/^[0-9*#]$/.test(key)) return false;
        dispatch({ kind: 'key', digit: key });
        return true;
      }}
    >
      <div className="row">
        <h2 className="grow">{t('control.keypad.title')}</h2>
        <Button small kind="plain" onPress={close}>
          {t('control.close')}
        </Button>
      </div>
      <output className="keyed num" aria-label={t('control.keypad.sent')}>
        {sensitive ? (
          <span className="faint">{t('control.keypad.hidden')}</span>
        ) : keyed ? (
          keyed.slice(-24)
        ) : (
          <span className="faint">{t('control.keypad.empty')}</span>
        )}
      </output>
      <div className="pad">
        {rows.flat().map((digit) => (
          <button
            key={digit}
            type="button"
            className="button pad-key"
            aria-label={digit}
            data-first={digit === '1' || undefined}
            onClick={() => dispatch({ kind: 'key', digit })}
          >
            <span className="num">{digit}</span>
            <span className="pad-letters" data-letters={letters[digit] ?? ''} aria-hidden="true" />
          </button>
        ))}
      </div>
    </Sheet>
  );
}
