// What lines in another language mean in English, by the recogniser: named as a machine's, and hidden by who does not want it.
import { useTranslation } from 'react-i18next';
import { englishShown, showEnglish } from '../ui/english';
import { useValue } from '../ui/hooks';
import type * as wire from '../wire.gen';

/** Below a line's words. It comes after its line was read aloud, so it is there to be read and does not interrupt. */
export function English({ text }: { text: string }) {
  const { t, i18n } = useTranslation();
  return (
    <span className="english" lang="en" aria-live="off">
      <span className="by-machine" lang={i18n.language}>
        {t('transcript.machine')}
      </span>{' '}
      {text}
    </span>
  );
}

/** The choice, where there is anything to choose. */
export function EnglishChoice({ lines }: { lines: readonly wire.Line[] }) {
  const { t } = useTranslation();
  const shown = useValue(englishShown);
  if (!lines.some((line) => line.translation)) return null;
  return (
    <label className="english-choice">
      <input type="checkbox" checked={shown} onChange={(event) => showEnglish(event.target.checked)} />
      {t('transcript.english')}
    </label>
  );
}
