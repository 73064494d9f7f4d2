// One user: what is known, and whether and how they may sign in.
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import {
  type User,
  useChangeUser,
  useCreateUser,
  useDeleteUser,
  useQueues,
  useResetPassword,
  useSignIns,
  useSignOutEverywhere,
} from '../../api/admin';
import { languages } from '../../i18n';
import { Button } from '../../ui/button';
import { Dialog } from '../../ui/dialog';
import { Checks, SelectField, TextField } from '../../ui/field';
import { when } from '../../ui/format';
import { useDesk, useNow } from '../../ui/hooks';
import { SecretDialog } from './secret-dialog';
import { Outcome, Panel, ProblemLine } from './section';

const SIGN_IN = /^[a-z0-9][a-z0-9._@-]{0,63}$/;
const ALL = ''; // among the names of queues: none is empty
const blank = {
  id: '',
  name: '',
  role: 'agent',
  language: '',
  queues: [] as readonly string[],
  all_queues: false,
};

interface UserPanelProps {
  user: User | undefined; // none: a new one
  onClose: () => void;
  onCreated: (id: string) => void;
}

export function UserPanel({ user, onClose, onCreated }: UserPanelProps) {
  const { t } = useTranslation();
  const me = useDesk((s) => s.me?.id);
  const queues = useQueues();
  const create = useCreateUser();
  const change = useChangeUser();
  const [draft, setDraft] = useState(user ?? blank);
  const [asked, setAsked] = useState(false); // to save: from then on what is missing is said
  const [password, setPassword] = useState<string | null>(null);
  const [dirty, setDirty] = useState(false);
  const set = (part: Partial<typeof blank>) => {
    setDraft((before) => ({ ...before, ...part }));
    setDirty(true);
  };
  const supervises = draft.role === 'supervisor';
  const all = supervises && draft.all_queues;
  const problems = {
    id: !user && asked && !SIGN_IN.test(draft.id) ? t('admin.users.badID') : undefined,
    name: asked && draft.name.trim() === '' ? t('admin.users.badName') : undefined,
  };
  const submit = () => {
    setAsked(true);
    if (draft.name.trim() === '' || (!user && !SIGN_IN.test(draft.id))) return;
    const { name, role, language, queues: served } = draft;
    const given = { name, language, queues: served, all_queues: all };
    if (user) {
      change.mutate(
        {
          id: user.id,
          change: { ...given, ...(role === user.role ? {} : { role }) },
        },
        { onSuccess: () => setDirty(false) },
      );
    } else {
      create.mutate({ id: draft.id, role, ...given }, { onSuccess: (made) => setPassword(made.password) });
    }
  };
  const roles = ['agent', 'supervisor', 'admin'] as const;
  return (
    <Panel
      title={user ? user.name : t('admin.users.new')}
      onClose={onClose}
      onSubmit={submit}
      submit={user ? t('admin.save') : t('admin.users.create')}
      dirty={dirty}
      busy={create.isPending || change.isPending}
      error={user ? change.error : create.error}
      saved={change.isSuccess}
      more={user && <SigningIn user={user} mine={user.id === me} onClosed={onClose} />}
    >
      {!user && (
        <TextField
          label={t('admin.users.signIn')}
          hint={t('admin.users.signInHint')}
          value={draft.id}
          maxLength={64}
          mono
          problem={problems.id}
          onChange={(id) => set({ id: id.toLowerCase() })}
        />
      )}
      <TextField
        label={t('admin.users.name')}
        value={draft.name}
        maxLength={200}
        problem={problems.name}
        onChange={(name) => set({ name })}
      />
      <SelectField
        label={t('admin.users.role')}
        hint={
          user && draft.role !== user.role
            ? t('admin.users.roleEnds')
            : t(`admin.users.may.${roles.find((r) => r === draft.role) ?? 'agent'}`)
        }
        value={draft.role}
        choices={roles.map((r) => ({ value: r, label: t(`menu.role.${r}`) }))}
        onChange={(role) => set({ role })}
      />
      <SelectField
        label={t('admin.users.language')}
        value={draft.language}
        choices={[
          { value: '', label: t('admin.users.browser') },
          ...languages.map((l) => ({ value: l.code, label: l.name })),
        ]}
        onChange={(language) => set({ language })}
      />
      <Checks
        label={t('admin.users.queues')}
        {...(supervises ? { hint: t('admin.users.queuesHint') } : {})}
        choices={[
          ...(supervises ? [{ value: ALL, label: t('admin.users.allQueues') }] : []),
          ...(all ? [] : (queues.data ?? []).map((q) => ({ value: q.name, label: q.name }))),
        ]}
        chosen={all ? [ALL] : draft.queues}
        empty={t('admin.users.noQueues')}
        onChange={(chosen) => {
          const everything = chosen.includes(ALL);
          set(everything === all ? { queues: chosen } : { all_queues: everything });
        }}
      />
      {password !== null && (
        <SecretDialog
          title={t('admin.users.passwordOf', { name: draft.name })}
          what={t('admin.users.passwordOnce')}
          secret={password}
          onClose={() => {
            setPassword(null);
            onCreated(draft.id);
          }}
        />
      )}
    </Panel>
  );
}

