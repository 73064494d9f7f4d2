// Where calls wait, and for whom.
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type Queue, useQueues, useUsers } from '../../api/admin';
import { useSystem } from '../../api/system';
import { Button } from '../../ui/button';
import { spokenName } from '../../ui/languages';
import { PhoneNumber } from '../../ui/phone-number';
import { type Column, Table } from '../../ui/table';
import { QueuePanel } from './queue-panel';
import { Reading, Section } from './section';

const NEW = '+';

export function recordingWord(recording: string): 'on' | 'off' | 'ask' {
  return recording === 'off' || recording === 'ask' ? recording : 'on';
}

export function Queues() {
  const { t, i18n } = useTranslation();
  const queues = useQueues();
  const users = useUsers();
  const ring = useSystem().data?.settings.find((s) => s.name === 'ring-time')?.value;
  const [open, setOpen] = useState('');
  const members = (q: Queue) => (users.data ?? []).filter((u) => u.queues.includes(q.name) && !u.disabled_at);
  const columns: Column<Queue>[] = [
    {
      id: 'name',
      label: t('admin.queues.name'),
      cell: (q) => (
        <button type="button" className="row-name" onClick={() => setOpen(q.id)}>
          {q.name}
        </button>
      ),
    },
    {
      id: 'numbers',
      label: t('admin.queues.numbers'),
      cell: (q) =>
        q.numbers.length === 0 ? (
          <span className="waiting">{t('admin.queues.noNumbers')}</span>
        ) : (
          q.numbers.map((n) => (
            <div key={n}>{n === '*' ? t('admin.queues.anyNumber') : <PhoneNumber value={n} />}</div>
          ))
        ),
    },
    {
      id: 'members',
      label: t('admin.queues.members'),
      cell: (q) => {
        const names = members(q).map((u) => u.name);
        return names.length === 0 ? (
          <span className="waiting">{t('admin.queues.nobody')}</span>
        ) : (
          names.slice(0, 4).join(', ') + (names.length > 4 ? ` +${names.length - 4}` : '')
        );
      },
    },
    {
      id: 'language',
      label: t('admin.queues.language'),
      cell: (q) =>
        q.language ? (
          spokenName(q.language, i18n.language)
        ) : (
          <span className="faint">{t('admin.queues.found')}</span>
        ),
    },
    {
      id: 'recording',
      label: t('admin.queues.recording'),
      cell: (q) => t(`admin.queues.record.${recordingWord(q.recording)}`),
    },
    {
      id: 'retention',
      label: t('admin.queues.retention'),
      numeric: true,
      cell: (q) =>
        q.retention_days === 0
          ? t('admin.queues.forEver')
          : t('admin.queues.days', { count: q.retention_days }),
    },
  ];
  const queue = queues.data?.find((q) => q.id === open);
  return (
    <Section
      title={t('admin.queues.title')}
      intro={t('admin.queues.intro')}
      action={
        <Button kind="primary" icon="add" onPress={() => setOpen(NEW)}>
          {t('admin.queues.add')}
        </Button>
      }
      panel={
        (open === NEW || queue) &&
        users.data && (
          <QueuePanel
            key={open}
            queue={queue}
            members={queue ? members(queue).map((u) => u.id) : []}
            users={users.data}
            onClose={() => setOpen('')}
            onCreated={setOpen}
          />
        )
      }
    >
      {queues.data ? (
        <>
          <Table
            label={t('admin.queues.title')}
            columns={columns}
            rows={queues.data}
            keyOf={(q) => q.id}
            selected={open}
            empty={t('admin.queues.none')}
          />
          {ring && <p className="faint">{t('admin.queues.ring', { time: ring })}</p>}
        </>
      ) : (
        <Reading error={queues.error} />
      )}
    </Section>
  );
}
