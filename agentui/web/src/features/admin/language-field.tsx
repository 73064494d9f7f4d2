// A language that people speak, of those that the recogniser knows.
import { useTranslation } from 'react-i18next';
import { SelectField } from '../../ui/field';
import { languageName } from '../../ui/format';

// The most spoken ones of telephones; one that was set by the API is shown beside them.
const spoken = [
  'en',
  'ja',
  'ar',
  'bn',
  'cs',
  'da',
  'de',
  'el',
  'es',
  'fi',
  'fr',
  'he',
  'hi',
  'hu',
  'id',
  'it',
  'ko',
  'ms',
  'nl',
  'no',
  'pl',
  'pt',
  'ro',
  'ru',
  'sv',
  'th',
  'tl',
  'tr',
  'uk',
  'ur',
  'vi',
  'zh',
];

/** A language's name in the language of the screen: Japanese for "ja". */
export function spokenName(code: string, screen: string): string {
  try {
    return new Intl.DisplayNames([screen], { type: 'language' }).of(code) ?? code;
  } catch {
    return languageName(code);
  }
}

interface LanguageFieldProps {
  label: string;
  hint?: string;
  none: string; // what an empty one means
  value: string;
  onChange: (value: string) => void;
}

export function LanguageField({ label, hint, none, value, onChange }: LanguageFieldProps) {
  const { i18n } = useTranslation();
  const all = value === '' || spoken.includes(value) ? spoken : [value, ...spoken];
  return (
    <SelectField
      label={label}
      hint={hint}
      value={value}
      choices={[
        { value: '', label: none },
        ...all.map((code) => ({ value: code, label: spokenName(code, i18n.language) })),
      ]}
      onChange={onChange}
    />
  );
}
