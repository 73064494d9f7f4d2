// Tokens by which programs act here.
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useUsers } from '../../api/admin';
import { type APIToken, useMakeToken, useRevokeToken, useTokens } from '../../api/outside';
import { Button } from '../../ui/button';
import { Dialog } from '../../ui/dialog';
import { SelectField, TextField } from '../../ui/field';
import { stamp, when } from '../../ui/format';
import { useNow } from '../../ui/hooks';
import { type Column, Table } from '../../ui/table';
import { dayStart } from './audit-view';
import { SecretDialog } from './secret-dialog';
import { Panel, ProblemLine, Reading, Section } from './section';
import { roleWord } from './users';

export function Tokens() {
  const { t, i18n } = useTranslation();
  const now = useNow(60_000);
  const tokens = useTokens();
  const users = useUsers();
  const [making, setMaking] = useState(false);
  const [revoking, setRevoking] = useState<APIToken | null>(null);
  const nameOf = (id: string) => users.data?.find((u) => u.id === id)?.name ?? id;
  const columns: Column<APIToken>[] = [
    { id: 'name', label: t('admin.tokens.name'), cell: (v) => <b dir="auto">{v.name}</b> },
    {
      id: 'user',
      label: t('admin.tokens.user'),
      cell: (v) => {
        const user = users.data?.find((u) => u.id === v.user_id);
        return (
          <>
            {nameOf(v.user_id)}
            {user && (
              <div className={user.disabled_at ? 'waiting' : 'faint'}>
                {user.disabled_at ? t('admin.tokens.disabled') : t(`menu.role.${roleWord(user.role)}`)}
              </div>
            )}
          </>
        );
      },
    },
    {
      id: 'used',
      label: t('admin.tokens.used'),
      cell: (v) =>
        v.last_used ? (
          <time dateTime={v.last_used} className="num">
            {when(v.last_used, now, i18n.language, (time) => t('time.yesterday', { time }))}
          </time>
        ) : (
          <span className="faint">{t('admin.users.never')}</span>
        ),
    },
    {
      id: 'ends',
      label: t('admin.tokens.ends'),
      cell: (v) => {
        if (!v.expires_at) return <span className="faint">{t('admin.tokens.endless')}</span>;
        const over = Date.parse(v.expires_at) <= now;
        return (
          <span className={over ? 'waiting' : 'num'}>
            {over ? t('admin.tokens.over') : stamp(v.expires_at, i18n.language)}
          </span>
        );
      },
    },
    {
      id: 'made',
      label: t('admin.tokens.made'),
      cell: (v) => (
        <>
          <span className="num">{stamp(v.created_at, i18n.language)}</span>
          {v.created_by && <div className="faint">{nameOf(v.created_by)}</div>}
        </>
      ),
    },
    {
      id: 'revoke',
      label: t('admin.actions'),
      hideLabel: true,
      cell: (v) => (
        <Button small onPress={() => setRevoking(v)}>
          {t('admin.tokens.revoke')}
          <span className="hidden"> {v.name}</span>
        </Button>
      ),
    },
  ];
  return (
    <Section
      title={t('admin.tokens.title')}
      intro={t('admin.tokens.intro')}
      action={
        <Button kind="primary" icon="add" onPress={() => setMaking(true)}>
          {t('admin.tokens.add')}
        </Button>
      }
      panel={making && <NewToken onClose={() => setMaking(false)} />}
    >
      {tokens.data ? (
        <Table
          label={t('admin.tokens.title')}
          columns={columns}
          rows={tokens.data}
          keyOf={(v) => v.id}
          empty={t('admin.tokens.none')}
        />
      ) : (
        <Reading error={tokens.error} />
      )}
      <p className="faint">
        {t('admin.tokens.how')} <span className="mono">Authorization: Bearer pb_…</span>
      </p>
      {revoking && <Revoke token={revoking} onClose={() => setRevoking(null)} />}
    </Section>
  );
}

function Revoke({ token, onClose }: { token: APIToken; onClose: () => void }) {
  const { t } = useTranslation();
  const revoke = useRevokeToken();
  return (
    <Dialog
      alert
      title={t('admin.tokens.revokeAsk', { name: token.name })}
      onClose={onClose}
      actions={
        <>
          <Button onPress={onClose}>{t('admin.cancel')}</Button>
          <Button kind="stop" onPress={() => revoke.mutate(token.id, { onSuccess: onClose })}>
            {t('admin.tokens.revoke')}
          </Button>
        </>
      }
    >
      <p>{t('admin.tokens.revokeWhat')}</p>
      <ProblemLine error={revoke.error} />
    </Dialog>
  );
}

function NewToken({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const users = useUsers();
  const make = useMakeToken();
  const [draft, setDraft] = useState({ name: '', user: '', until: '' });
  const [asked, setAsked] = useState(false);
  const [token, setToken] = useState<string | null>(null);
  const set = (part: Partial<typeof draft>) => setDraft((before) => ({ ...before, ...part }));
  const ends = dayStart(draft.until, 1); // to the end of that day
  const past = ends !== '' && Date.parse(ends) <= Date.now();
  return (
    <Panel
      title={t('admin.tokens.new')}
      onClose={onClose}
      submit={t('admin.tokens.create')}
      dirty={draft.name !== '' || draft.user !== '' || draft.until !== ''}
      busy={make.isPending}
      error={make.error}
      onSubmit={() => {
        setAsked(true);
        if (draft.name.trim() === '' || draft.user === '' || past) return;
        make.mutate(
          { user: draft.user, name: draft.name.trim(), expires_at: ends || null },
          { onSuccess: (made) => setToken(made.token) },
        );
      }}
    >
      <TextField
        label={t('admin.tokens.name')}
        hint={t('admin.tokens.nameHint')}
        value={draft.name}
        maxLength={200}
        problem={asked && draft.name.trim() === '' ? t('admin.tokens.badName') : undefined}
        onChange={(name) => set({ name })}
      />
      <SelectField
        label={t('admin.tokens.user')}
        hint={t('admin.tokens.userHint')}
        value={draft.user}
        problem={asked && draft.user === '' ? t('admin.tokens.badUser') : undefined}
        choices={[
          { value: '', label: t('admin.tokens.choose') },
          ...(users.data ?? [])
            .filter((u) => !u.disabled_at)
            .map((u) => ({ value: u.id, label: `${u.name} · ${t(`menu.role.${roleWord(u.role)}`)}` })),
        ]}
        onChange={(user) => set({ user })}
      />
      <TextField
        label={t('admin.tokens.until')}
        hint={t('admin.tokens.untilHint')}
        type="date"
        value={draft.until}
        problem={past ? t('admin.tokens.badUntil') : undefined}
        onChange={(until) => set({ until })}
      />
      {token !== null && (
        <SecretDialog
          title={t('admin.tokens.secretOf', { name: draft.name })}
          what={t('admin.tokens.secretOnce')}
          secret={token}
          onClose={onClose}
        />
      )}
    </Panel>
  );
}
