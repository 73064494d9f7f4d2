// One receiver of alerts: of what it is told, a test, and what became of the last messages.
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import {
  type Delivery,
  useAddWebhook,
  useChangeWebhook,
  useRemoveWebhook,
  useTestWebhook,
  type Webhook,
} from '../../api/outside';
import { Button } from '../../ui/button';
import { Dialog } from '../../ui/dialog';
import { Checks, Radios, TextField } from '../../ui/field';
import { when } from '../../ui/format';
import { useNow } from '../../ui/hooks';
import { SecretDialog } from './secret-dialog';
import { Outcome, Panel, ProblemLine, SidePanel } from './section';
import { alertWord, deliveryState, deliveryTones, useReason } from './webhook-words';

const LONGEST = 2000;

interface AlertsProps {
  codes: readonly string[];
  chosen: readonly string[] | null; // null: all
  onChange: (chosen: readonly string[] | null) => void;
}

function Alerts({ codes, chosen, onChange }: AlertsProps) {
  const { t } = useTranslation();
  return (
    <>
      <Radios
        label={t('admin.webhooks.alerts')}
        value={chosen === null ? 'all' : 'some'}
        choices={[
          { value: 'all', label: t('admin.webhooks.all') },
          { value: 'some', label: t('admin.webhooks.some') },
        ]}
        onChange={(value) => onChange(value === 'all' ? null : [])}
      />
      {chosen !== null && (
        <Checks
          label={t('admin.webhooks.which')}
          choices={codes.map((code) => ({
            value: code,
            label: t(`admin.webhooks.codes.${alertWord(code)}`),
          }))}
          chosen={chosen}
          empty=""
          onChange={onChange}
        />
      )}
    </>
  );
}

interface NewProps {
  codes: readonly string[];
  onClose: () => void;
  onMade: (id: string) => void;
}

/** A receiver that is added. */
export function NewWebhook({ codes, onClose, onMade }: NewProps) {
  const { t } = useTranslation();
  const add = useAddWebhook();
  const [url, setURL] = useState('');
  const [secret, setSecret] = useState('');
  const [alerts, setAlerts] = useState<readonly string[] | null>(null);
  const [asked, setAsked] = useState(false);
  const [made, setMade] = useState<{ id: string; secret: string } | null>(null);
  const badURL = !/^https:\/\/[^/@\s]+/i.test(url.trim());
  const none = alerts !== null && alerts.length === 0;
  return (
    <Panel
      title={t('admin.webhooks.new')}
      onClose={onClose}
      submit={t('admin.webhooks.create')}
      dirty={url !== '' || secret !== '' || alerts !== null}
      busy={add.isPending}
      error={add.error}
      onSubmit={() => {
        setAsked(true);
        if (badURL || none) return;
        add.mutate(
          { url: url.trim(), secret: secret.trim(), alerts: alerts ?? [] },
          { onSuccess: (v) => (v.secret === '' ? onMade(v.id) : setMade(v)) },
        );
      }}
    >
      <TextField
        label={t('admin.webhooks.url')}
        hint={t('admin.webhooks.urlHint')}
        value={url}
        maxLength={LONGEST}
        mono
        placeholder="https://ops.example.com/patchbay"
        problem={asked && badURL ? t('admin.webhooks.badURL') : undefined}
        onChange={setURL}
      />
      <Alerts codes={codes} chosen={alerts} onChange={setAlerts} />
      {asked && none && <p className="field-problem">{t('admin.webhooks.noAlert')}</p>}
      <TextField
        label={t('admin.webhooks.secret')}
        hint={t('admin.webhooks.secretHint')}
        value={secret}
        maxLength={120}
        mono
        onChange={setSecret}
      />
      {made && (
        <SecretDialog
          title={t('admin.webhooks.secretOf')}
          what={t('admin.webhooks.secretOnce')}
          secret={made.secret}
          onClose={() => onMade(made.id)}
        />
      )}
    </Panel>
  );
}

interface HookProps {
  hook: Webhook;
  codes: readonly string[];
  onClose: () => void;
}

