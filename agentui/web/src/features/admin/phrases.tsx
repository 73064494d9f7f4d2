// What supervisors are told of when it is said: "calls that may need you".
import { useTranslation } from 'react-i18next';
import { type PhraseRule, usePhraseRules, usePhraseTrial, useSavePhraseRules } from '../../api/admin';
import { Button } from '../../ui/button';
import { markedPieces } from '../review/review-view';
import { EditTable, RemoveButton } from './edit-table';
import { ProblemText, Reading, SaveBar, Section, useDraft } from './section';
import { Trial } from './trial';

const MOST = 200;
const MOST_BYTES = 200;

export function Phrases() {
  const { t } = useTranslation();
  const rules = usePhraseRules();
  const save = useSavePhraseRules();
  const draft = useDraft<readonly PhraseRule[]>(rules.data ?? []);
  const list = draft.value;
  const put = (at: number, rule: PhraseRule) => draft.set(list.map((r, i) => (i === at ? rule : r)));
  if (!rules.data) {
    return (
      <Section title={t('admin.phrases.title')} intro={t('admin.phrases.intro')}>
        <Reading error={rules.error} />
      </Section>
    );
  }
  const bytes = new TextEncoder();
  const why = list.some((r) => r.text.trim() === '')
    ? t('admin.phrases.bad')
    : list.some((r) => bytes.encode(r.text).length > MOST_BYTES)
      ? t('admin.phrases.long', { count: MOST_BYTES })
      : undefined;
  return (
    <Section
      title={t('admin.phrases.title')}
      intro={t('admin.phrases.intro')}
      action={
        <Button
          icon="add"
          why={list.length >= MOST ? t('admin.phrases.full', { count: MOST }) : undefined}
          onPress={() => draft.set([...list, { kind: 'exact', text: '' }])}
        >
          {t('admin.phrases.add')}
        </Button>
      }
      panel={
        <Trial hint={t('admin.phrases.tryHint')}>
          {(text) => <Found text={text} rules={list.filter((r) => r.text.trim() !== '')} />}
        </Trial>
      }
    >
      <EditTable
        label={t('admin.phrases.title')}
        heads={[
          t('admin.phrases.text'),
          t('admin.phrases.kind'),
          { text: t('admin.phrases.share'), hint: t('admin.phrases.shareHint') },
        ]}
        none={t('admin.phrases.none')}
      >
        {list.map((rule, at) => {
          const name = rule.text || String(at + 1);
          return (
            // biome-ignore lint/suspicious/noArrayIndexKey: a row that is being written has no other identity
            <tr key={at}>
              <td className="wide">
                <input
                  className={rule.kind === 'pattern' ? 'input mono' : 'input'}
                  aria-label={t('admin.phrases.textOf', { name })}
                  value={rule.text}
                  maxLength={MOST_BYTES}
                  spellCheck={false}
                  onChange={(event) => put(at, { ...rule, text: event.target.value })}
                />
              </td>
              <td>
                <select
                  className="input"
                  aria-label={t('admin.phrases.kindOf', { name })}
                  value={rule.kind}
                  onChange={(event) => put(at, { ...rule, kind: event.target.value })}
                >
                  <option value="exact">{t('admin.phrases.exact')}</option>
                  <option value="pattern">{t('admin.phrases.pattern')}</option>
                </select>
              </td>
              <td className="centre">
                <input
                  type="checkbox"
                  aria-label={t('admin.phrases.shareOf', { name })}
                  checked={rule.share_text ?? false}
                  onChange={(event) => put(at, { ...rule, share_text: event.target.checked })}
                />
              </td>
              <td className="row-action">
                <RemoveButton name={name} onPress={() => draft.set(list.filter((_, i) => i !== at))} />
              </td>
            </tr>
          );
        })}
      </EditTable>
      <p className="faint">
        {t('admin.phrases.how')} {t('admin.phrases.shareHint')}
      </p>
      <SaveBar
        dirty={draft.dirty}
        busy={save.isPending}
        why={why}
        error={save.error}
        saved={save.isSuccess}
        onSave={() => save.mutate(list, { onSuccess: draft.reset })}
        onDiscard={draft.reset}
      />
    </Section>
  );
}

function Found({ text, rules }: { text: string; rules: readonly PhraseRule[] }) {
  const { t } = useTranslation();
  const trial = usePhraseTrial(text, rules);
  if (rules.length === 0) return <p className="faint">{t('admin.phrases.none')}</p>;
  if (trial.error) {
    return (
      <p className="field-problem">
        <ProblemText error={trial.error} />
      </p>
    );
  }
  if (!trial.data) return <p className="faint">{t('review.loading')}</p>;
  if (trial.data.length === 0) return <p>{t('admin.phrases.notFound')}</p>;
  const ranges = trial.data.map((m): [number, number] => {
    const at = text.indexOf(m.said);
    return [at, at + m.said.length];
  });
  return (
    <>
      <p className="trial-text" dir="auto">
        {markedPieces(text, ranges).map((piece, i) =>
          // biome-ignore lint/suspicious/noArrayIndexKey: pieces have no other identity
          piece.marked ? <mark key={i}>{piece.text}</mark> : piece.text,
        )}
      </p>
      <ul className="trial-list">
        {trial.data.map((m) => (
          <li key={`${m.kind} ${m.text}`}>
            <span className="tag stop">{t('admin.phrases.said', { said: m.said })}</span>{' '}
            <span className={m.kind === 'pattern' ? 'faint mono' : 'faint'}>{m.text}</span>
          </li>
        ))}
      </ul>
    </>
  );
}
