// Wrap-up codes: what a call was about, as chips on the desk.
import { useTranslation } from 'react-i18next';
import { useCodes, useSaveCodes } from '../../api/admin';
import { languages } from '../../i18n';
import { Button } from '../../ui/button';
import type * as wire from '../../wire.gen';
import { EditTable, RemoveButton } from './edit-table';
import { Reading, SaveBar, Section, useDraft } from './section';

const CODE = /^[a-z][a-z0-9_]{0,39}$/;
const MOST = 40;

export function Codes() {
  const { t } = useTranslation();
  const codes = useCodes();
  const save = useSaveCodes();
  const draft = useDraft<readonly wire.WrapUpCode[]>(codes.data ?? []);
  const list = draft.value;
  const put = (at: number, code: wire.WrapUpCode) => draft.set(list.map((c, i) => (i === at ? code : c)));
  const move = (at: number, by: number) => {
    const next = [...list];
    const [code] = next.splice(at, 1);
    if (code) next.splice(at + by, 0, code);
    draft.set(next);
  };
  const known = new Set((codes.data ?? []).map((c) => c.code));
  const wrong = problemOf(list);
  if (!codes.data) {
    return (
      <Section title={t('admin.codes.title')} intro={t('admin.codes.intro')}>
        <Reading error={codes.error} />
      </Section>
    );
  }
  return (
    <Section
      title={t('admin.codes.title')}
      intro={t('admin.codes.intro')}
      action={
        <Button
          icon="add"
          why={list.length >= MOST ? t('admin.codes.full') : undefined}
          onPress={() => draft.set([...list, { code: '', label: {} }])}
        >
          {t('admin.codes.add')}
        </Button>
      }
    >
      <EditTable
        label={t('admin.codes.title')}
        heads={[
          t('admin.codes.key'),
          t('admin.codes.code'),
          ...languages.map((l) => t('admin.codes.label', { language: l.name })),
        ]}
      >
        {list.map((c, at) => {
          const name = c.label.en || c.code || String(at + 1);
          return (
            // biome-ignore lint/suspicious/noArrayIndexKey: a row that is being written has no other identity
            <tr key={at}>
              <td className="num faint">{at < 9 ? at + 1 : ''}</td>
              <td>
                <input
                  className="input mono"
                  aria-label={t('admin.codes.codeOf', { name })}
                  value={c.code}
                  maxLength={40}
                  readOnly={known.has(c.code)}
                  spellCheck={false}
                  onChange={(event) => put(at, { ...c, code: event.target.value.toLowerCase() })}
                />
              </td>
              {languages.map((l) => (
                <td key={l.code}>
                  <input
                    className="input"
                    lang={l.code}
                    aria-label={t('admin.codes.labelOf', { name, language: l.name })}
                    value={c.label[l.code] ?? ''}
                    maxLength={60}
                    onChange={(event) =>
                      put(at, { ...c, label: labels(c.label, l.code, event.target.value) })
                    }
                  />
                </td>
              ))}
              <td className="row-action">
                <Button
                  small
                  className="plain"
                  icon="up"
                  why={at === 0 ? t('admin.codes.first') : undefined}
                  onPress={() => move(at, -1)}
                >
                  <span className="hidden">{t('admin.up', { name })}</span>
                </Button>
                <Button
                  small
                  className="plain"
                  icon="down"
                  why={at === list.length - 1 ? t('admin.codes.last') : undefined}
                  onPress={() => move(at, 1)}
                >
                  <span className="hidden">{t('admin.down', { name })}</span>
                </Button>
                <RemoveButton name={name} onPress={() => draft.set(list.filter((_, i) => i !== at))} />
              </td>
            </tr>
          );
        })}
      </EditTable>
      <p className="faint">{t('admin.codes.history')}</p>
      <SaveBar
        dirty={draft.dirty}
        busy={save.isPending}
        why={wrong && t(`admin.codes.bad.${wrong}`)}
        error={save.error}
        saved={save.isSuccess}
        onSave={() => save.mutate(list, { onSuccess: draft.reset })}
        onDiscard={draft.reset}
      />
    </Section>
  );
}

function labels(all: Record<string, string>, language: string, text: string): Record<string, string> {
  const { [language]: _, ...others } = all;
  return text === '' ? others : { ...others, [language]: text };
}

function problemOf(list: readonly wire.WrapUpCode[]): 'none' | 'code' | 'twice' | 'label' | undefined {
  if (list.length === 0) return 'none';
  if (list.some((c) => !CODE.test(c.code))) return 'code';
  if (new Set(list.map((c) => c.code)).size < list.length) return 'twice';
  if (list.some((c) => Object.values(c.label).every((text) => text.trim() === ''))) return 'label';
  return undefined;
}
