// The pictures that were kept of an interaction, or of all of a customer's.
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { api } from '../../api/http';
import { clock } from '../../ui/format';
import './video.css';

interface Snapshot {
  id: string;
  at: string;
  drawing: boolean;
}

interface Props {
  readonly interactionID?: string;
  readonly customerID?: string;
  readonly version?: number | string; // changes where one was kept just now; 0: none was yet
  readonly heading?: string;
}

export function Kept({ interactionID, customerID, version, heading }: Props) {
  const { t, i18n } = useTranslation();
  const path = interactionID
    ? `/interactions/${interactionID}/snapshots`
    : `/customers/${customerID}/snapshots`;
  const { data } = useQuery({
    queryKey: ['snapshots', path, version],
    queryFn: ({ signal }) => api<{ items: Snapshot[] | null }>('GET', path, undefined, signal),
    enabled: version !== 0,
    retry: false,
  });
  const items = data?.items ?? [];
  if (items.length === 0) return null;
  return (
    <section>
      {heading && <h2>{heading}</h2>}
      <ul className="video-kept" aria-label={t('video.pictures')}>
        {items.map((p) => {
          const time = clock(p.at, i18n.language);
          const name = p.drawing ? t('video.keptDrawn', { time }) : t('video.keptAt', { time });
          return (
            <li key={p.id}>
              <a href={`/api/v1/snapshots/${p.id}`} target="_blank" rel="noreferrer" title={name}>
                <img src={`/api/v1/snapshots/${p.id}`} alt={name} loading="lazy" />
              </a>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
