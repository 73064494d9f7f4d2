// A language that people speak, of those that the recogniser knows.
import { useTranslation } from 'react-i18next';
import { SelectField } from '../../ui/field';
import { spoken, spokenName } from '../../ui/languages';

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
