// Notes pinned to moments of an interaction.
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type Note, useDropNote, usePinNote } from '../../api/review';
import { duration } from '../../ui/format';
import { useDesk } from '../../ui/hooks';
import { Icon } from '../../ui/icons';

interface NotesProps {
  id: string;
  notes: readonly Note[];
  atMS: number;
  onGo: (ms: number) => void;
}

export function Notes({ id, notes, atMS, onGo }: NotesProps) {
  const { t } = useTranslation();
  const me = useDesk((s) => s.me);
  const [text, setText] = useState('');
  const pin = usePinNote(id);
  const drop = useDropNote(id);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (text.trim() === '' || pin.isPending) return;
    pin.mutate({ at_ms: Math.round(atMS), text: text.trim() }, { onSuccess: () => setText('') });
  };
  return (
    <section className="notes" aria-label={t('review.notes')}>
      <h2>{t('review.notes')}</h2>
      {notes.length === 0 && <p className="faint">{t('review.noNotes')}</p>}
      <ul className="note-list">
        {notes.map((note) => (
          <li key={note.id}>
            <button type="button" className="line-time num" onClick={() => onGo(note.at_ms)}>
              <Icon name="pin" /> {duration(note.at_ms)}
            </button>
            <span className="grow">
              <span className="note-text" dir="auto">
                {note.text}
              </span>
              <span className="faint">{note.author_name || note.author}</span>
            </span>
            {(note.author === me?.id || me?.role !== 'agent') && (
              <button
                type="button"
                className="party-drop"
                aria-label={t('review.dropNote', { text: note.text.slice(0, 40) })}
                title={t('review.dropNote', { text: note.text.slice(0, 40) })}
                onClick={() => drop.mutate(note.id)}
              >
                <Icon name="close" />
              </button>
            )}
          </li>
        ))}
      </ul>
      <form className="note-form" onSubmit={submit}>
        <label className="field">
          <span>{t('review.newNote', { at: duration(atMS) })}</span>
          <textarea
            className="input"
            rows={2}
            maxLength={5000}
            value={text}
            onChange={(event) => setText(event.target.value)}
          />
        </label>
        <button type="submit" className="button" aria-disabled={text.trim() === '' || undefined}>
          <Icon name="pin" /> {t('review.pin')}
        </button>
        <span className="form-problem" role="alert">
          {(pin.error ?? drop.error) &&
            t('review.trouble', { reason: (pin.error ?? drop.error)?.message ?? '' })}
        </span>
      </form>
    </section>
  );
}
