// The live calls, those first that may need somebody, each with its reasons.
import { useTranslation } from 'react-i18next';
import { reviewLink } from '../../state/place';
import { Button } from '../../ui/button';
import { since } from '../../ui/format';
import { useDesk, useNow, useSession } from '../../ui/hooks';
import { PhoneNumber } from '../../ui/phone-number';
import type * as wire from '../../wire.gen';
import { nameOf, sortedCalls } from '../board-view';
import { needTone, needWords } from './needs';
import { canListen } from './supervise-view';
import { showsPicture } from './watch-picture';

export function Calls({ calls }: { calls: readonly wire.BoardCall[] }) {
  const { t } = useTranslation();
  return (
    <div className="table-frame">
      <table aria-label={t('board.calls')}>
        <thead>
          <tr>
            <th scope="col">{t('board.customer')}</th>
            <th scope="col">{t('board.agent')}</th>
            <th scope="col">{t('board.queue')}</th>
            <th scope="col">{t('board.time')}</th>
            <th scope="col">{t('board.state')}</th>
            <th scope="col">{t('supervise.signs')}</th>
            <th scope="col">
              <span className="hidden">{t('board.action')}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {calls.length === 0 ? (
            <tr>
              <td colSpan={7} className="faint">
                {t('board.noCalls')}
              </td>
            </tr>
          ) : (
            sortedCalls(calls).map((call) => <CallRow key={call.interaction_id} call={call} />)
          )}
        </tbody>
      </table>
    </div>
  );
}

const callTones: Record<string, string> = { waiting: 'wait', offered: 'wait', held: 'wait', active: 'go' };

function CallRow({ call }: { call: wire.BoardCall }) {
  const { t } = useTranslation();
  const { dispatch } = useSession();
  const selected = useDesk((s) => s.watching === call.interaction_id);
  const online = useDesk((s) => s.link === 'open');
  const now = useNow();
  const name = nameOf(call, t('history.withheld'));
  const watch = () => dispatch({ kind: 'watch', interactionID: call.interaction_id });
  const why = !online ? t('bar.whyOffline') : canListen(call) ? undefined : t('supervise.whyNotTalking');
  return (
    <tr className={selected ? 'selected' : undefined}>
      <td>
        <button
          type="button"
          className="row-name"
          aria-pressed={selected}
          title={t('board.show', { customer: name })}
          onClick={watch}
        >
          {name}
        </button>
        {call.customer_name && call.from && (
          <div className="faint">
            <PhoneNumber value={call.from} />
          </div>
        )}
      </td>
      <td>{call.agent_name || <span className="faint">{t('board.noAgent')}</span>}</td>
      <td>{call.queue}</td>
      <td className="num">{since(call.since, now)}</td>
      <td>
        <StateTag call={call} />
      </td>
      <td className="signs">
        {call.needs.length === 0 ? (
          <span className="faint">{t('supervise.noSign')}</span>
        ) : (
          call.needs.map((need) => (
            <span key={`${need.code}:${need.since}`} className={`tag ${needTone(need.code)}`}>
              {needWords(need.code, need.params, t)}
            </span>
          ))
        )}
      </td>
      <td className="row-action">
        <a className="link" href={reviewLink(call.interaction_id)}>
          {t('supervise.open')}
        </a>
        {showsPicture(call.video) && (
          <Button small icon="camera" onPress={watch}>
            {t('video.watching')}
          </Button>
        )}
        <Button
          small
          icon="ear"
          why={why}
          onPress={() => {
            watch();
            dispatch({ kind: 'supervise', interactionID: call.interaction_id, mode: 'listen' });
          }}
        >
          {t('board.listen')}
        </Button>
      </td>
    </tr>
  );
}

function StateTag({ call }: { call: wire.BoardCall }) {
  const { t } = useTranslation();
  const state = call.held ? 'held' : call.state;
  const known =
    state === 'waiting' ||
    state === 'offered' ||
    state === 'active' ||
    state === 'wrap_up' ||
    state === 'held' ||
    state === 'ended';
  return (
    <span className={`tag ${callTones[state] ?? ''}`}>{known ? t(`board.callState.${state}`) : state}</span>
  );
}
