// The frame of administration: sections at the left, one of them shown. A change counts at once, without a restart.
import type { ComponentType } from 'react';
import { useTranslation } from 'react-i18next';
import { type AdminSection, adminLink } from '../../state/place';
import { useDesk } from '../../ui/hooks';
import { Banners } from '../banners';
import { Brand, HeaderMenu } from '../header';
import { Pages } from '../pages';
import { Audit } from './audit';
import { Codes } from './codes';
import { CueRules } from './cues';
import { Kept } from './kept';
import { Masks } from './masks';
import { Originals } from './originals';
import { Phrases } from './phrases';
import { Queues } from './queues';
import { System } from './system';
import { Tokens } from './tokens';
import { Users } from './users';
import { Webhooks } from './webhooks';
import { VocabularySection } from './words';

const shown: Record<AdminSection, ComponentType> = {
  users: Users,
  queues: Queues,
  codes: Codes,
  words: VocabularySection,
  phrases: Phrases,
  cues: CueRules,
  masks: Masks,
  kept: Kept,
  originals: Originals,
  audit: Audit,
  system: System,
  webhooks: Webhooks,
  tokens: Tokens,
};

const groups: readonly {
  readonly id: 'people' | 'speech' | 'record' | 'server';
  readonly of: readonly AdminSection[];
}[] = [
  { id: 'people', of: ['users', 'queues', 'codes'] },
  { id: 'speech', of: ['words', 'phrases', 'cues', 'masks'] },
  { id: 'record', of: ['kept', 'originals', 'audit'] },
  { id: 'server', of: ['system', 'webhooks', 'tokens'] },
];

export default function AdminPage({ section, onLeave }: { section: AdminSection; onLeave: () => void }) {
  const { t } = useTranslation();
  const allowed = useDesk((s) => s.me?.role === 'admin');
  const Shown = shown[section];
  return (
    <div className="admin-page">
      <header className="head">
        <Brand />
        <Pages />
        <span className="grow" />
        <HeaderMenu onLeave={onLeave} sound />
      </header>
      <nav className="admin-nav" aria-label={t('admin.sections')}>
        {groups.map((group) => (
          <div key={group.id}>
            <h2>{t(`admin.group.${group.id}`)}</h2>
            <ul>
              {group.of.map((id) => (
                <li key={id}>
                  <a href={adminLink(id)} aria-current={id === section ? 'page' : undefined}>
                    {t(`admin.${id}.title`)}
                  </a>
                </li>
              ))}
            </ul>
          </div>
        ))}
      </nav>
      <main className="admin-main">
        <Banners quiet />
        {allowed ? (
          <Shown key={section} />
        ) : (
          <div className="admin-none" role="alert">
            <h1 className="review-title">{t('pages.admin')}</h1>
            <p>{t('admin.notAllowed')}</p>
          </div>
        )}
      </main>
    </div>
  );
}
