// Between calls: anybody's record, to read and to call from.
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useCustomer } from '../../api/customers';
import { FindCustomer } from './correction';
import { RecordCard } from './record';

export function Browse() {
  const { t } = useTranslation();
  const [chosen, setChosen] = useState<string | null>(null);
  const customer = useCustomer(chosen);
  if (chosen === null) {
    return (
      <>
        <FindCustomer onChoose={setChosen} />
        <p className="side-empty faint">{t('customer.idle')}</p>
      </>
    );
  }
  return (
    <>
      <button type="button" className="link" onClick={() => setChosen(null)}>
        {t('customer.another')}
      </button>
      {customer.data ? (
        <RecordCard customer={customer.data} number="" browsing />
      ) : (
        <p className="faint" role="status">
          {customer.isError ? t('customer.searchFailed') : t('customer.searching')}
        </p>
      )}
    </>
  );
}
