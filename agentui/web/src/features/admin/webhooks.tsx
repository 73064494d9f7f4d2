// Other systems that are told of alerts.
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type Delivery, useWebhooks, type Webhook } from '../../api/outside';
import { Button } from '../../ui/button';
import { when } from '../../ui/format';
import { useNow } from '../../ui/hooks';
import { type Column, Table } from '../../ui/table';
import { Reading, Section } from './section';
import { NewWebhook, WebhookPanel } from './webhook-panel';
import { alertWord, deliveryState, deliveryTones, useReason } from './webhook-words';

const NEW = '+'; // no receiver's id is

export function Webhooks() {
  const { t } = useTranslation();
  const hooks = useWebhooks();
  const [open, setOpen] = useState('');
  const rows = hooks.data?.items ?? [];
  const chosen = rows.find((h) => h.id === open);
  const columns: Column<Webhook>[] = [
    {
      id: 'url',
      label: t('admin.webhooks.url'),
      cell: (h) => (
        <>
          <button type="button" className="row-name any-break" onClick={() => setOpen(h.id)}>
            {h.url}
          </button>
          {!h.kept && <div className="faint">{t('admin.webhooks.fixed')}</div>}
        </>
      ),
    },
    {
      id: 'alerts',
      label: t('admin.webhooks.alerts'),
      cell: (h) =>
        h.alerts.length === 0
          ? t('admin.webhooks.all')
          : h.alerts
              .map((code) => t(`admin.webhooks.codes.${alertWord(code)}`))
              .join(t('admin.webhooks.and')),
    },
    { id: 'state', label: t('admin.users.state'), cell: (h) => <HookState hook={h} /> },
    {
      id: 'waiting',
      label: t('admin.webhooks.waiting'),
      numeric: true,
      cell: (h) =>
        h.waiting > 0 ? <b className="waiting">{h.waiting}</b> : <span className="faint">0</span>,
    },
    {
      id: 'last',
      label: t('admin.webhooks.last'),
      cell: (h) => (h.last[0] ? <Last delivery={h.last[0]} /> : <span className="faint">–</span>),
    },
  ];
  return (
    <Section
      title={t('admin.webhooks.title')}
      intro={t('admin.webhooks.intro')}
      action={
        <Button kind="primary" icon="add" onPress={() => setOpen(NEW)}>
          {t('admin.webhooks.add')}
        </Button>
      }
      panel={
        open === NEW ? (
          <NewWebhook codes={hooks.data?.codes ?? []} onClose={() => setOpen('')} onMade={setOpen} />
        ) : (
          chosen && (
            <WebhookPanel
              key={chosen.id}
              hook={chosen}
              codes={hooks.data?.codes ?? []}
              onClose={() => setOpen('')}
            />
          )
        )
      }
    >
      {hooks.data ? (
        <Table
          label={t('admin.webhooks.title')}
          columns={columns}
          rows={rows}
          keyOf={(h) => h.id}
          selected={open}
          empty={t('admin.webhooks.none')}
        />
      ) : (
        <Reading error={hooks.error} />
      )}
      <p className="faint">{t('admin.webhooks.how')}</p>
    </Section>
  );
}

function HookState({ hook }: { hook: Webhook }) {
  const { t } = useTranslation();
  if (hook.locked) return <span className="tag stop">{t('admin.webhooks.locked')}</span>;
  return hook.active ? (
    <span className="tag go">{t('admin.webhooks.on')}</span>
  ) : (
    <span className="tag">{t('admin.webhooks.off')}</span>
  );
}

function Last({ delivery }: { delivery: Delivery }) {
  const { t, i18n } = useTranslation();
  const now = useNow(30_000);
  const reason = useReason();
  const state = deliveryState(delivery);
  return (
    <>
      <span className={`tag ${deliveryTones[state]}`}>{t(`admin.webhooks.states.${state}`)}</span>{' '}
      <span className="num faint nowrap">
        {when(delivery.last_at ?? delivery.at, now, i18n.language, (time) => t('time.yesterday', { time }))}
      </span>
      {state !== 'delivered' && <div className="soft">{reason(delivery)}</div>}
    </>
  );
}
