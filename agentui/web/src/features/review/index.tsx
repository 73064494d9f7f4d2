// One interaction, heard and read again: the waveform, both sides' words, notes pinned to moments. Also while it runs.
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { ApiError } from '../../api/http';
import { exportURL, useFilms, useInteraction, useNotes, usePeaks, useTranscript } from '../../api/review';
import { Button } from '../../ui/button';
import { clock, duration, shortDate } from '../../ui/format';
import { useNow } from '../../ui/hooks';
import { Icon } from '../../ui/icons';
import { PhoneNumber } from '../../ui/phone-number';
import { Kept } from '../video/kept';
import { Films } from './film';
import { Keeping } from './keeping';
import { Notes } from './notes';
import { usePlayer } from './player';
import { lineAt } from './review-view';
import { Waveform } from './waveform';
import { Words } from './words';

export function Review({ id, startMS }: { id: string; startMS: number }) {
  const { t, i18n } = useTranslation();
  const now = useNow(60_000);
  const interaction = useInteraction(id);
  const live = interaction.data !== undefined && interaction.data.state !== 'ended';
  const transcript = useTranscript(id, live);
  const peaks = usePeaks(id, live);
  const notes = useNotes(id);
  const films = useFilms(id, live);
  const heard = peaks.data !== undefined;
  // Sound and picture in one file; not while the call runs, and not where the codec changed: a player shows one track of pictures.
  const codecs = new Set((films.data ?? []).map((film) => film.codec));
  const player = usePlayer(id, startMS, peaks.data?.duration_ms ?? 0, heard && !live && codecs.size === 1);
  const lines = useMemo(
    () => [...(transcript.data?.lines ?? [])].sort((a, b) => a.start_ms - b.start_ms),
    [transcript.data],
  );
  const data = interaction.data;
  if (interaction.isError) return <Trouble error={interaction.error} />;
  if (!data) {
    return (
      <p className="review-none faint" role="status">
        {t('review.loading')}
      </p>
    );
  }
  return (
    <div className="review">
      <header className="review-head">
        <div className="grow">
          <h1 className="review-title">
            {data.customer?.name || (data.from ? <PhoneNumber value={data.from} /> : t('history.withheld'))}
          </h1>
          <p className="soft">
            {[
              (data.agents ?? []).join(', ') || t('board.noAgent'),
              data.queue,
              `${shortDate(data.started_at, now, i18n.language)} ${clock(data.started_at, i18n.language)}`,
              data.ended_at
                ? duration(Date.parse(data.ended_at) - Date.parse(data.started_at))
                : t('review.running'),
            ]
              .filter(Boolean)
              .join(' · ')}
          </p>
        </div>
        <nav className="exports" aria-label={t('review.export')}>
          {heard && codecs.size > 0 && (
            <a className="button small" href={exportURL(id, 'movie')} download>
              <Icon name="download" /> {t('review.movie')}
            </a>
          )}
          {heard && (
            <a className="button small" href={exportURL(id, 'audio')} download>
              <Icon name="download" /> {t('review.audio')}
            </a>
          )}
          <a className="button small" href={exportURL(id, 'vtt')} download>
            <Icon name="download" /> VTT
          </a>
          <a className="button small" href={exportURL(id, 'json')} download>
            <Icon name="download" /> JSON
          </a>
        </nav>
      </header>
      <Keeping interaction={data} heard={heard} />
      <section className="deck" aria-label={t('review.recording')}>
        {/* biome-ignore lint/a11y/useMediaCaption: its words stand below, each with its moment */}
        <video
          ref={player.ref}
          className="deck-picture"
          hidden={!player.picture}
          preload={player.picture ? 'metadata' : 'none'}
          playsInline
          aria-label={t('review.picture')}
        />
        {heard ? (
          <>
            <Waveform peaks={peaks.data} notes={notes.data ?? []} atMS={player.atMS} onSeek={player.seek} />
            <div className="row deck-row">
              <Button kind="primary" icon={player.playing ? 'pause' : 'play'} onPress={player.toggle}>
                {player.playing ? t('review.pause') : t('review.play')}
              </Button>
              <span className="num">
                {duration(player.atMS)} <span className="faint">/ {duration(peaks.data.duration_ms)}</span>
              </span>
              {peaks.data.live && <span className="tag stop">{t('review.live')}</span>}
              <span className="grow" />
              <span className="legend cust">{t('transcript.customer')}</span>
              <span className="legend agent">{t('transcript.agent')}</span>
              <select
                className="input speed"
                aria-label={t('review.speed')}
                defaultValue="1"
                onChange={(event) => player.speed(Number(event.target.value))}
              >
                {[0.75, 1, 1.25, 1.5, 2].map((rate) => (
                  <option key={rate} value={rate}>
                    {rate}×
                  </option>
                ))}
              </select>
            </div>
            {player.failed && (
              <p className="form-problem" role="alert">
                {t('review.failed')}
              </p>
            )}
            {(peaks.data.damage ?? []).length > 0 && (
              <p className="waiting" role="alert">
                {t('review.damaged', { count: peaks.data.damage?.length ?? 0 })}
              </p>
            )}
          </>
        ) : (
          <p className="faint deck-none">
            {peaks.isPending ? t('review.loading') : noSound(peaks.error, t('review.noRecording'))}
          </p>
        )}
      </section>
      <Films id={id} films={films.data ?? []} player={player} heard={heard} />
      <Kept interactionID={id} />
      <div className="review-body">
        <Words
          lines={lines}
          marks={transcript.data?.marks ?? []}
          speaking={lineAt(lines, player.atMS)}
          atMS={player.atMS}
          playing={player.playing}
          canHear={heard}
          onHear={player.hear}
          empty={transcript.isPending ? t('review.loading') : t('review.noWords')}
        />
        <Notes id={id} notes={notes.data ?? []} atMS={player.atMS} onGo={heard ? player.hear : player.seek} />
      </div>
    </div>
  );
}

function noSound(error: Error | null, none: string): string {
  if (error instanceof ApiError && error.status !== 404 && error.message) return error.message;
  return none;
}

function Trouble({ error }: { error: Error }) {
  const { t } = useTranslation();
  const gone = error instanceof ApiError && error.status === 404;
  return (
    <p className="review-none" role="alert">
      {gone ? t('review.unknown') : t('review.trouble', { reason: error.message })}
    </p>
  );
}
