// The right column: who it is, why they probably call, then what was before.
import { useTranslation } from 'react-i18next';
import { useDesk } from '../../ui/hooks';
import { PhoneNumber } from '../../ui/phone-number';
import { landmarks } from '../shortcuts';
import { Browse } from './browse';
import { Candidates } from './candidates';
import { columnOf } from './column-view';
import { Correction } from './correction';
import { NewCustomer } from './new-customer';
import { RecordCard } from './record';

export function CustomerColumn() {
  const { t } = useTranslation();
  return (
    <section id={landmarks.customer} className="side" tabIndex={-1} aria-label={t('customer.label')}>
      <div className="side-in">
        <Content />
      </div>
    </section>
  );
}

function Content() {
  const { t } = useTranslation();
  const offer = useDesk((s) => s.offer);
  const call = useDesk((s) => s.call);
  const customer = useDesk((s) => s.customer);
  const candidates = useDesk((s) => s.candidates);
  const correcting = useDesk((s) => s.correcting);
  const column = columnOf({ offer, call, customer, candidates, correcting });
  switch (column.show) {
    case 'nothing':
      return <Browse />;
    case 'looking':
      return (
        <div className="side-empty faint" aria-busy="true">
          {column.number ? <PhoneNumber value={column.number} /> : null}
          <p>{t('customer.lookingUnknown')}</p>
        </div>
      );
    case 'record':
      return <RecordCard customer={column.customer} number={column.number} />;
    case 'candidates':
      return <Candidates items={column.items} number={column.number} />;
    case 'unknown':
      return <NewCustomer number={column.number} key={column.interactionID} />;
    case 'correction':
      return <Correction customer={column.customer} number={column.number} />;
  }
}
