// Language and theme: small selects that say what they are.
import { useTranslation } from 'react-i18next';
import { type Language, languages, setLanguage } from '../i18n';
import { useValue } from '../ui/hooks';
import { Icon } from '../ui/icons';
import { setTheme, type Theme, theme } from '../ui/theme';

export function LanguageSelect() {
  const { t, i18n } = useTranslation();
  return (
    <span className="pick">
      <Icon name="language" />
      <select
        aria-label={t('menu.language')}
        title={t('menu.language')}
        value={i18n.language}
        onChange={(event) => setLanguage(event.target.value as Language)}
      >
        {languages.map((language) => (
          <option key={language.code} value={language.code} lang={language.code}>
            {language.name}
          </option>
        ))}
      </select>
    </span>
  );
}

export function ThemeSelect() {
  const { t } = useTranslation();
  const chosen = useValue(theme);
  return (
    <span className="pick">
      <Icon name="sun" />
      <select
        aria-label={t('menu.theme')}
        title={t('menu.theme')}
        value={chosen}
        onChange={(event) => setTheme(event.target.value as Theme)}
      >
        <option value="system">{t('menu.system')}</option>
        <option value="light">{t('menu.light')}</option>
        <option value="dark">{t('menu.dark')}</option>
      </select>
    </span>
  );
}
