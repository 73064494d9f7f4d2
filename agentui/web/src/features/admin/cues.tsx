// From when on a call may need somebody: for all queues, and for those that are another matter.
import { useTranslation } from 'react-i18next';
import { useQueues } from '../../api/admin';
import { type Cues, useCues, useSaveCues } from '../../api/cues';
import { SelectField } from '../../ui/field';
import { EditTable, RemoveButton } from './edit-table';
import { Reading, SaveBar, Section, useDraft } from './section';

/** The figures of a row, with what the server takes. 0 is none: that cue is off. */
const figures = [
  { key: 'wait_seconds', least: 5, most: 3600, step: 1 },
  { key: 'silence_seconds', least: 5, most: 600, step: 1 },
  { key: 'long_times', least: 1.1, most: 20, step: 0.1 },
  { key: 'long_seconds', least: 0, most: 14_400, step: 1 },
  { key: 'overlap_seconds', least: 1, most: 45, step: 1 },
] as const;

type Figure = (typeof figures)[number];

function fits(figure: Figure, value: number): boolean {
  return value === 0 || (value >= figure.least && value <= figure.most);
}

export function CueRules() {
  const { t } = useTranslation();
  const cues = useCues();
  const queues = useQueues();
  const save = useSaveCues();
  const all = cues.data?.items.find((c) => c.queue_id === '') ?? cues.data?.default;
  const own = cues.data?.items.filter((c) => c.queue_id !== '') ?? [];
  const draft = useDraft<readonly Cues[]>(all ? [all, ...own] : own);
  if (!cues.data || !queues.data) {
    return (
      <Section title={t('admin.cues.title')} intro={t('admin.cues.intro')}>
        <Reading error={cues.error ?? queues.error} />
      </Section>
    );
  }
  const list = draft.value;
  const put = (at: number, row: Cues) => draft.set(list.map((r, i) => (i === at ? row : r)));
  const nameOf = (id: string) =>
    id === '' ? t('admin.words.allQueues') : (queues.data.find((q) => q.id === id)?.name ?? id);
  const others = queues.data.filter((q) => !list.some((c) => c.queue_id === q.id));
  const bad = list.some((row) => figures.some((f) => !fits(f, row[f.key])));
  return (
    <Section title={t('admin.cues.title')} intro={t('admin.cues.intro')}>
      <EditTable
        label={t('admin.cues.title')}
        heads={[t('admin.cues.queue'), ...figures.map((f) => t(`admin.cues.heads.${f.key}`))]}
      >
        {list.map((row, at) => (
          <tr key={row.queue_id}>
            <td>
              <b>{nameOf(row.queue_id)}</b>
            </td>
            {figures.map((f) => (
              <td key={f.key}>
                <input
                  className="input cue num"
                  type="number"
                  min={0}
                  max={f.most}
                  step={f.step}
                  aria-label={`${nameOf(row.queue_id)}: ${t(`admin.cues.heads.${f.key}`)}`}
                  aria-invalid={!fits(f, row[f.key]) || undefined}
                  placeholder={t('admin.cues.off')}
                  value={row[f.key] === 0 ? '' : row[f.key]}
                  onChange={(event) => put(at, { ...row, [f.key]: Number(event.target.value) || 0 })}
                />
              </td>
            ))}
            <td className="row-action">
              {row.queue_id !== '' && (
                <RemoveButton
                  name={nameOf(row.queue_id)}
                  onPress={() => draft.set(list.filter((_, i) => i !== at))}
                />
              )}
            </td>
          </tr>
        ))}
      </EditTable>
      <div className="admin-tools">
        <SelectField
          label={t('admin.cues.add')}
          value=""
          choices={[
            { value: '', label: t('admin.cues.choose') },
            ...others.map((q) => ({ value: q.id, label: q.name })),
          ]}
          onChange={(id) => {
            if (id !== '' && list[0]) draft.set([...list, { ...list[0], queue_id: id }]);
          }}
        />
      </div>
      <p className="faint">{t('admin.cues.how')}</p>
      <SaveBar
        dirty={draft.dirty}
        busy={save.isPending}
        why={bad ? t('admin.cues.bad') : undefined}
        error={save.error}
        saved={save.isSuccess}
        onSave={() => save.mutate(list, { onSuccess: draft.reset })}
        onDiscard={draft.reset}
      />
    </Section>
  );
}
