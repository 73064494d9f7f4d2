// "Not this person?": find the right one, or write down a new one.
import { useDeferredValue, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useCustomerSearch } from '../../api/customers';
import { useSession } from '../../ui/hooks';
import type * as wire from '../../wire.gen';
import { CustomerCards } from './candidates';
import { NewCustomerForm } from './new-customer';

export function Correction({ customer, number }: { customer: wire.CustomerView | null; number: string }) {
  const { t } = useTranslation();
  const { dispatch } = useSession();
  return (
    <>
      <div className="row">
        <h2 className="title grow">{t('customer.who')}</h2>
        <button
          type="button"
          className="button small"
          onClick={() => dispatch({ kind: 'correct_customer', on: false })}
        >
          {customer ? t('customer.keep', { name: customer.name }) : t('banner.dismiss')}
        </button>
      </div>
      <FindCustomer focus />
      <h2>{t('customer.orNew')}</h2>
      <NewCustomerForm number={number} />
    </>
  );
}

interface FindProps {
  focus?: boolean;
  onChoose?: ((customerID: string) => void) | undefined;
}

/** A search that shows people to choose while one types. */
export function FindCustomer({ focus, onChoose }: FindProps) {
  const { t } = useTranslation();
  const [query, setQuery] = useState('');
  const wanted = useDeferredValue(query);
  const search = useCustomerSearch(wanted);
  const items = search.data ?? [];
  const asked = wanted.trim().length >= 2;
  return (
    <search className="find">
      <label className="field">
        <span>{t('customer.search')}</span>
        <input
          className="input"
          type="search"
          placeholder={t('customer.searchHint')}
          autoComplete="off"
          // biome-ignore lint/a11y/noAutofocus: the person has just asked for this field
          autoFocus={focus === true}
          value={query}
          onChange={(event) => setQuery(event.target.value)}
        />
      </label>
      <p className="faint find-state" role="status">
        {!asked
          ? ''
          : search.isError
            ? t('customer.searchFailed')
            : search.isFetching && items.length === 0
              ? t('customer.searching')
              : items.length === 0
                ? t('customer.noMatch', { query: wanted.trim() })
                : ''}
      </p>
      {asked && items.length > 0 && <CustomerCards items={items} onChoose={onChoose} />}
    </search>
  );
}
