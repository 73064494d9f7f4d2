// The left column: the call now, and my last ones.
import { useTranslation } from 'react-i18next';
import { reviewLink } from '../state/place';
import { since, when } from '../ui/format';
import { useDesk, useNow } from '../ui/hooks';
import { PhoneNumber } from '../ui/phone-number';
import type * as wire from '../wire.gen';

export function Mine() {
  const { t } = useTranslation();
  const history = useDesk((s) => s.history);
  return (
    <nav className="mine" aria-label={t('nav.label')}>
      <section>
        <h2>{t('nav.now')}</h2>
        <NowCard />
      </section>
      <section>
        <h2>{t('nav.last')}</h2>
        {history.length === 0 ? (
          <p className="faint mine-empty">{t('nav.noLast')}</p>
        ) : (
          <ul className="last">
            {history.map((item) => (
              <LastItem key={item.interaction_id} item={item} />
            ))}
          </ul>
        )}
      </section>
    </nav>
  );
}

function NowCard() {
  const { t } = useTranslation();
  const offer = useDesk((s) => s.offer);
  const call = useDesk((s) => s.call);
  const customer = useDesk((s) => s.customer);
  const now = useNow();
  const subject = call ?? offer;
  if (!subject) return <div className="now none faint">{t('nav.nothing')}</div>;
  const from = subject.from;
  const name = customer?.name || (offer && !call ? offer.customer_name : '');
  const tag = call?.state === 'wrap_up' ? 'wrapUp' : call?.held ? 'held' : call?.muted ? 'muted' : null;
  return (
    <div className="now on">
      <div className="row">
        <b className="grow cut">{name || (from ? <PhoneNumber value={from} /> : t('history.withheld'))}</b>
        <span className="num">
          {call
            ? since(call.state === 'wrap_up' ? call.ended_at : call.answered_at, now)
            : since(offer?.waiting_since, now)}
        </span>
      </div>
      <div className="row soft">
        <span className="grow cut">
          {subject.queue}
          {name && from && (
            <>
              {' · '}
              <PhoneNumber value={from} />
            </>
          )}
        </span>
      </div>
      <div className="now-tag">
        {offer && !call && <span className="tag wait">{t('activity.offered')}</span>}
        {call && !tag && <span className="tag go">{t('activity.talking')}</span>}
        {tag === 'wrapUp' && <span className="tag wait">{t('activity.wrap_up')}</span>}
        {tag === 'held' && <span className="tag wait">{t('board.callState.held')}</span>}
        {tag === 'muted' && <span className="tag wait">{t('bar.mute')}</span>}
      </div>
    </div>
  );
}

function LastItem({ item }: { item: wire.HistoryItem }) {
  const { t, i18n } = useTranslation();
  const codes = useDesk((s) => s.codes);
  const now = useNow(60_000);
  const label = codes.find((c) => c.code === item.wrap_up_code)?.label;
  const outcome =
    label?.[i18n.language] ??
    label?.en ??
    (item.outcome === 'abandoned' || item.outcome === 'interrupted' || item.outcome === 'handled'
      ? t(`history.${item.outcome}`)
      : item.outcome);
  return (
    <li>
      <a className="cut last-link" href={reviewLink(item.interaction_id)} title={t('review.open')}>
        {item.customer_name || (item.from ? <PhoneNumber value={item.from} /> : t('history.withheld'))}
      </a>
      <span className="num faint">
        {when(item.started_at, now, i18n.language, (time) => t('time.yesterday', { time }))}
      </span>
      <span className="faint cut">{outcome}</span>
    </li>
  );
}
