// The supervisor's live board: how it stands, which calls there are, who is there, and one call to read along.
import { useTranslation } from 'react-i18next';
import { Button } from '../ui/button';
import { since } from '../ui/format';
import { useDesk, useNow, useSession } from '../ui/hooks';
import { PhoneNumber } from '../ui/phone-number';
import type * as wire from '../wire.gen';
import { Banners } from './banners';
import { figuresOf, nameOf, sortedAgents, sortedCalls } from './board-view';
import { Brand, HeaderMenu } from './header';
import { shownOf } from './presence';
import { Transcript } from './transcript';

export function Board({ onLeave }: { onLeave: () => void }) {
  const { t } = useTranslation();
  const board = useDesk((s) => s.board);
  return (
    <div className="board">
      <header className="head">
        <Brand />
        <b>{t('board.title')}</b>
        <span className="grow" />
        <Age />
        <HeaderMenu onLeave={onLeave} />
      </header>
      <Figures board={board} />
      <main className="board-main">
        <Banners quiet />
        <section>
          <h1 className="over">{t('board.calls')}</h1>
          <Calls calls={board?.calls ?? []} />
        </section>
        <section>
          <h2>{t('board.agents')}</h2>
          <Agents agents={board?.agents ?? []} />
        </section>
      </main>
      <ReadAlong calls={board?.calls ?? []} />
    </div>
  );
}

function Age() {
  const { t } = useTranslation();
  const link = useDesk((s) => s.link);
  const at = useDesk((s) => s.boardAt);
  useNow(500);
  if (link !== 'open') return <span className="tag wait">{t('board.stale')}</span>;
  if (at === 0) return null;
  const seconds = (Math.max(0, Date.now() - at) / 1000).toFixed(1);
  return <span className="tag go num">{t('board.asOf', { seconds })}</span>;
}

function Figures({ board }: { board: wire.Board | null }) {
  const { t } = useTranslation();
  const now = useNow();
  const figures = figuresOf(board);
  return (
    <section className="kpi" aria-label={t('board.title')}>
      <Figure label={t('board.waiting')} value={figures.waiting} alarm={figures.waiting > 0}>
        {board?.longest_since ? (
          <>
            {t('board.longest')} <b className="num waiting">{since(board.longest_since, now)}</b>
          </>
        ) : (
          t('board.nobodyWaits')
        )}
      </Figure>
      <Figure label={t('board.talking')} value={figures.talking}>
        {t('board.onHold', { count: figures.onHold })}
      </Figure>
      <Figure label={t('board.available')} value={figures.available}>
        {t('board.ofSignedIn', { count: figures.signedIn })}
      </Figure>
      <Figure label={t('board.callsToday')} value={figures.callsToday}>
        {t('board.lostShare', { percent: figures.abandonedPercent })}
      </Figure>
      <Figure label={t('board.abandoned')} value={figures.abandoned}>
        {t('board.ofCalls', { count: figures.callsToday })}
      </Figure>
    </section>
  );
}

interface FigureProps {
  label: string;
  value: number;
  alarm?: boolean;
  children: React.ReactNode;
}

function Figure({ label, value, alarm, children }: FigureProps) {
  return (
    <div>
      <span className="over">{label}</span>
      <b className={alarm ? 'kpi-value num waiting' : 'kpi-value num'}>{value}</b>
      <span className="faint">{children}</span>
    </div>
  );
}

function Calls({ calls }: { calls: readonly wire.BoardCall[] }) {
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
            <th scope="col">
              <span className="hidden">{t('board.action')}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {calls.length === 0 ? (
            <tr>
              <td colSpan={6} className="faint">
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
  const now = useNow();
  const name = nameOf(call, t('history.withheld'));
  const state = call.held ? 'held' : call.state;
  return (
    <tr className={selected ? 'selected' : undefined}>
      <td>
        <button
          type="button"
          className="row-name"
          aria-pressed={selected}
          title={t('board.show', { customer: name })}
          onClick={() => dispatch({ kind: 'watch', interactionID: call.interaction_id })}
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
        <span className={`tag ${callTones[state] ?? ''}`}>
          {state === 'waiting' ||
          state === 'offered' ||
          state === 'active' ||
          state === 'wrap_up' ||
          state === 'held' ||
          state === 'ended'
            ? t(`board.callState.${state}`)
            : state}
        </span>
      </td>
      <td className="row-action">
        <Button small why={t('board.listenWhy')}>
          {t('board.listen')}
        </Button>
      </td>
    </tr>
  );
}

function Agents({ agents }: { agents: readonly wire.AgentState[] }) {
  const { t } = useTranslation();
  const now = useNow();
  if (agents.length === 0) return <p className="faint">{t('board.noAgents')}</p>;
  return (
    <ul className="agents">
      {sortedAgents(agents).map((agent) => {
        const { word, tone } = shownOf(agent);
        const known =
          agent.reason === 'break' ||
          agent.reason === 'lunch' ||
          agent.reason === 'meeting' ||
          agent.reason === 'training';
        const said =
          word === 'away' && known ? t(`presence.${agent.reason as 'break'}`) : t(`activity.${word}`);
        return (
          <li key={agent.id}>
            <span className={`dot ${tone}`} />
            <span className="grow cut">{agent.name}</span>
            <span className="faint num">
              {said}
              {word !== 'offline' && ` ${since(agent.since, now)}`}
            </span>
          </li>
        );
      })}
    </ul>
  );
}

function ReadAlong({ calls }: { calls: readonly wire.BoardCall[] }) {
  const { t } = useTranslation();
  const watching = useDesk((s) => s.watching);
  const lines = useDesk((s) => s.lines);
  const partials = useDesk((s) => s.partials);
  const call = calls.find((c) => c.interaction_id === watching);
  const names = call && {
    customer: nameOf(call, t('history.withheld')),
    agent: call.agent_name || t('board.noAgent'),
  };
  return (
    <aside className="read" aria-label={t('transcript.label')}>
      <div className="read-head">
        <h2 className="read-title">{names ? t('board.with', names) : t('transcript.label')}</h2>
        <p className="soft">
          {call ? `${call.queue} · ${t('board.reading')}` : watching ? t('board.ended') : t('board.choose')}
        </p>
      </div>
      <Transcript
        key={watching}
        id="read-along"
        lines={lines}
        partials={partials}
        call={null}
        marks={[]}
        me={null}
        empty={watching ? t('transcript.empty') : t('board.choose')}
      />
    </aside>
  );
}
