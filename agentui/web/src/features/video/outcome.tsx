// How video help ended, in words and as a list.
import { useQuery } from '@tanstack/react-query';
import type { TFunction } from 'i18next';
import { useTranslation } from 'react-i18next';
import { api } from '../../api/http';
import { reviewLink } from '../../state/place';
import { when } from '../../ui/format';
import { useNow } from '../../ui/hooks';
import type * as wire from '../../wire.gen';

function ended(outcome: string, t: TFunction): string {
  if (outcome === 'solved') return t('video.outcomeSolved');
  return outcome === 'visit_needed' ? t('video.outcomeVisit') : t('video.outcomeNone');
}

function network(quality: string, t: TFunction): string {
  switch (quality) {
    case 'good':
      return t('video.networkGood');
    case 'fair':
      return t('video.networkFair');
    case 'poor':
      return t('video.networkPoor');
    default:
      return '';
  }
}

export function outcomeWords(video: wire.VideoOutcome, t: TFunction): string {
  return [
    t('video.list'),
    ended(video.outcome, t),
    t('video.minutes', { count: video.minutes }),
    network(video.quality, t),
    video.satisfaction > 0 && t('video.stars', { count: video.satisfaction }),
  ]
    .filter(Boolean)
    .join(' · ');
}

interface Session extends wire.VideoOutcome {
  interaction_id: string;
  session: string;
  at: string;
  customer_name: string;
  agents: string[] | null;
}

/** For supervisors: how the last video helps ended. */
export function VideoSessions() {
  const { t, i18n } = useTranslation();
  const now = useNow(60_000);
  const { data } = useQuery({
    queryKey: ['video_sessions'],
    refetchInterval: 10_000,
    retry: false,
    queryFn: ({ signal }) => api<{ items: Session[] | null }>('GET', '/video_sessions', undefined, signal),
  });
  const items = data?.items ?? [];
  if (items.length === 0) return null;
  return (
    <section>
      <h2>{t('video.list')}</h2>
      <div className="table-frame">
        <table aria-label={t('video.list')}>
          <thead>
            <tr>
              <th scope="col">{t('board.customer')}</th>
              <th scope="col">{t('board.agent')}</th>
              <th scope="col">{t('review.started')}</th>
              <th scope="col">{t('review.outcome')}</th>
              <th scope="col">{t('video.shown')}</th>
              <th scope="col">{t('video.networkHead')}</th>
              <th scope="col">{t('video.satisfaction')}</th>
            </tr>
          </thead>
          <tbody>
            {items.map((s) => (
              <tr key={s.session}>
                <td>
                  <a className="row-name" href={reviewLink(s.interaction_id)}>
                    {s.customer_name || t('history.withheld')}
                  </a>
                </td>
                <td>{(s.agents ?? []).join(', ')}</td>
                <td className="num">
                  {when(s.at, now, i18n.language, (time) => t('time.yesterday', { time }))}
                </td>
                <td>
                  <span className={s.outcome === 'solved' ? 'tag go' : s.outcome ? 'tag wait' : 'tag'}>
                    {ended(s.outcome, t)}
                  </span>
                </td>
                <td className="num">{t('video.minutes', { count: s.minutes })}</td>
                <td>{network(s.quality, t)}</td>
                <td className="num">
                  {s.satisfaction > 0 ? t('video.stars', { count: s.satisfaction }) : ''}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
