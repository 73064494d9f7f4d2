// Words that the recogniser shall know: names, places, products, by queue and language.
import { useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type Term, useQueues, useSaveWordLists, useWordLists, type WordList } from '../../api/admin';
import { Button } from '../../ui/button';
import { SelectField } from '../../ui/field';
import { EditTable, RemoveButton } from './edit-table';
import { LanguageField } from './language-field';
import { Reading, SaveBar, Section, useDraft } from './section';
import { LONGEST, MOST_BYTES, MOST_SOUNDS, MOST_TERMS, parseWords, soundsOf, writeWords } from './words-csv';

export function VocabularySection() {
  const { t } = useTranslation();
  const lists = useWordLists();
  const queues = useQueues();
  const save = useSaveWordLists();
  const draft = useDraft<readonly WordList[]>(lists.data ?? []);
  const [queue, setQueue] = useState('');
  const [language, setLanguage] = useState('');
  const [imported, setImported] = useState<{ read: number; skipped: number } | null>(null);
  const [tooLarge, setTooLarge] = useState(false);
  const file = useRef<HTMLInputElement>(null);
  if (!lists.data || !queues.data) {
    return (
      <Section title={t('admin.words.title')} intro={t('admin.words.intro')}>
        <Reading error={lists.error ?? queues.error} />
      </Section>
    );
  }
  const all = draft.value;
  const same = (l: WordList) => l.queue === queue && l.language === language;
  const terms = all.find(same)?.terms ?? [];
  const put = (next: readonly Term[]) =>
    draft.set([
      ...all.filter((l) => !same(l)),
      ...(next.length > 0 ? [{ queue, language, terms: next }] : []),
    ]);
  const full = terms.length >= MOST_TERMS ? t('admin.words.full') : undefined;
  const names = [...new Set([...queues.data.map((q) => q.name), ...all.map((l) => l.queue).filter(Boolean)])];
  const count = (name: string) => all.filter((l) => l.queue === name).reduce((n, l) => n + l.terms.length, 0);
  const bad = all.some((l) => l.terms.some((term) => term.text.trim() === ''));
  const many = all.some((l) => l.terms.some((term) => term.sounds_like.length > MOST_SOUNDS));
  const read = async (chosen: File | undefined) => {
    if (!chosen) return;
    setTooLarge(chosen.size > MOST_BYTES);
    if (chosen.size > MOST_BYTES) return; // it would hold up the page, and is no list of words
    const parsed = parseWords(await chosen.text());
    put(parsed.terms);
    setImported({ read: parsed.terms.length, skipped: parsed.skipped });
  };
  const write = () => {
    const link = document.createElement('a');
    link.href = URL.createObjectURL(new Blob([`\uFEFF${writeWords(terms)}\r\n`], { type: 'text/csv' }));
    link.download = `${['words', queue, language].filter(Boolean).join('-')}.csv`;
    link.click();
    URL.revokeObjectURL(link.href);
  };
  return (
    <Section title={t('admin.words.title')} intro={t('admin.words.intro')}>
      <div className="admin-tools">
        <SelectField
          label={t('admin.words.queue')}
          value={queue}
          choices={[
            {
              value: '',
              label: t('admin.words.countOf', { name: t('admin.words.allQueues'), count: count('') }),
            },
            ...names.map((name) => ({
              value: name,
              label: t('admin.words.countOf', { name, count: count(name) }),
            })),
          ]}
          onChange={setQueue}
        />
        <LanguageField
          label={t('admin.words.language')}
          none={t('admin.words.allLanguages')}
          value={language}
          onChange={setLanguage}
        />
        <span className="grow" />
        <Button icon="upload" onPress={() => file.current?.click()}>
          {t('admin.words.import')}
        </Button>
        <input
          ref={file}
          type="file"
          className="hidden"
          accept=".csv,.txt,text/csv,text/plain"
          tabIndex={-1}
          aria-label={t('admin.words.file')}
          onChange={(event) => {
            void read(event.target.files?.[0]);
            event.target.value = '';
          }}
        />
        <Button icon="download" why={terms.length === 0 ? t('admin.words.empty') : undefined} onPress={write}>
          {t('admin.words.export')}
        </Button>
      </div>
      <EditTable
        label={t('admin.words.title')}
        heads={[t('admin.words.word'), t('admin.words.sounds')]}
        none={t('admin.words.none')}
      >
        {terms.map((term, at) => (
          <TermRow
            // biome-ignore lint/suspicious/noArrayIndexKey: a row that is being written has no other identity
            key={at}
            term={term}
            at={at}
            onChange={(next) => put(terms.map((old, i) => (i === at ? next : old)))}
            onRemove={() => put(terms.filter((_, i) => i !== at))}
          />
        ))}
      </EditTable>
      {tooLarge && (
        <p className="field-problem" role="alert">
          {t('admin.words.tooLarge')}
        </p>
      )}
      <div className="row">
        <Button icon="add" why={full} onPress={() => put([...terms, { text: '', sounds_like: [] }])}>
          {t('admin.words.add')}
        </Button>
        <span className="faint grow" role="status">
          {t('admin.words.bounds', {
            count: terms.length,
            most: MOST_TERMS,
            longest: LONGEST,
            sounds: MOST_SOUNDS,
          })}
          {imported && ` · ${t('admin.words.imported', imported)}`}
        </span>
      </div>
      <SaveBar
        dirty={draft.dirty}
        busy={save.isPending}
        why={bad ? t('admin.words.bad') : many ? t('admin.words.many', { count: MOST_SOUNDS }) : undefined}
        error={save.error}
        saved={save.isSuccess}
        onSave={() => save.mutate(all, { onSuccess: draft.reset })}
        onDiscard={draft.reset}
      />
    </Section>
  );
}

interface TermRowProps {
  term: Term;
  at: number;
  onChange: (term: Term) => void;
  onRemove: () => void;
}

function TermRow({ term, at, onChange, onRemove }: TermRowProps) {
  const { t } = useTranslation();
  const name = term.text || String(at + 1);
  // As it is typed: commas at the end are not there in the list yet.
  const [typed, setTyped] = useState<string | null>(null);
  return (
    <tr>
      <td>
        <input
          className="input"
          aria-label={t('admin.words.wordOf', { name })}
          value={term.text}
          maxLength={LONGEST}
          onChange={(event) => onChange({ ...term, text: event.target.value })}
        />
      </td>
      <td>
        <input
          className="input"
          aria-label={t('admin.words.soundsOf', { name })}
          value={typed ?? term.sounds_like.join(', ')}
          onChange={(event) => {
            setTyped(event.target.value);
            onChange({ ...term, sounds_like: soundsOf(event.target.value) });
          }}
          onBlur={() => setTyped(null)}
        />
      </td>
      <td className="row-action">
        <RemoveButton name={name} onPress={onRemove} />
      </td>
    </tr>
  );
}
