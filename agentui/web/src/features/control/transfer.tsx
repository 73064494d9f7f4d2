// Where the call goes, or who joins it: a colleague, a queue or a number, and why. The record goes with it.
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { SheetCommand } from '../../state/desk';
import { Button } from '../../ui/button';
import { since } from '../../ui/format';
import { useDesk, useNow, useSession } from '../../ui/hooks';
import { PhoneNumber } from '../../ui/phone-number';
import { Sheet } from '../../ui/sheet';
import type * as wire from '../../wire.gen';
import { numberOf, type TargetRow, targetsOf } from './targets-view';

export function TransferSheet({ purpose }: { purpose: 'transfer' | 'add' }) {
  const { t } = useTranslation();
  const { dispatch } = useSession();
  const targets = useDesk((s) => s.targets);
  const sheet = useDesk((s) => s.sheet);
  const call = useDesk((s) => s.call);
  const online = useDesk((s) => s.link === 'open');
  const [query, setQuery] = useState('');
  const [chosen, setChosen] = useState<string | null>(null);
  const [reason, setReason] = useState('');
  const myID = useDesk((s) => s.me?.id) ?? '';
  const rows = targetsOf(targets, myID, query, purpose === 'transfer');
  const number = targets.numbers ? numberOf(query) : null;
  const row = rows.find((r) => r.key === chosen) ?? null;
  const target: wire.Target | null = row?.target ?? (number ? { kind: 'number', id: number } : null);
  const close = () => dispatch({ kind: 'close_sheet' });
  if (!call) return null;
  const why = !online
    ? t('bar.whyOffline')
    : sheet?.busy
      ? t('control.sheet.asking')
      : target
        ? undefined
        : t('control.sheet.chooseFirst');
  const ask = (type: SheetCommand['type']) => {
    if (!target) return;
    const data = { interaction_id: call.interaction_id, target, reason: reason.trim() };
    dispatch({
      kind: 'send_sheet',
      message:
        type === 'add_party'
          ? { type, data: { interaction_id: data.interaction_id, target } }
          : { type, data },
    });
  };
  const title = t(`control.sheet.${purpose}`);
  return (
    <Sheet label={title} className="targets" onClose={close}>
      <div className="row">
        <h2 className="grow">{title}</h2>
        <Button small kind="plain" onPress={close}>
          {t('control.close')}
        </Button>
      </div>
      <input
        className="input"
        type="search"
        data-first
        autoComplete="off"
        aria-label={t('control.sheet.find')}
        placeholder={targets.numbers ? t('control.sheet.findHint') : t('control.sheet.findHintNoNumbers')}
        value={query}
        onChange={(event) => setQuery(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== 'ArrowDown') return;
          const first = event.currentTarget
            .closest('.sheet')
            ?.querySelector<HTMLElement>('.target-list input');
          if (!first) return;
          event.preventDefault();
          first.focus();
          first.click();
        }}
      />
      <fieldset className="target-list">
        <legend className="hidden">{t('control.sheet.to')}</legend>
        {number && (
          <label className="target">
            <input type="radio" name="target" checked={row === null} onChange={() => setChosen(null)} />
            <span className="dot go" />
            <span className="grow">
              <PhoneNumber value={number} />
            </span>
            <span className="faint">{t('control.sheet.number')}</span>
          </label>
        )}
        {rows.map((r) => (
          <TargetLine key={r.key} row={r} checked={row === r} onChoose={() => setChosen(r.key)} />
        ))}
        {rows.length === 0 && !number && (
          <p className="faint target-none">
            {query.trim()
              ? t('control.sheet.nobody', { query: query.trim() })
              : t('control.sheet.nobodyHere')}
          </p>
        )}
      </fieldset>
      {purpose === 'transfer' && (
        <label className="field">
          <span>{t('control.sheet.reason')}</span>
          <input
            className="input"
            autoComplete="off"
            maxLength={500}
            placeholder={t('control.sheet.reasonHint')}
            value={reason}
            onChange={(event) => setReason(event.target.value)}
          />
        </label>
      )}
      <p className="form-problem" role="alert">
        {sheet?.refusal && t('control.sheet.refused', { reason: sheet.refusal })}
      </p>
      <div className="row sheet-actions">
        {purpose === 'transfer' ? (
          <>
            <Button
              kind="primary"
              why={row?.target.kind === 'queue' ? t('control.sheet.noConsult') : why}
              onPress={() => ask('consult')}
            >
              {t('control.sheet.consult')}
            </Button>
            <Button icon="transfer" why={why} onPress={() => ask('transfer')}>
              {t('control.sheet.blind')}
            </Button>
            <span className="grow faint">{t('control.sheet.carries')}</span>
          </>
        ) : (
          <Button kind="primary" icon="add" why={why} onPress={() => ask('add_party')}>
            {t('control.sheet.addNow')}
          </Button>
        )}
      </div>
    </Sheet>
  );
}

function TargetLine({ row, checked, onChoose }: { row: TargetRow; checked: boolean; onChoose: () => void }) {
  const { t } = useTranslation();
  const now = useNow(5000);
  return (
    <label className="target">
      <input type="radio" name="target" checked={checked} onChange={onChoose} />
      <span className={`dot ${row.tone}`} />
      <span className="grow cut">{row.name}</span>
      <span className="faint num">
        {row.word
          ? `${t(`activity.${row.word}`)} ${since(row.since, now)}`
          : `${t('control.sheet.queue')} · ${t('control.sheet.queueFree', { count: row.freeAgents })} · ${t('queue.waiting', { count: row.waiting })}`}
      </span>
    </label>
  );
}