type Question = 'reset' | 'disable' | 'delete' | null;

function SigningIn({ user, mine, onClosed }: { user: User; mine: boolean; onClosed: () => void }) {
  const { t, i18n } = useTranslation();
  const now = useNow(60_000);
  const signIns = useSignIns(user.id);
  const change = useChangeUser();
  const remove = useDeleteUser();
  const reset = useResetPassword();
  const signOut = useSignOutEverywhere();
  const [question, setQuestion] = useState<Question>(null);
  const [password, setPassword] = useState<string | null>(null);
  const [kept, setKept] = useState(false); // was to be deleted, and is disabled instead
  const close = () => setQuestion(null);
  const list = signIns.data ?? [];
  const why = mine ? t('admin.problem.yourself') : undefined;
  return (
    <section className="admin-more" aria-label={t('admin.users.signing')}>
      <h3 className="over">{t('admin.users.signing')}</h3>
      {user.disabled_at && <p className="field-problem">{t('admin.users.cannot')}</p>}
      {list.length === 0 ? (
        <p className="faint">{t('admin.users.noSignIns')}</p>
      ) : (
        <ul className="sign-ins">
          {list.map((s) => (
            <li key={s.id} title={s.agent}>
              <span className="num">{s.address}</span>
              <span className="faint">
                {t('admin.users.seen', {
                  time: when(s.last_seen, now, i18n.language, (time) => t('time.yesterday', { time })),
                })}
              </span>
            </li>
          ))}
        </ul>
      )}
      <div className="button-rows">
        <Button
          small
          why={list.length === 0 ? t('admin.users.noSignIns') : undefined}
          onPress={() => signOut.mutate(user.id)}
        >
          {t('admin.users.signOut')}
        </Button>
        <Button small onPress={() => setQuestion('reset')}>
          {t('admin.users.reset')}
        </Button>
        {user.disabled_at ? (
          <Button small onPress={() => change.mutate({ id: user.id, change: { disabled: false } })}>
            {t('admin.users.enable')}
          </Button>
        ) : (
          <Button small why={why} onPress={() => setQuestion('disable')}>
            {t('admin.users.disable')}
          </Button>
        )}
        <Button small className="danger" why={why} onPress={() => setQuestion('delete')}>
          {t('admin.users.delete')}
        </Button>
      </div>
      <Outcome error={change.error ?? signOut.error ?? reset.error} saved={signOut.isSuccess} />
      {question === 'reset' && (
        <Dialog
          title={t('admin.users.resetAsk', { name: user.name })}
          onClose={close}
          actions={
            <>
              <Button onPress={close}>{t('admin.cancel')}</Button>
              <Button
                kind="primary"
                onPress={() =>
                  reset.mutate(user.id, {
                    onSuccess: (made) => setPassword(made.password),
                    onSettled: close,
                  })
                }
              >
                {t('admin.users.reset')}
              </Button>
            </>
          }
        >
          {t('admin.users.resetWhat')}
        </Dialog>
      )}
      {question === 'disable' && (
        <Dialog
          alert
          title={t('admin.users.disableAsk', { name: user.name })}
          onClose={close}
          actions={
            <>
              <Button onPress={close}>{t('admin.cancel')}</Button>
              <Button
                kind="stop"
                onPress={() =>
                  change.mutate({ id: user.id, change: { disabled: true } }, { onSettled: close })
                }
              >
                {t('admin.users.disable')}
              </Button>
            </>
          }
        >
          {t('admin.users.disableWhat')}
        </Dialog>
      )}
      {question === 'delete' && (
        <Dialog
          alert
          title={t('admin.users.deleteAsk', { name: user.name })}
          onClose={close}
          actions={
            kept ? (
              <Button kind="primary" onPress={onClosed}>
                {t('admin.close')}
              </Button>
            ) : (
              <>
                <Button onPress={close}>{t('admin.cancel')}</Button>
                <Button
                  kind="stop"
                  onPress={() =>
                    remove.mutate(user.id, {
                      onSuccess: ({ removed }) => (removed ? onClosed() : setKept(true)),
                    })
                  }
                >
                  {t('admin.users.delete')}
                </Button>
              </>
            )
          }
        >
          <p>{kept ? t('admin.users.deleteKept') : t('admin.users.deleteWhat')}</p>
          <ProblemLine error={remove.error} />
        </Dialog>
      )}
      {password !== null && (
        <SecretDialog
          title={t('admin.users.passwordOf', { name: user.name })}
          what={t('admin.users.passwordOnce')}
          secret={password}
          onClose={() => setPassword(null)}
        />
      )}
    </section>
  );
}
