// The pages: the live board or the desk, and everything that was said.
import { useTranslation } from 'react-i18next';
import { adminLink, homeLink, place, searchLink } from '../state/place';
import { useDesk, useValue } from '../ui/hooks';

export function Pages() {
  const { t } = useTranslation();
  const { page } = useValue(place);
  const agent = useDesk((s) => s.me?.role === 'agent');
  const admin = useDesk((s) => s.me?.role === 'admin');
  return (
    <nav className="pages" aria-label={t('pages.label')}>
      <a href={homeLink} aria-current={page === 'home' ? 'page' : undefined}>
        {agent ? t('pages.desk') : t('board.title')}
      </a>
      <a href={searchLink} aria-current={page === 'search' || page === 'review' ? 'page' : undefined}>
        {t('pages.review')}
      </a>
      {admin && (
        <a href={adminLink('users')} aria-current={page === 'admin' ? 'page' : undefined}>
          {t('pages.admin')}
        </a>
      )}
    </nav>
  );
}