export function WebhookPanel({ hook, codes, onClose }: HookProps) {
  const { t } = useTranslation();
  const change = useChangeWebhook();
  const saved = hook.alerts.length === 0 ? null : hook.alerts;
  const [alerts, setAlerts] = useState(saved);
  const [dirty, setDirty] = useState(false);
  const [asked, setAsked] = useState(false);
  const none = alerts !== null && alerts.length === 0;
  const about = <About hook={hook} onClose={onClose} />;
  if (!hook.kept || hook.locked) {
    return (
      <SidePanel title={hook.url} onClose={onClose}>
        <div className="admin-form">
          <p className={hook.locked ? 'field-problem' : 'soft'}>
            {t(hook.locked ? 'admin.webhooks.lockedWhat' : 'admin.webhooks.fixedWhat')}
          </p>
        </div>
        {about}
      </SidePanel>
    );
  }
  return (
    <Panel
      title={hook.url}
      onClose={onClose}
      submit={t('admin.save')}
      dirty={dirty}
      busy={change.isPending}
      error={change.error}
      saved={change.isSuccess}
      more={about}
      onSubmit={() => {
        setAsked(true);
        if (!none) {
          change.mutate(
            { id: hook.id, change: { alerts: alerts ?? [] } },
            { onSuccess: () => setDirty(false) },
          );
        }
      }}
    >
      <Alerts
        codes={codes}
        chosen={alerts}
        onChange={(next) => {
          setAlerts(next);
          setDirty(true);
        }}
      />
      {asked && none && <p className="field-problem">{t('admin.webhooks.noAlert')}</p>}
    </Panel>
  );
}

function About({ hook, onClose }: { hook: Webhook; onClose: () => void }) {
  const { t } = useTranslation();
  const test = useTestWebhook();
  const change = useChangeWebhook();
  const remove = useRemoveWebhook();
  const [removing, setRemoving] = useState(false);
  const fixed = hook.kept ? undefined : t('admin.webhooks.fixedWhat');
  const sent = hook.last.find((d) => d.id === test.data?.message_id);
  const told = test.data && t(`admin.webhooks.tested.${sent ? deliveryState(sent) : 'waiting'}`);
  return (
    <section className="admin-more" aria-label={t('admin.webhooks.messages')}>
      <div className="button-rows">
        <Button
          small
          why={hook.active ? undefined : t('admin.webhooks.offWhy')}
          onPress={() => !test.isPending && test.mutate(hook.id)}
        >
          {t('admin.webhooks.test')}
        </Button>
        <Button
          small
          why={fixed ?? (hook.locked ? t('admin.webhooks.lockedWhat') : undefined)}
          onPress={() => change.mutate({ id: hook.id, change: { active: !hook.active } })}
        >
          {t(hook.active || hook.locked ? 'admin.webhooks.turnOff' : 'admin.webhooks.turnOn')}
        </Button>
        <Button small className="danger" why={fixed} onPress={() => setRemoving(true)}>
          {t('admin.webhooks.remove')}
        </Button>
      </div>
      <p role="status" className="soft">
        {told}
      </p>
      <Outcome error={test.error ?? change.error} />
      <h3 className="over">{t('admin.webhooks.messages')}</h3>
      <Messages list={hook.last} />
      {removing && (
        <Dialog
          alert
          title={t('admin.webhooks.removeAsk')}
          onClose={() => setRemoving(false)}
          actions={
            <>
              <Button onPress={() => setRemoving(false)}>{t('admin.cancel')}</Button>
              <Button kind="stop" onPress={() => remove.mutate(hook.id, { onSuccess: onClose })}>
                {t('admin.webhooks.remove')}
              </Button>
            </>
          }
        >
          <p className="any-break mono">{hook.url}</p>
          <p>{t('admin.webhooks.removeWhat')}</p>
          <ProblemLine error={remove.error} />
        </Dialog>
      )}
    </section>
  );
}

function Messages({ list }: { list: readonly Delivery[] }) {
  const { t, i18n } = useTranslation();
  const now = useNow(10_000);
  const reason = useReason();
  const time = (at: string) => when(at, now, i18n.language, (clock) => t('time.yesterday', { time: clock }));
  if (list.length === 0) return <p className="faint">{t('admin.webhooks.noMessages')}</p>;
  return (
    <ul className="messages">
      {list.map((d) => {
        const state = deliveryState(d);
        return (
          <li key={d.id} title={d.id}>
            <span className={`tag ${deliveryTones[state]}`}>{t(`admin.webhooks.states.${state}`)}</span>
            <b>{t(`admin.webhooks.codes.${alertWord(d.what)}`)}</b>
            <span className="num faint">{time(d.at)}</span>
            {state !== 'delivered' && d.reason.code !== '' && <span className="soft">{reason(d)}</span>}
            {(d.attempts > 1 || state !== 'delivered') && (
              <span className="faint">
                {t('admin.webhooks.attempts', { count: d.attempts })}
                {state === 'waiting' &&
                  d.next_at &&
                  ` · ${t('admin.webhooks.next', { time: time(d.next_at) })}`}
              </span>
            )}
          </li>
        );
      })}
    </ul>
  );
}
