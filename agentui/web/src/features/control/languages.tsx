// The language of each voice in the call: one click tells the recogniser another one.
import { useTranslation } from 'react-i18next';
import { useDesk, useSession } from '../../ui/hooks';
import { spoken, spokenName } from '../../ui/languages';
import { type LegLanguage, languagesOf, primary } from './languages-view';

export function Languages() {
  const { t } = useTranslation();
  const { dispatch } = useSession();
  const call = useDesk((s) => s.call);
  const me = useDesk((s) => s.me?.id ?? '');
  const record = useDesk((s) => s.customer?.language ?? '');
  const offline = useDesk((s) => s.link !== 'open');
  if (!call) return null;
  const why =
    call.state !== 'active' ? t('control.language.over') : offline ? t('bar.whyOffline') : undefined;
  const choose = (leg: string, language: string) => {
    if (why !== undefined) return;
    dispatch({
      kind: 'command',
      message: { type: 'language', data: { interaction_id: call.interaction_id, leg, language } },
    });
  };
  return (
    <section className="languages" aria-label={t('control.language.label')}>
      {languagesOf(call, me, record).map((leg) => (
        <Leg key={leg.leg} leg={leg} why={why} onChoose={(language) => choose(leg.leg, language)} />
      ))}
    </section>
  );
}

interface LegProps {
  leg: LegLanguage;
  why: string | undefined;
  onChoose: (language: string) => void; // "" finds it out again
}

function Leg({ leg, why, onChoose }: LegProps) {
  const { t, i18n } = useTranslation();
  const who =
    leg.kind === 'customer'
      ? t('transcript.customer')
      : leg.kind === 'me'
        ? t('transcript.you')
        : leg.name || t('transcript.agent');
  const now = primary(leg.language);
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset has no place in one line of text
    <div className="leg-language" role="group" aria-label={t('control.language.of', { who })}>
      <span className="cut soft">{who}</span>
      <span className="lang-choice">
        {leg.near.map((code) => {
          const language = spokenName(code, i18n.language);
          return (
            <button
              key={code}
              type="button"
              aria-pressed={code === now}
              aria-disabled={why !== undefined || undefined}
              aria-description={why}
              aria-label={t('control.language.speaks', { who, language })}
              title={why ?? t('control.language.speaks', { who, language })}
              onClick={() => code !== now && onChoose(code)}
            >
              {language}
            </button>
          );
        })}
        <select
          aria-label={t('control.language.another', { who })}
          title={t('control.language.another', { who })}
          value=""
          disabled={why !== undefined}
          onChange={(event) => onChoose(event.target.value)}
        >
          <option value="">…</option>
          {spoken
            .filter((code) => !leg.near.includes(code))
            .map((code) => (
              <option key={code} value={code}>
                {spokenName(code, i18n.language)}
              </option>
            ))}
        </select>
      </span>
      {leg.by === 'chosen' ? (
        <button
          type="button"
          className="link lang-by"
          aria-disabled={why !== undefined || undefined}
          title={t('control.language.reset', { who })}
          aria-label={t('control.language.reset', { who })}
          onClick={() => onChoose('')}
        >
          {t('control.language.by.chosen')} ×
        </button>
      ) : (
        <span className="faint lang-by">
          {leg.by === '' ? t('control.language.notYet') : t(`control.language.by.${leg.by}`)}
        </span>
      )}
    </div>
  );
}
