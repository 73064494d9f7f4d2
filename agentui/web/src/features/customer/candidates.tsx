// Several people share the caller's number: ranked cards, one click chooses.
import { useTranslation } from 'react-i18next';
import { initials, numberGroups, shortDate } from '../../ui/format';
import { useNow, useSession } from '../../ui/hooks';
import { Icon } from '../../ui/icons';
import type * as wire from '../../wire.gen';

export function Candidates({ items, number }: { items: readonly wire.Customer[]; number: string }) {
  const { t } = useTranslation();
  const { dispatch } = useSession();
  return (
    <>
      <div>
        <h2 className="title">{t('customer.several')}</h2>
        <p className="soft">
          {t('customer.severalWhy', { count: items.length, number: numberGroups(number).join(' ') })}
        </p>
      </div>
      <CustomerCards items={items} />
      <button type="button" className="link" onClick={() => dispatch({ kind: 'correct_customer', on: true })}>
        {t('customer.noneOfThem')}
      </button>
    </>
  );
}

interface CardsProps {
  items: readonly wire.Customer[];
  onChoose?: ((customerID: string) => void) | undefined; // without it: who the caller is
}

/** People to choose from, each a button. */
export function CustomerCards({ items, onChoose }: CardsProps) {
  const { dispatch } = useSession();
  const choose = onChoose ?? ((customerID: string) => dispatch({ kind: 'choose_customer', customerID }));
  return (
    <ul className="people">
      {items.map((customer) => (
        <li key={customer.id}>
          <button type="button" className="person" onClick={() => choose(customer.id)}>
            <PersonLines customer={customer} />
          </button>
        </li>
      ))}
    </ul>
  );
}

function PersonLines({ customer }: { customer: wire.Customer }) {
  const { i18n, t } = useTranslation();
  const now = useNow(60_000);
  const open = (customer.cases ?? []).find((c) => c.status === 'open');
  const order = (customer.orders ?? [])[0];
  const hint = open?.title ?? order?.title;
  return (
    <>
      <span className="avatar small" aria-hidden="true">
        {initials(customer.name) || <Icon name="person" />}
      </span>
      <span className="grow">
        <b>{customer.name}</b>
        <span className="soft">{[customer.organisation, customer.town].filter(Boolean).join(' · ')}</span>
        {hint && <span className="faint cut">{hint}</span>}
        {customer.updated_at && (
          <span className="faint">
            {t('customer.lastContact', { date: shortDate(customer.updated_at, now, i18n.language) })}
          </span>
        )}
      </span>
      {customer.tier && <span className="tag accent">{customer.tier}</span>}
    </>
  );
}
