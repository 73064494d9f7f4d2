// Nobody is known with this number: write the caller down. The number is kept.
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useCreateCustomer } from '../../api/customers';
import { languageName } from '../../ui/format';
import { useSession } from '../../ui/hooks';
import { PhoneNumber } from '../../ui/phone-number';
import { FindCustomer } from './correction';

export function NewCustomer({ number }: { number: string }) {
  const { t } = useTranslation();
  return (
    <>
      <div>
        <h2 className="title">{t('customer.newCustomer')}</h2>
        <p className="soft">{number ? t('customer.newWhy') : t('customer.newWithheld')}</p>
      </div>
      <NewCustomerForm number={number} />
      <FindCustomer />
    </>
  );
}

const spoken = ['en', 'ja', 'zh', 'ko', 'es', 'fr', 'de', 'pt', 'it'];
const blank = { name: '', organisation: '', town: '', language: '', email: '' };

export function NewCustomerForm({ number }: { number: string }) {
  const { t } = useTranslation();
  const { dispatch } = useSession();
  const [fields, setFields] = useState(blank);
  const [nameless, setNameless] = useState(false);
  const create = useCreateCustomer((customerID) => dispatch({ kind: 'choose_customer', customerID }));
  const set = (key: keyof typeof blank) => (event: { target: { value: string } }) => {
    setNameless(false);
    setFields((before) => ({ ...before, [key]: event.target.value }));
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (create.isPending) return;
    if (fields.name.trim() === '') {
      setNameless(true);
      return;
    }
    create.mutate({
      name: fields.name.trim(),
      organisation: fields.organisation.trim(),
      town: fields.town.trim(),
      language: fields.language,
      phones: number ? [number] : [],
      emails: fields.email.trim() ? [fields.email.trim()] : [],
    });
  };
  return (
    <form className="new-customer" onSubmit={submit} noValidate>
      {number && (
        <div className="row kept">
          <PhoneNumber value={number} />
          <span className="faint">{t('customer.kept')}</span>
        </div>
      )}
      <label className="field">
        <span>{t('customer.name')}</span>
        <input
          className="input"
          autoComplete="off"
          aria-invalid={nameless || undefined}
          value={fields.name}
          onChange={set('name')}
        />
      </label>
      <div className="pair">
        <label className="field">
          <span>{t('customer.organisation')}</span>
          <input
            className="input"
            autoComplete="off"
            value={fields.organisation}
            onChange={set('organisation')}
          />
        </label>
        <label className="field">
          <span>{t('customer.town')}</span>
          <input className="input" autoComplete="off" value={fields.town} onChange={set('town')} />
        </label>
      </div>
      <div className="pair">
        <label className="field">
          <span>{t('customer.emailField')}</span>
          <input
            className="input"
            type="email"
            autoComplete="off"
            value={fields.email}
            onChange={set('email')}
          />
        </label>
        <label className="field">
          <span>{t('customer.language')}</span>
          <select className="input" value={fields.language} onChange={set('language')}>
            <option value="">{t('customer.unknownLanguage')}</option>
            {spoken.map((code) => (
              <option key={code} value={code} lang={code}>
                {languageName(code)}
              </option>
            ))}
          </select>
        </label>
      </div>
      <div className="row">
        <button type="submit" className="button primary" aria-disabled={create.isPending || undefined}>
          {create.isPending ? t('customer.saving') : t('customer.save')}
        </button>
        <span className="form-problem" role="alert">
          {nameless && t('customer.needName')}
          {create.isError && t('customer.saveFailed', { reason: create.error.message })}
        </span>
      </div>
    </form>
  );
}
