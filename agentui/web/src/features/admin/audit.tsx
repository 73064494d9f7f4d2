// Who did what, when, and from where. Nothing of it can be changed or removed here.
import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import {
  AUDIT_PAGE,
  type AuditEntry,
  type AuditFilter,
  auditPath,
  useAuditActions,
  useUsers,
} from '../../api/admin';
import { api } from '../../api/http';
import { reviewLink } from '../../state/place';
import { Button } from '../../ui/button';
import { SelectField, TextField } from '../../ui/field';
import { stamp } from '../../ui/format';
import { type Column, Table } from '../../ui/table';
import { dayStart, detailsOf, isInteraction, knownAction } from './audit-view';
import { Reading, Section } from './section';

const everything = { actor: '', action: '', object: '', since: '', until: '' };

function useAudit(filter: AuditFilter) {
  return useInfiniteQuery({
    queryKey: ['admin', 'audit', filter],
    initialPageParam: 0,
    queryFn: async ({ pageParam, signal }) =>
      (await api<{ items: readonly AuditEntry[] }>('GET', auditPath(filter, pageParam), undefined, signal))
        .items,
    getNextPageParam: (page) => (page.length < AUDIT_PAGE ? undefined : page[page.length - 1]?.id),
  });
}

export function Audit() {
  const { t, i18n } = useTranslation();
  const [filter, setFilter] = useState(everything);
  const users = useUsers();
  const actions = useAuditActions();
  const found = useAudit({
    ...filter,
    object: filter.object.trim(),
    since: dayStart(filter.since),
    until: dayStart(filter.until, 1),
  });
  const set = (part: Partial<typeof everything>) => setFilter((before) => ({ ...before, ...part }));
  const word = (action: string) => {
    const known = knownAction(action);
    return known ? t(`admin.audit.did.${known}`) : action;
  };
  const columns: Column<AuditEntry>[] = [
    {
      id: 'at',
      label: t('admin.audit.when'),
      cell: (e) => (
        <time dateTime={e.at} className="num nowrap">
          {stamp(e.at, i18n.language, true)}
        </time>
      ),
    },
    {
      id: 'who',
      label: t('admin.audit.who'),
      cell: (e) =>
        e.actor === '' ? (
          <span className="faint">{t('admin.audit.nobody')}</span>
        ) : (
          <>
            {e.actor_name || (e.actor === 'system' ? t('admin.audit.system') : e.actor)}
            {e.actor_name && <div className="faint mono">{e.actor}</div>}
          </>
        ),
    },
    { id: 'what', label: t('admin.audit.what'), cell: (e) => word(e.action) },
    {
      id: 'to',
      label: t('admin.audit.to'),
      cell: (e) => (
        <>
          <ObjectOf entry={e} />
          {detailsOf(e).map(([key, value]) => (
            <div key={key} className="faint detail">
              {key}: <span dir="auto">{value}</span>
            </div>
          ))}
        </>
      ),
    },
    {
      id: 'from',
      label: t('admin.audit.from'),
      cell: (e) => <span className="num nowrap">{e.address === 'invalid IP' ? '' : e.address}</span>,
    },
  ];
  const rows = found.data?.pages.flat() ?? [];
  return (
    <Section title={t('admin.audit.title')} intro={t('admin.audit.intro')}>
      <div className="admin-tools">
        <SelectField
          label={t('admin.audit.who')}
          value={filter.actor}
          choices={[
            { value: '', label: t('admin.audit.anybody') },
            ...(users.data ?? []).map((u) => ({ value: u.id, label: u.name })),
            { value: 'system', label: t('admin.audit.system') },
          ]}
          onChange={(actor) => set({ actor })}
        />
        <SelectField
          label={t('admin.audit.what')}
          value={filter.action}
          choices={[
            { value: '', label: t('admin.audit.anything') },
            ...(actions.data ?? []).map((a) => ({ value: a, label: word(a) })),
          ]}
          onChange={(action) => set({ action })}
        />
        <TextField
          label={t('admin.audit.since')}
          type="date"
          value={filter.since}
          onChange={(since) => set({ since })}
        />
        <TextField
          label={t('admin.audit.until')}
          type="date"
          value={filter.until}
          onChange={(until) => set({ until })}
        />
        <TextField
          label={t('admin.audit.object')}
          value={filter.object}
          maxLength={200}
          mono
          onChange={(object) => set({ object })}
        />
        <Button
          className="align-end"
          why={filter === everything ? t('admin.audit.noFilter') : undefined}
          onPress={() => setFilter(everything)}
        >
          {t('admin.audit.clear')}
        </Button>
      </div>
      {found.data ? (
        <>
          <Table
            label={t('admin.audit.title')}
            columns={columns}
            rows={rows}
            keyOf={(e) => String(e.id)}
            empty={t('review.nothing')}
          />
          <div className="row">
            <Button
              why={found.hasNextPage ? undefined : t('admin.audit.end')}
              onPress={() => !found.isFetchingNextPage && void found.fetchNextPage()}
            >
              {found.isFetchingNextPage ? t('review.loading') : t('admin.audit.older')}
            </Button>
            <span className="faint" role="status">
              {t('admin.audit.count', { count: rows.length })}
              {!found.hasNextPage && ` · ${t('admin.audit.end')}`}
            </span>
          </div>
        </>
      ) : (
        <Reading error={found.error} />
      )}
    </Section>
  );
}

function ObjectOf({ entry }: { entry: AuditEntry }) {
  const { t } = useTranslation();
  const { object, object_name: name } = entry;
  if (object === '') return null;
  if (isInteraction(object) && entry.action !== 'update_customer' && entry.action !== 'create_customer') {
    return <a href={reviewLink(object)}>{name || t('admin.audit.call', { id: object.slice(-6) })}</a>;
  }
  return name ? (
    <span>{name}</span>
  ) : (
    <span className="mono cut" title={object}>
      {object.length > 24 ? `${object.slice(0, 24)}…` : object}
    </span>
  );
}
