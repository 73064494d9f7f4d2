// The door: no dialog, no detour between it and the desk.
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ApiError } from '../api/http';
import { signIn } from '../api/session';
import { LanguageSelect, ThemeSelect } from './preferences';

type Problem = 'wrong' | 'limited' | 'unreachable' | { readonly reason: string };

function problemOf(error: unknown): Problem {
  if (!(error instanceof ApiError) || error.status === 0) return 'unreachable';
  if (error.status === 401 || error.status === 403) return 'wrong';
  if (error.status === 429) return 'limited';
  return { reason: error.message || String(error.status) };
}

export function SignIn({ ended, onSignedIn }: { ended: boolean; onSignedIn: () => void }) {
  const { t } = useTranslation();
  const [user, setUser] = useState('');
  const [password, setPassword] = useState('');
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (busy) return;
    setBusy(true);
    setProblem(null);
    try {
      await signIn(user.trim(), password);
      onSignedIn();
    } catch (error) {
      setProblem(problemOf(error));
      setBusy(false);
    }
  };

  return (
    <div className="door">
      <header className="door-head">
        <span className="brand">
          <i />
          {t('app.name')}
        </span>
        <span className="grow" />
        <LanguageSelect />
        <ThemeSelect />
      </header>
      <main className="door-main">
        <form className="door-form" onSubmit={(event) => void submit(event)}>
          <h1>{t('signIn.title')}</h1>
          {ended && problem === null && <p className="door-ended">{t('signIn.ended')}</p>}
          <label className="field">
            <span>{t('signIn.user')}</span>
            <input
              className="input"
              name="user"
              autoComplete="username"
              autoCapitalize="none"
              spellCheck={false}
              required
              // biome-ignore lint/a11y/noAutofocus: the first thing that everybody does on this page
              autoFocus
              value={user}
              onChange={(event) => setUser(event.target.value)}
            />
          </label>
          <label className="field">
            <span>{t('signIn.password')}</span>
            <input
              className="input"
              name="password"
              type="password"
              autoComplete="current-password"
              required
              value={password}
              onChange={(event) => setPassword(event.target.value)}
            />
          </label>
          <p className="door-problem" role="alert">
            {problem === null
              ? ''
              : typeof problem === 'string'
                ? t(`signIn.${problem}`)
                : t('signIn.failed', { reason: problem.reason })}
          </p>
          <button type="submit" className="button primary" aria-disabled={busy || undefined}>
            {busy ? t('signIn.submitting') : t('signIn.submit')}
          </button>
          <p className="faint">{t('signIn.note')}</p>
        </form>
      </main>
    </div>
  );
}
