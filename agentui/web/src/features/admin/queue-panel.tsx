// One queue: the numbers that lead to it, who serves it, and what is kept of its calls.
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type Queue, type User, useDeleteQueue, useSaveQueue } from '../../api/admin';
import { adminLink } from '../../state/place';
import { Button } from '../../ui/button';
import { Dialog } from '../../ui/dialog';
import { Checks, Radios, TextField } from '../../ui/field';
import { LanguageField } from './language-field';
import { Panel, ProblemLine } from './section';

const MOST_DAYS = 36_500;
const blank = {
  name: '',
  numbers: [] as readonly string[],
  language: '',
  recording: 'on',
  retention_days: 0,
  supervision: '',
};

/** The numbers of a text, one a line or between commas. */
export function numbersOf(text: string): string[] {
  return [
    ...new Set(
      text
        .split(/[\n,、]/)
        .map((n) => n.trim())
        .filter(Boolean),
    ),
  ];
}

interface QueuePanelProps {
  queue: Queue | undefined; // none: a new one
  members: readonly string[];
  users: readonly User[];
  onClose: () => void;
  onCreated: (id: string) => void;
}

export function QueuePanel({ queue, members, users, onClose, onCreated }: QueuePanelProps) {
  const { t } = useTranslation();
  const save = useSaveQueue();
  const start = queue ?? blank;
  const [name, setName] = useState(start.name);
  const [numbers, setNumbers] = useState(start.numbers.join('\n'));
  const [language, setLanguage] = useState(start.language);
  const [recording, setRecording] = useState(start.recording);
  const [days, setDays] = useState(start.retention_days === 0 ? '' : String(start.retention_days));
  const [supervision, setSupervision] = useState(start.supervision);
  const [chosen, setChosen] = useState(members);
  const [dirty, setDirty] = useState(false);
  const [asked, setAsked] = useState(false);
  const [deleting, setDeleting] = useState(false);
  const keep = days.trim() === '' ? 0 : Number(days);
  const badDays = !Number.isInteger(keep) || keep < 0 || keep > MOST_DAYS;
  const change =
    <T,>(set: (value: T) => void) =>
    (value: T) => {
      set(value);
      setDirty(true);
    };
  const submit = () => {
    setAsked(true);
    if (name.trim() === '' || badDays) return;
    save.mutate(
      {
        id: queue?.id ?? '',
        change: {
          name: name.trim(),
          numbers: numbersOf(numbers),
          language,
          recording,
          retention_days: keep,
          supervision,
          users: chosen,
        },
      },
      {
        onSuccess: (saved) => {
          setDirty(false);
          if (!queue) onCreated(saved.id);
        },
      },
    );
  };
  const less = queue !== undefined && keep > 0 && (queue.retention_days === 0 || keep < queue.retention_days);
  return (
    <Panel
      title={queue ? queue.name : t('admin.queues.new')}
      onClose={onClose}
      onSubmit={submit}
      submit={queue ? t('admin.save') : t('admin.queues.create')}
      dirty={dirty}
      busy={save.isPending}
      error={save.error}
      saved={save.isSuccess}
      more={
        queue && (
          <section className="admin-more" aria-label={t('admin.queues.more')}>
            <div className="button-rows">
              <a className="button small" href={adminLink('words')}>
                {t('admin.queues.words')}
              </a>
              <Button small className="danger" onPress={() => setDeleting(true)}>
                {t('admin.queues.delete')}
              </Button>
            </div>
            {deleting && <DeleteQueue queue={queue} onClose={() => setDeleting(false)} onDeleted={onClose} />}
          </section>
        )
      }
    >
      <TextField
        label={t('admin.queues.name')}
        value={name}
        maxLength={200}
        problem={asked && name.trim() === '' ? t('admin.users.badName') : undefined}
        onChange={change(setName)}
      />
      <TextField
        label={t('admin.queues.numbers')}
        hint={t('admin.queues.numbersHint')}
        rows={Math.min(5, Math.max(2, numbers.split('\n').length))}
        value={numbers}
        mono
        onChange={change(setNumbers)}
      />
      <Checks
        label={t('admin.queues.members')}
        choices={users.filter((u) => !u.disabled_at).map((u) => ({ value: u.id, label: u.name }))}
        chosen={chosen}
        empty={t('admin.queues.nobody')}
        onChange={change(setChosen)}
      />
      <LanguageField
        label={t('admin.queues.language')}
        hint={t('admin.queues.languageHint')}
        none={t('admin.queues.found')}
        value={language}
        onChange={change(setLanguage)}
      />
      <Radios
        label={t('admin.queues.recording')}
        value={recording}
        choices={(['on', 'ask', 'off'] as const).map((r) => ({
          value: r,
          label: t(`admin.queues.record.${r}`),
          hint: t(`admin.queues.recordHint.${r}`),
        }))}
        onChange={change(setRecording)}
      />
      <Radios
        label={t('admin.queues.supervision')}
        value={supervision}
        choices={(['', 'shown', 'hidden'] as const).map((s) => ({
          value: s,
          label: t(`admin.queues.seen.${s === '' ? 'server' : s}`),
        }))}
        onChange={change(setSupervision)}
      />
      <TextField
        label={t('admin.queues.retentionDays')}
        hint={
          less ? <span className="waiting">{t('admin.queues.less')}</span> : t('admin.queues.retentionHint')
        }
        type="number"
        min={0}
        max={MOST_DAYS}
        value={days}
        problem={badDays ? t('admin.queues.badDays') : undefined}
        onChange={change(setDays)}
      />
    </Panel>
  );
}

function DeleteQueue(props: { queue: Queue; onClose: () => void; onDeleted: () => void }) {
  const { t } = useTranslation();
  const { queue, onClose, onDeleted } = props;
  const remove = useDeleteQueue();
  return (
    <Dialog
      alert
      title={t('admin.queues.deleteAsk', { name: queue.name })}
      onClose={onClose}
      actions={
        <>
          <Button onPress={onClose}>{t('admin.cancel')}</Button>
          <Button kind="stop" onPress={() => remove.mutate(queue.id, { onSuccess: onDeleted })}>
            {t('admin.queues.delete')}
          </Button>
        </>
      }
    >
      <p>{t('admin.queues.deleteWhat')}</p>
      <ProblemLine error={remove.error} />
    </Dialog>
  );
}
