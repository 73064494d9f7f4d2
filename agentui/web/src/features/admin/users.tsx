// Who signs in here.
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type User, useUsers } from '../../api/admin';
import { Button } from '../../ui/button';
import { when } from '../../ui/format';
import { useNow } from '../../ui/hooks';
import { type Column, Table } from '../../ui/table';
import { Reading, Section } from './section';
import { UserPanel } from './user-panel';

export const NEW = '+'; // no sign-in begins so

export function roleWord(role: string): 'agent' | 'supervisor' | 'admin' {
  return role === 'supervisor' || role === 'admin' ? role : 'agent';
}

export function Users() {
  const { t, i18n } = useTranslation();
  const now = useNow(60_000);
  const users = useUsers();
  const [open, setOpen] = useState('');
  const [wanted, setWanted] = useState('');
  const all = users.data ?? [];
  const fold = wanted.trim().toLocaleLowerCase();
  const rows = all.filter((u) =>
    [u.id, u.name, ...u.queues].some((text) => text.toLocaleLowerCase().includes(fold)),
  );
  const columns: Column<User>[] = [
    {
      id: 'name',
      label: t('admin.users.name'),
      cell: (u) => (
        <>
          <button type="button" className="row-name" onClick={() => setOpen(u.id)}>
            {u.name}
          </button>
          <div className="faint mono">{u.id}</div>
        </>
      ),
    },
    { id: 'role', label: t('admin.users.role'), cell: (u) => t(`menu.role.${roleWord(u.role)}`) },
    {
      id: 'queues',
      label: t('admin.users.queues'),
      cell: (u) =>
        (u.all_queues ? t('admin.users.allQueues') : u.queues.join(', ')) || <span className="faint">–</span>,
    },
    { id: 'state', label: t('admin.users.state'), cell: (u) => <UserState user={u} /> },
    {
      id: 'last',
      label: t('admin.users.last'),
      cell: (u) =>
        u.last_sign_in ? (
          <time dateTime={u.last_sign_in} className="num">
            {when(u.last_sign_in, now, i18n.language, (time) => t('time.yesterday', { time }))}
          </time>
        ) : (
          <span className="faint">{t('admin.users.never')}</span>
        ),
    },
  ];
  const user = all.find((u) => u.id === open);
  return (
    <Section
      title={t('admin.users.title')}
      intro={t('admin.users.intro')}
      action={
        <Button kind="primary" icon="add" onPress={() => setOpen(NEW)}>
          {t('admin.users.add')}
        </Button>
      }
      panel={
        (open === NEW || user) && (
          <UserPanel key={open} user={user} onClose={() => setOpen('')} onCreated={setOpen} />
        )
      }
    >
      {users.data ? (
        <>
          <label className="narrow">
            <span className="hidden">{t('admin.users.find')}</span>
            <input
              className="input"
              type="search"
              placeholder={t('admin.users.find')}
              value={wanted}
              onChange={(event) => setWanted(event.target.value)}
            />
          </label>
          <Table
            label={t('admin.users.title')}
            columns={columns}
            rows={rows}
            keyOf={(u) => u.id}
            selected={open}
            empty={t('review.nothing')}
          />
          <p className="faint">{t('admin.users.count', { count: rows.length, of: all.length })}</p>
        </>
      ) : (
        <Reading error={users.error} />
      )}
    </Section>
  );
}

function UserState({ user }: { user: User }) {
  const { t } = useTranslation();
  return user.disabled_at ? (
    <span className="tag stop">{t('admin.users.disabled')}</span>
  ) : (
    <span className="tag go">{t('admin.users.active')}</span>
  );
}
