// The supervisor's live board: how it stands, which calls there are, who is there, and one call to read along.
import { useCallback } from 'react';
import { useTranslation } from 'react-i18next';
import { since } from '../ui/format';
import { useDesk, useNow, useSession } from '../ui/hooks';
import type * as wire from '../wire.gen';
import { Banners } from './banners';
import { figuresOf } from './board-view';
import { Brand, HeaderMenu } from './header';
import { HELP_ID } from './help';
import { Pages } from './pages';
import { useShortcuts } from './shortcuts';
import { Agents } from './supervise/agents';
import { Alerts, NotifyMe } from './supervise/alerts';
import { Calls } from './supervise/calls';
import { ReadAlong } from './supervise/listen';

export function Board({ onLeave }: { onLeave: () => void }) {
  const { t } = useTranslation();
  const session = useSession();
  const board = useDesk((s) => s.board);
  const openHelp = useCallback(() => document.getElementById(HELP_ID)?.togglePopover(), []);
  useShortcuts(session, openHelp); // of a call that was taken over
  return (
    <div className="board">
      <header className="head">
        <Brand />
        <Pages />
        <span className="grow" />
        <Age />
        <HeaderMenu onLeave={onLeave} sound />
      </header>
      <Figures board={board} />
      <main className="board-main">
        <Banners quiet />
        <Alerts />
        <section>
          <div className="row board-title">
            <h1 className="over grow">{t('board.calls')}</h1>
            <NotifyMe />
          </div>
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
