// Who is there, what they do and for how long; whose calls I follow.
import { useTranslation } from 'react-i18next';
import { since } from '../../ui/format';
import { useDesk, useNow, useSession } from '../../ui/hooks';
import { Icon } from '../../ui/icons';
import type * as wire from '../../wire.gen';
import { sortedAgents } from '../board-view';
import { shownOf } from '../presence-view';

const reasons = ['break', 'lunch', 'meeting', 'training'] as const;

export function Agents({ agents }: { agents: readonly wire.AgentState[] }) {
  const { t } = useTranslation();
  if (agents.length === 0) return <p className="faint">{t('board.noAgents')}</p>;
  return (
    <ul className="agents">
      {sortedAgents(agents).map((agent) => (
        <AgentItem key={agent.id} agent={agent} />
      ))}
    </ul>
  );
}

function AgentItem({ agent }: { agent: wire.AgentState }) {
  const { t } = useTranslation();
  const { dispatch } = useSession();
  const followed = useDesk((s) => s.supervision?.follow_agent_id === agent.id);
  const now = useNow();
  const { word, tone } = shownOf(agent);
  const reason = reasons.find((r) => r === agent.reason);
  const said = word === 'away' && reason ? t(`presence.${reason}`) : t(`activity.${word}`);
  return (
    <li>
      <span className={`dot ${tone}`} />
      <span className="grow cut">{agent.name}</span>
      <span className="faint num">
        {said}
        {word !== 'offline' && ` ${since(agent.since, now)}`}
      </span>
      {word === 'offline' ? (
        <span className="follow" />
      ) : (
        <button
          type="button"
          className="follow"
          aria-pressed={followed}
          aria-label={t('supervise.followLong', { name: agent.name })}
          title={t('supervise.followWhy', { name: agent.name })}
          onClick={() => dispatch({ kind: 'follow', agentID: followed ? '' : agent.id })}
        >
          <Icon name="ear" />
          <span className="follow-word">{t('supervise.follow')}</span>
        </button>
      )}
    </li>
  );
}
