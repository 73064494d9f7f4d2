// Between the strip and the transcript: a talk aside, everybody in the call, and supervisors who may be seen.
import { useTranslation } from 'react-i18next';
import type { CallCommand } from '../../state/desk';
import { Button } from '../../ui/button';
import { useDesk, useSession } from '../../ui/hooks';
import { Icon } from '../../ui/icons';
import { PhoneNumber } from '../../ui/phone-number';
import type * as wire from '../../wire.gen';
import {
  type ConsultView,
  causeOf,
  consultOf,
  modeOf,
  type PartyRow,
  peopleOf,
  transferModeOf,
  worthShowing,
} from './people-view';

export function People() {
  const { t } = useTranslation();
  const call = useDesk((s) => s.call);
  const me = useDesk((s) => s.me);
  const customer = useDesk((s) => s.customer?.name) ?? '';
  if (!call) return null;
  const people = peopleOf(call, me?.id ?? '', customer);
  const consult = call.state === 'active' ? consultOf(call) : null;
  // One who took the call over needs not be told so.
  const supervisors = call.state === 'active' ? call.supervisors.filter((s) => s.name !== me?.name) : [];
  return (
    <div className="people-panel">
      {call.transferred && <TransferNote transferred={call.transferred} />}
      {consult && <ConsultBar call={call} consult={consult} customer={customer} />}
      {worthShowing(people) && (
        <ul className="parties" aria-label={t('control.people.label')}>
          {people.map((party) => (
            <PartyItem key={party.id} party={party} call={call} />
          ))}
        </ul>
      )}
      {supervisors.length > 0 && (
        <ul className="parties watchers" aria-label={t('control.people.supervisors')}>
          {supervisors.map((s) => (
            <li key={`${s.name}:${s.mode}`} className="party">
              <Icon name="ear" />
              {t(`control.watched.${modeOf(s.mode) ?? 'listen'}`, { name: s.name })}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

/** What came with a call that was handed over: also in the ringing dialog. */
export function TransferNote({ transferred }: { transferred: wire.Transferred }) {
  const { t } = useTranslation();
  const mode = transferModeOf(transferred.mode);
  // What comes back names why nobody took it, by a code.
  const cause = mode === 'returned' ? causeOf(transferred.reason) : null;
  return (
    <p className="handed" role="note" aria-label={t('control.handed.label')}>
      <Icon name="transfer" />
      <span className="grow">
        {t(`control.handed.${mode}`, { name: transferred.from_name })}
        {cause ? (
          <b> {t(`control.cause.${cause}`)}</b>
        ) : (
          transferred.reason && <b dir="auto"> “{transferred.reason}”</b>
        )}
      </span>
    </p>
  );
}

function ConsultBar({
  call,
  consult,
  customer,
}: {
  call: wire.Call;
  consult: ConsultView;
  customer: string;
}) {
  const { t } = useTranslation();
  const { dispatch } = useSession();
  const online = useDesk((s) => s.link === 'open');
  const why = online ? undefined : t('bar.whyOffline');
  const names = { name: consult.name || consult.number, customer: customer || t('transcript.customer') };
  const send = (type: 'consult_swap' | 'consult_complete' | 'consult_return') => {
    const message: CallCommand = { type, data: { interaction_id: call.interaction_id } };
    dispatch({ kind: 'command', message });
  };
  const said = consult.asked
    ? t(consult.to === 'consultant' ? 'control.consult.askedTalk' : 'control.consult.askedWait', names)
    : !consult.reached
      ? t('control.consult.calling', names)
      : t(consult.to === 'consultant' ? 'control.consult.talk' : 'control.consult.wait', names);
  return (
    <section className="consult" aria-label={t('control.consult.label')}>
      <span className="grow" role="status">
        {said}
      </span>
      {!consult.asked && (
        <>
          <Button
            small
            icon="swap"
            why={why ?? (consult.reached ? undefined : t('control.consult.whyNotYet'))}
            onPress={() => send('consult_swap')}
          >
            {t('control.consult.swap')}
          </Button>
          <Button
            small
            kind="primary"
            icon="transfer"
            why={why ?? (consult.reached ? undefined : t('control.consult.whyNotYet'))}
            onPress={() => send('consult_complete')}
          >
            {t('control.consult.complete')}
          </Button>
          <Button small icon="back" why={why} onPress={() => send('consult_return')}>
            {t('control.consult.return')}
          </Button>
        </>
      )}
    </section>
  );
}

function PartyItem({ party, call }: { party: PartyRow; call: wire.Call }) {
  const { t } = useTranslation();
  const { dispatch } = useSession();
  const cause = causeOf(party.cause);
  const name = party.name || party.number || t('history.withheld');
  return (
    <li className="party">
      <span className={`dot ${party.tone}`} />
      <b className="cut">{party.name || (party.number ? <PhoneNumber value={party.number} /> : name)}</b>
      <span className={party.word === 'failed' ? 'alarm-text' : 'faint'}>
        {t(`control.party.${party.word}`)}
        {party.word === 'failed' && `: ${cause ? t(`control.cause.${cause}`) : t('control.cause.other')}`}
      </span>
      {party.muted && <Icon name="micOff" />}
      {party.muted && <span className="hidden">{t('control.party.muted')}</span>}
      {party.droppable && (
        <button
          type="button"
          className="party-drop"
          aria-label={t('control.people.drop', { name })}
          title={t('control.people.drop', { name })}
          onClick={() =>
            dispatch({
              kind: 'command',
              message: {
                type: 'drop_party',
                data: { interaction_id: call.interaction_id, party_id: party.id },
              },
            })
          }
        >
          <Icon name="close" />
        </button>
      )}
    </li>
  );
}
