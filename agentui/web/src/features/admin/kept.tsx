// What is kept of calls, for how long, and what may not go.
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type Held, type Keep, useHolds, useKeeps, useQueues, useRotateKey } from '../../api/admin';
import { useEndHold } from '../../api/keeping';
import { adminLink, reviewLink } from '../../state/place';
import { Button } from '../../ui/button';
import { Dialog } from '../../ui/dialog';
import { size, stamp } from '../../ui/format';
import { PhoneNumber } from '../../ui/phone-number';
import { type Column, Table } from '../../ui/table';
import { EndHoldDialog } from '../review/keeping';
import { Outcome, Reading, Section } from './section';

export function Kept() {
  const { t, i18n } = useTranslation();
  const keeps = useKeeps();
  const queues = useQueues();
  const holds = useHolds();
  const rotate = useRotateKey();
  const [rotating, setRotating] = useState(false);
  const days = (name: string) => queues.data?.find((q) => q.name === name)?.retention_days;
  const figures: Column<Keep>[] = [
    {
      id: 'queue',
      label: t('admin.kept.queue'),
      cell: (k) => <b>{k.queue || t('admin.kept.noQueue')}</b>,
    },
    {
      id: 'for',
      label: t('admin.queues.retention'),
      cell: (k) => {
        const n = days(k.queue);
        if (n === undefined) return <span className="waiting">{t('admin.kept.gone')}</span>;
        return n === 0 ? t('admin.queues.forEver') : t('admin.queues.days', { count: n });
      },
    },
    {
      id: 'calls',
      label: t('admin.kept.calls'),
      numeric: true,
      cell: (k) => number(k.interactions, i18n.language),
    },
    {
      id: 'recordings',
      label: t('admin.kept.recordings'),
      numeric: true,
      cell: (k) => (
        <>
          {number(k.recordings, i18n.language)}
          {k.unstored > 0 && <div className="waiting">{t('admin.kept.unstored', { count: k.unstored })}</div>}
        </>
      ),
    },
    { id: 'size', label: t('admin.kept.size'), numeric: true, cell: (k) => size(k.bytes, i18n.language) },
    {
      id: 'oldest',
      label: t('admin.kept.oldest'),
      cell: (k) => (k.oldest ? stamp(k.oldest, i18n.language) : ''),
    },
    {
      id: 'held',
      label: t('admin.kept.held'),
      numeric: true,
      cell: (k) => (k.held > 0 ? <b>{k.held}</b> : <span className="faint">0</span>),
    },
    {
      id: 'due',
      label: t('admin.kept.due'),
      numeric: true,
      cell: (k) => (k.due > 0 ? <b className="waiting">{k.due}</b> : <span className="faint">0</span>),
    },
  ];
  return (
    <Section
      title={t('admin.kept.title')}
      intro={t('admin.kept.intro')}
      action={
        <a className="button" href={adminLink('queues')}>
          {t('admin.kept.change')}
        </a>
      }
    >
      <h2>{t('admin.kept.byQueue')}</h2>
      {keeps.data ? (
        <Table
          label={t('admin.kept.byQueue')}
          columns={figures}
          rows={keeps.data}
          keyOf={(k) => k.queue}
          empty={t('admin.kept.nothing')}
        />
      ) : (
        <Reading error={keeps.error} />
      )}
      <p className="faint">{t('admin.kept.sweep')}</p>
      <h2>{t('admin.kept.holds')}</h2>
      {holds.data ? (
        <Holds holds={holds.data.pages.flatMap((page) => page.items)} />
      ) : (
        <Reading error={holds.error} />
      )}
      {holds.hasNextPage && (
        <Button onPress={() => !holds.isFetchingNextPage && void holds.fetchNextPage()}>
          {holds.isFetchingNextPage ? t('review.loading') : t('admin.audit.older')}
        </Button>
      )}
      <h2>{t('admin.kept.keys')}</h2>
      <div className="row">
        <p className="soft grow">{t('admin.kept.keysWhat')}</p>
        <Button onPress={() => setRotating(true)}>{t('admin.kept.rotate')}</Button>
      </div>
      <p>
        <Outcome error={rotate.error} />
        {rotate.data && (
          <span className="saved" role="status">
            {t('admin.kept.rotated', { count: rotate.data.keys })}
          </span>
        )}
      </p>
      {rotating && (
        <Dialog
          title={t('admin.kept.rotateAsk')}
          onClose={() => setRotating(false)}
          actions={
            <>
              <Button onPress={() => setRotating(false)}>{t('admin.cancel')}</Button>
              <Button
                kind="primary"
                onPress={() => rotate.mutate(undefined, { onSettled: () => setRotating(false) })}
              >
                {t('admin.kept.rotate')}
              </Button>
            </>
          }
        >
          {t('admin.kept.rotateWhat')}
        </Dialog>
      )}
    </Section>
  );
}

function Holds({ holds }: { holds: readonly Held[] }) {
  const { t, i18n } = useTranslation();
  const end = useEndHold();
  const [ending, setEnding] = useState('');
  const columns: Column<Held>[] = [
    {
      id: 'call',
      label: t('admin.kept.call'),
      cell: (h) => (
        <a className="row-name" href={reviewLink(h.interaction_id)}>
          {h.customer_name || (h.from ? <PhoneNumber value={h.from} /> : t('history.withheld'))}
        </a>
      ),
    },
    { id: 'began', label: t('review.started'), cell: (h) => stamp(h.started_at, i18n.language) },
    { id: 'queue', label: t('admin.kept.queue'), cell: (h) => h.queue },
    { id: 'reason', label: t('admin.kept.reason'), cell: (h) => <span dir="auto">{h.reason}</span> },
    {
      id: 'by',
      label: t('admin.kept.by'),
      cell: (h) => (
        <>
          {h.hold_by_name}
          <div className="faint num">{stamp(h.hold_at, i18n.language)}</div>
        </>
      ),
    },
    {
      id: 'end',
      label: t('admin.actions'),
      hideLabel: true,
      cell: (h) => (
        <Button small onPress={() => setEnding(h.interaction_id)}>
          {t('keeping.endHold')}
        </Button>
      ),
    },
  ];
  return (
    <>
      <Table
        label={t('admin.kept.holds')}
        columns={columns}
        rows={holds}
        keyOf={(h) => h.interaction_id}
        empty={t('admin.kept.noHolds')}
      />
      {ending !== '' && (
        <EndHoldDialog
          error={end.error}
          onClose={() => setEnding('')}
          onEnd={() => end.mutate(ending, { onSuccess: () => setEnding('') })}
        />
      )}
    </>
  );
}

function number(n: number, language: string): string {
  return new Intl.NumberFormat(language).format(n);
}
