// What was masked in calls, where the server keeps it. Reading it takes a reason, and stands in the audit log.
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type KeptOriginals, useOriginals } from '../../api/originals';
import { adminLink, reviewLink } from '../../state/place';
import { Button } from '../../ui/button';
import { stamp } from '../../ui/format';
import { PhoneNumber } from '../../ui/phone-number';
import { type Column, Table } from '../../ui/table';
import { OriginalsDialog } from '../review/originals';
import { Reading, Section } from './section';

export function Originals() {
  const { t, i18n } = useTranslation();
  const kept = useOriginals();
  const [open, setOpen] = useState<KeptOriginals | null>(null);
  const columns: Column<KeptOriginals>[] = [
    {
      id: 'call',
      label: t('admin.kept.call'),
      cell: (o) => (
        <a className="row-name" href={reviewLink(o.interaction_id)}>
          {o.customer_name || (o.from ? <PhoneNumber value={o.from} /> : t('history.withheld'))}
        </a>
      ),
    },
    {
      id: 'began',
      label: t('review.started'),
      cell: (o) => <span className="num">{stamp(o.started_at, i18n.language)}</span>,
    },
    { id: 'queue', label: t('admin.kept.queue'), cell: (o) => o.queue },
    { id: 'lines', label: t('originals.lines'), numeric: true, cell: (o) => o.lines },
    {
      id: 'read',
      label: t('originals.lastRead'),
      cell: (o) =>
        o.last_read ? (
          <>
            {t('originals.readBy', { name: o.last_reader, count: o.reads })}
            <div className="faint num">{stamp(o.last_read, i18n.language)}</div>
          </>
        ) : (
          <span className="faint">{t('admin.users.never')}</span>
        ),
    },
    {
      id: 'show',
      label: t('admin.actions'),
      hideLabel: true,
      cell: (o) => (
        <Button small icon="lock" onPress={() => setOpen(o)}>
          {t('originals.show')}
        </Button>
      ),
    },
  ];
  return (
    <Section
      title={t('admin.originals.title')}
      intro={t('admin.originals.intro')}
      action={
        kept.data && (
          <span className={kept.data.keeping ? 'tag wait' : 'tag'}>
            {t(kept.data.keeping ? 'admin.originals.on' : 'admin.originals.off')}
          </span>
        )
      }
    >
      {kept.data ? (
        <Table
          label={t('admin.originals.title')}
          columns={columns}
          rows={kept.data.items}
          keyOf={(o) => o.interaction_id}
          empty={t(kept.data.keeping ? 'admin.originals.none' : 'admin.originals.noneOff')}
        />
      ) : (
        <Reading error={kept.error} />
      )}
      {kept.data?.more && <p className="waiting">{t('admin.originals.more')}</p>}
      <p className="faint">
        {t('admin.originals.how')} <a href={adminLink('audit')}>{t('admin.audit.title')}</a>
      </p>
      {open && <OriginalsDialog id={open.interaction_id} onClose={() => setOpen(null)} />}
    </Section>
  );
}
