// Where the words were said: each line opens the interaction at that moment.
import { useTranslation } from 'react-i18next';
import { type Found, type Hit, useWordsSaid } from '../../api/search';
import { reviewLink } from '../../state/place';
import { Button } from '../../ui/button';
import { duration, when } from '../../ui/format';
import { useNow } from '../../ui/hooks';
import { PhoneNumber } from '../../ui/phone-number';
import { markedPieces } from './review-view';

export function FoundWords({ query }: { query: string }) {
  const { t } = useTranslation();
  const found = useWordsSaid(query);
  const items = found.data?.pages.flatMap((page) => page.items ?? []) ?? [];
  return (
    <section className="found" aria-label={t('review.said')}>
      <h2>{t('review.said')}</h2>
      <p className="faint find-state" role="status">
        {found.isError
          ? found.error.message
          : found.isPending || found.isFetchingNextPage
            ? t('review.loading')
            : items.length === 0
              ? t('review.nothing')
              : t('review.found', { count: items.length })}
      </p>
      {items.length > 0 && (
        <ul className="card found-list">
          {items.map((item) => (
            <FoundItem key={item.interaction.id} item={item} />
          ))}
        </ul>
      )}
      {found.hasNextPage && (
        <Button
          small
          icon="down"
          why={found.isFetchingNextPage ? t('review.loading') : undefined}
          onPress={() => void found.fetchNextPage()}
        >
          {t('review.more')}
        </Button>
      )}
    </section>
  );
}

function FoundItem({ item }: { item: Found }) {
  const { t, i18n } = useTranslation();
  const now = useNow(60_000);
  const { interaction } = item;
  const name = interaction.customer?.name;
  return (
    <li>
      <b className="cut">
        {name || (interaction.from ? <PhoneNumber value={interaction.from} /> : t('history.withheld'))}
      </b>
      <span className="faint num">
        {when(interaction.started_at, now, i18n.language, (time) => t('time.yesterday', { time }))}
      </span>
      <div className="hits">
        {(item.hits ?? []).map((hit) => (
          <a key={hit.line_id} className="hit" href={reviewLink(interaction.id, hit.start_ms)}>
            <span className="num faint">{duration(hit.start_ms)}</span>
            <HitText hit={hit} />
          </a>
        ))}
      </div>
    </li>
  );
}

function HitText({ hit }: { hit: Hit }) {
  return (
    <span dir="auto">
      {markedPieces(hit.text, hit.ranges ?? []).map((piece, i) =>
        // biome-ignore lint/suspicious/noArrayIndexKey: pieces have no other identity
        piece.marked ? <mark key={i}>{piece.text}</mark> : piece.text,
      )}
    </span>
  );
}
