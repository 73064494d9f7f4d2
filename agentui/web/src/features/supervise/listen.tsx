// One call to read along and to listen to: its words, and how I take part.
import { useTranslation } from 'react-i18next';
import { useMarksOf } from '../../api/marks';
import type { SuperviseMode } from '../../state/desk';
import { Button } from '../../ui/button';
import { useDesk, usePhone, useSession } from '../../ui/hooks';
import type * as wire from '../../wire.gen';
import { nameOf } from '../board-view';
import { CallBar } from '../call-bar';
import { OpenSheet } from '../control/open-sheet';
import { People } from '../control/people';
import { Strip } from '../control/strip';
import { Dock } from '../dock';
import { landmarks } from '../shortcuts';
import { Transcript } from '../transcript';
import { recordedCall } from '../transcript-view';
import { type SuperviseView, superviseView } from './supervise-view';
import { WatchPicture } from './watch-picture';

const nobody: readonly wire.Party[] = [];

export function ReadAlong({ calls }: { calls: readonly wire.BoardCall[] }) {
  const { t } = useTranslation();
  const watching = useDesk((s) => s.watching);
  const lines = useDesk((s) => s.lines);
  const partials = useDesk((s) => s.partials);
  const own = useDesk((s) => s.marks);
  const me = useDesk((s) => s.me);
  // Taken over: the call is mine to hold, to hand over and to wrap up.
  const mine = useDesk((s) => s.call);
  const legs = useDesk((s) => s.legs);
  const off = useDesk((s) => s.system.transcription === 'off');
  const watched = useMarksOf(mine ? '' : watching);
  const view = useSuperviseView();
  const call = calls.find((c) => c.interaction_id === watching);
  const customer = useDesk((s) => s.customer?.name);
  const wrapping = mine?.state === 'wrap_up';
  const title = wrapping
    ? customer || mine.from || t('history.withheld')
    : call
      ? t('board.with', {
          customer: nameOf(call, t('history.withheld')),
          agent: call.agent_name || t('board.noAgent'),
        })
      : t('transcript.label');
  const hint = wrapping
    ? t('board.ended')
    : call
      ? call.queue
      : watching
        ? t('board.ended')
        : t('board.choose');
  return (
    <aside className={mine ? 'read mine-too' : 'read'} aria-label={t('supervise.region')}>
      <div className="read-head">
        <h2 className="read-title">{title}</h2>
        <p className="soft">{hint}</p>
        <Status view={view} reading={call !== undefined} />
      </div>
      {mine && (
        <div>
          <CallBar />
          <Strip />
          <People />
        </div>
      )}
      {call && !mine && <WatchPicture key={call.interaction_id} interactionID={call.interaction_id} />}
      <div className="stage">
        <OpenSheet />
        <Transcript
          key={watching}
          id={landmarks.transcript}
          lines={lines}
          partials={partials}
          call={mine}
          marks={mine ? own : watched}
          me={mine ? me : null}
          parties={mine ? legs : (call?.parties ?? nobody)}
          // Whether a call of others is recorded is known when it is asked for: the server says so in words.
          recorded={mine ? recordedCall(mine) : watching}
          empty={
            !watching && !mine ? t('board.choose') : off ? t('transcript.emptyOff') : t('transcript.empty')
          }
        />
      </div>
      {mine && <Dock following />}
      <Modes view={view} />
    </aside>
  );
}

function useSuperviseView(): SuperviseView {
  const link = useDesk((s) => s.link);
  const supervision = useDesk((s) => s.supervision);
  const watching = useDesk((s) => s.watching);
  const board = useDesk((s) => s.board);
  const phone = useDesk((s) => s.phone);
  return superviseView({ link, supervision, watching, board, phone });
}

/** Who hears me, in one line that is always there. */
function Status({ view, reading }: { view: SuperviseView; reading: boolean }) {
  const { t } = useTranslation();
  const followed = useDesk((s) => s.board?.agents.find((a) => a.id === view.following)?.name);
  const agent = view.agent || t('transcript.agent');
  const words = view.mode
    ? t(`supervise.you.${view.mode}`, { agent })
    : reading
      ? t('board.reading')
      : t('supervise.you.nothing');
  const spoken = view.mode !== null && view.mode !== 'listen';
  return (
    <div className="read-status">
      <span className={spoken ? 'tag stop' : view.mode ? 'tag accent' : 'tag'} role="status">
        {words}
      </span>
      {view.mode && view.mode !== 'takeover' && (
        <span className="faint">{t(view.visible ? 'supervise.seen' : 'supervise.unseen', { agent })}</span>
      )}
      {followed && <span className="faint">{t('supervise.following', { name: followed })}</span>}
    </div>
  );
}

const modes = ['listen', 'whisper', 'barge', 'takeover'] as const;

function Modes({ view }: { view: SuperviseView }) {
  const { t } = useTranslation();
  const { dispatch } = useSession();
  const { microphone, blocked } = usePhone();
  const choose = (mode: SuperviseMode) =>
    dispatch({ kind: 'supervise', interactionID: view.interactionID, mode });
  const speaks = view.mode !== null && view.mode !== 'listen';
  const noVoice =
    speaks &&
    (microphone === 'denied' ||
      microphone === 'missing' ||
      microphone === 'busy' ||
      microphone === 'insecure');
  return (
    <section className="modes" aria-label={t('supervise.label')}>
      {noVoice && <p className="waiting">{t(`banner.mic.${microphone}`)}</p>}
      {blocked && <p className="waiting">{t('banner.blocked')}</p>}
      <div className="mode-buttons">
        {modes.map((mode) => (
          <Button
            key={mode}
            pressed={view.mode === mode}
            className={mode}
            why={view.why && t(`supervise.${view.why}`)}
            onPress={() => choose(mode)}
          >
            {t(`supervise.mode.${mode}`)}
          </Button>
        ))}
        <Button
          className="leave"
          why={view.mode ? undefined : t('supervise.whyNothing')}
          onPress={() => choose('leave')}
        >
          {t('supervise.mode.leave')}
        </Button>
      </div>
    </section>
  );
}
