// What the customer showed: the parts of it, and where the movie is not played, each part's picture, which follows the sound.
import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { type Film, filmExportURL, filmURL } from '../../api/review';
import { duration } from '../../ui/format';
import type { Player } from './player';

const FAR_S = 0.35; // apart from the sound: jump

export function Films({
  id,
  films,
  player,
  heard,
}: {
  id: string;
  films: readonly Film[];
  player: Player;
  heard: boolean;
}) {
  const { t } = useTranslation();
  if (films.length === 0) return null;
  const codecs = new Set(films.map((film) => film.codec));
  return (
    <section className="films" aria-label={t('review.picture')}>
      {codecs.size > 1 && (
        <p className="soft films-note">{t('review.pictureCodecs', { count: films.length })}</p>
      )}
      {films.map((film) => (
        <figure key={film.at_ms} className="film">
          {!player.picture && <Picture id={id} film={film} player={player} heard={heard} />}
          <figcaption className="row faint">
            <button type="button" className="link num" onClick={() => player.seek(film.at_ms)}>
              {t('review.pictureAt', { at: duration(film.at_ms), length: duration(film.duration_ms) })}
            </button>
            <span className="grow" />
            <a className="link" href={filmExportURL(id, film)} download>
              {t('review.pictureSave')}
            </a>
          </figcaption>
        </figure>
      ))}
    </section>
  );
}

function Picture({ id, film, player, heard }: { id: string; film: Film; player: Player; heard: boolean }) {
  const { t } = useTranslation();
  const video = useRef<HTMLVideoElement>(null);
  const at = (player.atMS - film.at_ms) / 1000;
  const within = at >= 0 && at * 1000 <= film.duration_ms;
  const plays = player.playing && within;
  useEffect(() => {
    const element = video.current;
    if (!element || !heard) return;
    const place = Math.min(Math.max(at, 0), film.duration_ms / 1000);
    if (Math.abs(element.currentTime - place) > FAR_S && element.readyState > 0) element.currentTime = place;
    element.playbackRate = player.rate();
    if (plays && element.paused) void element.play().catch(() => {});
    if (!plays && !element.paused) element.pause();
  });
  return (
    <video
      ref={video}
      src={filmURL(id, film)}
      preload="metadata"
      muted
      playsInline
      controls={!heard}
      aria-label={t('review.pictureLabel', { at: duration(film.at_ms) })}
    />
  );
}
