// The newest interactions, narrowed by a name, number, queue or colleague.
import { useDeferredValue, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type Interaction, useInteractions } from '../../api/review';
import { searchable } from '../../api/search';
import { reviewLink } from '../../state/place';
import { duration, when } from '../../ui/format';
import { useDesk, useNow } from '../../ui/hooks';
import { PhoneNumber } from '../../ui/phone-number';
import { VideoSessions } from '../video/outcome';
import { FoundWords } from './found';

export const SEARCH_ID = 'search-all';

export function Recent() {
  const { t } = useTranslation();
  const [query, setQuery] = useState('');
  const said = useDeferredValue(query);
  const supervises = useDesk((s) => s.me !== null && s.me.role !== 'agent');
  const found = useInteractions();
  const wanted = query.trim().toLocaleLowerCase();
  const items = (found.data ?? []).filter((i) => wanted === '' || fits(i, wanted));
  return (
    <div className="recent">
      <h1 className="review-title">{t('review.recent')}</h1>
      <label className="field">
        <span>{t('review.narrow')}</span>
        <input
          className="input"
          type="search"
          autoComplete="off"
          id={SEARCH_ID}
          // biome-ignore lint/a11y/noAutofocus: the person has come here to search
          autoFocus
          value={query}
          onChange={(event) => setQuery(event.target.value)}
        />
      </label>
      {searchable(said) && <FoundWords query={said} />}
      {supervises && wanted === '' && <VideoSessions />}
      <div className="table-frame">
        <table aria-label={t('review.recent')}>
          <thead>
            <tr>
              <th scope="col">{t('board.customer')}</th>
              <th scope="col">{t('board.agent')}</th>
              <th scope="col">{t('board.queue')}</th>
              <th scope="col">{t('review.started')}</th>
              <th scope="col">{t('review.length')}</th>
              <th scope="col">{t('review.outcome')}</th>
            </tr>
          </thead>
          <tbody>
            {items.map((item) => (
              <Row key={item.id} item={item} />
            ))}
            {items.length === 0 && (
              <tr>
                <td colSpan={6} className="faint">
                  {found.isPending
                    ? t('review.loading')
                    : found.isError
                      ? t('review.trouble', { reason: found.error.message })
                      : t('review.nothing')}
                </td>
              </tr>
            )}
          </tbody>
        </table>
      </div>
    </div>
  );
}

function fits(item: Interaction, wanted: string): boolean {
  const words = [item.customer?.name, item.from, item.queue, ...(item.agents ?? [])];
  return words.some((w) => (w ?? '').toLocaleLowerCase().includes(wanted));
}

function Row({ item }: { item: Interaction }) {
  const { t, i18n } = useTranslation();
  const now = useNow(60_000);
  const outcome = item.outcome;
  return (
    <tr>
      <td>
        <a className="row-name" href={reviewLink(item.id)}>
          {item.customer?.name || (item.from ? <PhoneNumber value={item.from} /> : t('history.withheld'))}
        </a>
      </td>
      <td>{(item.agents ?? []).join(', ') || <span className="faint">{t('board.noAgent')}</span>}</td>
      <td>{item.queue}</td>
      <td className="num">
        {when(item.started_at, now, i18n.language, (time) => t('time.yesterday', { time }))}
      </td>
      <td className="num">
        {item.ended_at ? (
          duration(Date.parse(item.ended_at) - Date.parse(item.started_at))
        ) : (
          <span className="tag go">{t('review.running')}</span>
        )}
      </td>
      <td>
        {outcome === 'handled' || outcome === 'abandoned' || outcome === 'interrupted'
          ? t(`history.${outcome}`)
          : outcome}
      </td>
    </tr>
  );
}
