// Parts that every section of administration is made of.
import { type FormEvent, type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ApiError } from '../../api/http';
import { Button } from '../../ui/button';

interface SectionProps {
  title: string;
  intro: string;
  action?: ReactNode;
  children: ReactNode;
  /** The side panel, where something is open. */
  panel?: ReactNode;
}

export function Section({ title, intro, action, children, panel }: SectionProps) {
  return (
    <div className={panel ? 'admin-section with-panel' : 'admin-section'}>
      <div className="admin-body">
        <header className="admin-head">
          <div className="grow">
            <h1 className="review-title">{title}</h1>
            <p className="soft">{intro}</p>
          </div>
          {action}
        </header>
        {children}
      </div>
      {panel}
    </div>
  );
}

interface PanelProps {
  title: string;
  onClose: () => void;
  onSubmit: () => void;
  submit: string;
  dirty: boolean;
  busy: boolean;
  children: ReactNode;
  more?: ReactNode; // below the form
  error?: Error | null;
  saved?: boolean;
}

interface SidePanelProps {
  title: string;
  onClose: () => void;
  children: ReactNode;
}

/** What a row of the table is about, at its side. Escape closes it. */
export function SidePanel({ title, onClose, children }: SidePanelProps) {
  const { t } = useTranslation();
  return (
    <aside
      className="admin-panel"
      aria-label={title}
      onKeyDown={(event) => {
        // A dialog above it has the key to itself.
        const asked = (event.target as Element).closest('dialog') !== null;
        if (event.key === 'Escape' && !event.defaultPrevented && !asked) onClose();
      }}
    >
      <div className="admin-panel-head">
        <h2 className="panel-title cut">{title}</h2>
        <Button small className="plain" icon="close" onPress={onClose}>
          {t('admin.close')}
        </Button>
      </div>
      {children}
    </aside>
  );
}

/** A form at the side of a table. */
export function Panel(props: PanelProps) {
  const { title, onClose, onSubmit, submit, dirty, busy, children, more, error, saved } = props;
  const { t } = useTranslation();
  const send = (event: FormEvent) => {
    event.preventDefault();
    if (!busy) onSubmit();
  };
  return (
    <SidePanel title={title} onClose={onClose}>
      <form className="admin-form" onSubmit={send} noValidate>
        {children}
        <div className="row">
          <Button type="submit" kind="primary" why={dirty ? undefined : t('admin.nothingChanged')}>
            {submit}
          </Button>
          <span className="grow">
            <Outcome error={error ?? null} saved={saved === true && !dirty} />
          </span>
        </div>
      </form>
      {more}
    </SidePanel>
  );
}

/** What became of a change: in words, and told to screen readers. */
export function Outcome({ error, saved }: { error: Error | null; saved?: boolean }) {
  const { t } = useTranslation();
  return (
    <>
      <span className="field-problem" role="alert">
        {error && <ProblemText error={error} />}
      </span>
      <span className="saved" role="status">
        {saved && !error && t('admin.saved')}
      </span>
    </>
  );
}

// Refusals that are known by their code; 'network' is none of the server's.
const problems = [
  'network',
  'last_admin',
  'yourself',
  'exists',
  'in_use',
  'legal_hold',
  'forbidden',
  'records_unavailable',
  'webhook_twice',
  'too_many_webhooks',
  'fixed_webhook',
  'bad_webhook',
  'no_originals',
  'not_audited',
  'not_yours',
] as const;

/** A refusal in the person's language where it is a known one, else as the server says it, in English. */
export function ProblemText({ error }: { error: Error }) {
  const { t } = useTranslation();
  if (error instanceof ApiError) {
    const code = error.status === 0 ? 'network' : error.code;
    const known = problems.find((p) => p === code);
    if (known) return <>{t(`admin.problem.${known}`)}</>;
  }
  return <span lang="en">{error.message || t('admin.problem.unknown')}</span>;
}

/** Why something was refused, in a line of its own; nothing where nothing was. */
export function ProblemLine({ error }: { error: Error | null }) {
  return (
    error && (
      <p className="field-problem" role="alert">
        <ProblemText error={error} />
      </p>
    )
  );
}

/** In the place of what is read: that it is, or why it cannot be. */
export function Reading({ error }: { error: Error | null }) {
  const { t } = useTranslation();
  return error ? (
    <p className="admin-none" role="alert">
      <ProblemText error={error} />
    </p>
  ) : (
    <p className="admin-none faint" role="status">
      {t('review.loading')}
    </p>
  );
}

/** What is being changed: the saved value until somebody changes it, and again when it was saved or given up. */
export function useDraft<T>(saved: T) {
  const [draft, setDraft] = useState<T | null>(null);
  return { value: draft ?? saved, dirty: draft !== null, set: setDraft, reset: () => setDraft(null) };
}

interface SaveBarProps {
  dirty: boolean;
  busy: boolean;
  why?: string | undefined; // it cannot be saved
  error: Error | null;
  saved: boolean;
  onSave: () => void;
  onDiscard: () => void;
}

/** Below a list that is saved as a whole. */
export function SaveBar({ dirty, busy, why, error, saved, onSave, onDiscard }: SaveBarProps) {
  const { t } = useTranslation();
  const nothing = dirty ? undefined : t('admin.nothingChanged');
  return (
    <div className="save-bar">
      <Button kind="primary" why={nothing ?? why} onPress={() => !busy && onSave()}>
        {t('admin.save')}
      </Button>
      <Button why={nothing} onPress={onDiscard}>
        {t('admin.discard')}
      </Button>
      <span className="grow">
        {dirty && !error && <span className="waiting">{why ?? t('admin.unsaved')}</span>}
        <Outcome error={error} saved={saved && !dirty} />
      </span>
    </div>
  );
}
