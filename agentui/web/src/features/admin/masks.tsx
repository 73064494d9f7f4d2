// What is masked in everything said and typed, before it is kept or shown.
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type BuiltinMask, type MaskRule, useMasks, useMaskTrial, useSaveMasks } from '../../api/admin';
import { Button } from '../../ui/button';
import { type Column, Table } from '../../ui/table';
import { EditTable, RemoveButton } from './edit-table';
import { ProblemText, Reading, SaveBar, Section, useDraft } from './section';
import { Trial } from './trial';

const MOST = 100;
const MOST_BYTES = 200;
const kinds = ['card', 'security_code', 'bank', 'id', 'pattern'] as const;

function kindWord(kind: string): (typeof kinds)[number] {
  return kinds.find((k) => k === kind) ?? 'pattern';
}

export function Masks() {
  const { t } = useTranslation();
  const masks = useMasks();
  const save = useSaveMasks();
  const draft = useDraft<readonly MaskRule[]>(masks.data?.patterns ?? []);
  const list = draft.value;
  const put = (at: number, rule: MaskRule) => draft.set(list.map((r, i) => (i === at ? rule : r)));
  if (!masks.data) {
    return (
      <Section title={t('admin.masks.title')} intro={t('admin.masks.intro')}>
        <Reading error={masks.error} />
      </Section>
    );
  }
  const names = list.map((r) => r.name.trim());
  const why = list.some((r) => r.name.trim() === '' || r.pattern.trim() === '')
    ? t('admin.masks.bad')
    : new Set(names).size < names.length
      ? t('admin.masks.twice')
      : undefined;
  return (
    <Section
      title={t('admin.masks.title')}
      intro={t('admin.masks.intro')}
      action={
        <Button
          icon="add"
          why={list.length >= MOST ? t('admin.masks.full', { count: MOST }) : undefined}
          onPress={() => draft.set([...list, { name: '', pattern: '', active: true }])}
        >
          {t('admin.masks.add')}
        </Button>
      }
      panel={
        <Trial hint={t('admin.masks.tryHint')}>
          {(text) => (
            <Masked text={text} rules={list.filter((r) => r.name.trim() !== '' && r.pattern !== '')} />
          )}
        </Trial>
      }
    >
      <h2>{t('admin.masks.own')}</h2>
      <EditTable
        label={t('admin.masks.own')}
        heads={[t('admin.masks.name'), t('admin.masks.pattern'), t('admin.masks.active')]}
        none={t('admin.masks.none')}
      >
        {list.map((rule, at) => (
          <OwnRow
            // biome-ignore lint/suspicious/noArrayIndexKey: a row that is being written has no other identity
            key={at}
            rule={rule}
            at={at}
            onChange={(next) => put(at, next)}
            onRemove={() => draft.set(list.filter((_, i) => i !== at))}
          />
        ))}
      </EditTable>
      <p className="faint">{t('admin.masks.how', { least: 3, bytes: MOST_BYTES })}</p>
      <SaveBar
        dirty={draft.dirty}
        busy={save.isPending}
        why={why}
        error={save.error}
        saved={save.isSuccess}
        onSave={() => save.mutate(list, { onSuccess: draft.reset })}
        onDiscard={draft.reset}
      />
      <h2>{t('admin.masks.builtin')}</h2>
      <Builtin rules={masks.data.builtin} />
      <p className="faint">{t('admin.masks.always')}</p>
    </Section>
  );
}

interface OwnRowProps {
  rule: MaskRule;
  at: number;
  onChange: (rule: MaskRule) => void;
  onRemove: () => void;
}

function OwnRow({ rule, at, onChange, onRemove }: OwnRowProps) {
  const { t } = useTranslation();
  const name = rule.name || String(at + 1);
  return (
    <tr>
      <td>
        <input
          className="input"
          aria-label={t('admin.masks.nameOf', { name })}
          value={rule.name}
          maxLength={80}
          onChange={(event) => onChange({ ...rule, name: event.target.value })}
        />
      </td>
      <td className="wide">
        <input
          className="input mono"
          aria-label={t('admin.masks.patternOf', { name })}
          value={rule.pattern}
          maxLength={MOST_BYTES}
          spellCheck={false}
          onChange={(event) => onChange({ ...rule, pattern: event.target.value })}
        />
      </td>
      <td className="centre">
        <input
          type="checkbox"
          aria-label={t('admin.masks.activeOf', { name })}
          checked={rule.active}
          onChange={(event) => onChange({ ...rule, active: event.target.checked })}
        />
      </td>
      <td className="row-action">
        <RemoveButton name={name} onPress={onRemove} />
      </td>
    </tr>
  );
}

const SHOWN_CUES = 8;

function Builtin({ rules }: { rules: readonly BuiltinMask[] }) {
  const { t } = useTranslation();
  const [all, setAll] = useState(false);
  const columns: Column<BuiltinMask>[] = [
    {
      id: 'kind',
      label: t('admin.masks.kind'),
      cell: (r) => <b>{t(`admin.masks.kinds.${kindWord(r.kind)}`)}</b>,
    },
    {
      id: 'cues',
      label: t('admin.masks.cues'),
      cell: (r) => (
        <span className="soft">
          {(all ? r.cues : r.cues.slice(0, SHOWN_CUES)).join(', ')}
          {!all && r.cues.length > SHOWN_CUES && ` +${r.cues.length - SHOWN_CUES}`}
        </span>
      ),
    },
    { id: 'digits', label: t('admin.masks.digits'), numeric: true, cell: (r) => `${r.min}–${r.max}` },
    {
      id: 'for',
      label: t('admin.masks.holds'),
      numeric: true,
      cell: (r) => t('admin.masks.seconds', { count: r.seconds }),
    },
  ];
  return (
    <>
      <Table label={t('admin.masks.builtin')} columns={columns} rows={rules} keyOf={(r) => r.kind} empty="" />
      <button type="button" className="link" aria-expanded={all} onClick={() => setAll(!all)}>
        {all ? t('admin.masks.fewer') : t('admin.masks.every')}
      </button>
    </>
  );
}

function Masked({ text, rules }: { text: string; rules: readonly MaskRule[] }) {
  const { t } = useTranslation();
  const trial = useMaskTrial(text, rules);
  if (trial.error) {
    return (
      <p className="field-problem">
        <ProblemText error={trial.error} />
      </p>
    );
  }
  if (!trial.data) return <p className="faint">{t('review.loading')}</p>;
  return (
    <>
      <p className="trial-text" dir="auto">
        {trial.data.masked}
      </p>
      {trial.data.kinds.length === 0 ? (
        <p>{t('admin.masks.nothing')}</p>
      ) : (
        <p>
          {trial.data.kinds.map((k) => (
            <span key={k} className="tag accent">
              {t(`admin.masks.kinds.${kindWord(k)}`)}
            </span>
          ))}
        </p>
      )}
      <ul className="trial-list">
        {trial.data.fits.map((f) => (
          <li key={`${f.name} ${f.text}`}>
            <b>{f.name}</b> <span className="faint">{f.text}</span>
          </li>
        ))}
      </ul>
    </>
  );
}
