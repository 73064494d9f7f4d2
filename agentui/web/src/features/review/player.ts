// The recording as it is played: where it stands, and moving it.
import { useCallback, useEffect, useRef, useState } from 'react';
import { movieURL, recordingURL } from '../../api/review';

export interface Player {
  readonly ref: React.RefCallback<HTMLVideoElement>;
  readonly atMS: number;
  readonly playing: boolean;
  readonly failed: boolean;
  readonly picture: boolean; // the movie is played
  readonly seek: (ms: number) => void;
  readonly hear: (ms: number) => void; // from there on
  readonly toggle: () => void;
  readonly speed: (rate: number) => void;
  readonly rate: () => number;
}

/**
 * `durationMS` is how much there is by now: a call that still runs has more than what was loaded. With `film` it is the movie
 * that is played: sound and picture in one file; a browser that cannot play that hears the sound.
 */
export function usePlayer(id: string, startMS: number, durationMS: number, film: boolean): Player {
  const ref = useRef<HTMLVideoElement>(null);
  const source = useRef<'' | 'sound' | 'movie'>('');
  // The element comes with what is read of the call, after the first drawing: it is followed from then on.
  const [element, setElement] = useState<HTMLVideoElement | null>(null);
  const attach = useCallback((media: HTMLVideoElement | null) => {
    ref.current = media;
    source.current = '';
    setElement(media);
  }, []);
  const loaded = useRef(0); // how much there was when the sound was loaded last
  const rate = useRef(1);
  const [atMS, setAt] = useState(startMS);
  const [playing, setPlaying] = useState(false);
  const [failed, setFailed] = useState(false);
  const [refused, setRefused] = useState(false); // the movie, by this browser
  const picture = film && !refused;

  /** Loads what is not loaded, or has grown past what is asked for. */
  const ready = useCallback(
    (ms: number): HTMLVideoElement | null => {
      const media = ref.current;
      if (!media) return null;
      const grown = !picture && ms > loaded.current - 500 && durationMS > loaded.current;
      const wanted = picture ? 'movie' : 'sound';
      if (source.current !== wanted || grown) {
        loaded.current = durationMS;
        source.current = wanted;
        media.src = picture ? movieURL(id) : `${recordingURL(id)}?until_ms=${Math.floor(durationMS)}`;
        media.playbackRate = rate.current;
      }
      return media;
    },
    [id, durationMS, picture],
  );

  // The picture is shown before anybody plays it; and where this browser refuses it, the sound goes on in its place.
  useEffect(() => {
    const media = element;
    const change = picture ? source.current !== 'movie' : source.current === 'movie';
    if (!media || !change) return;
    const at = source.current === '' ? startMS / 1000 : media.currentTime;
    const played = !media.paused;
    ready(at * 1000);
    media.currentTime = at;
    if (played) void media.play().catch(() => setPlaying(false));
  }, [element, picture, ready, startMS]);

  const seek = useCallback(
    (ms: number) => {
      setAt(ms);
      const audio = ready(ms);
      if (audio) audio.currentTime = ms / 1000;
    },
    [ready],
  );

  const hear = useCallback(
    (ms: number) => {
      seek(ms);
      void ref.current?.play().catch(() => setPlaying(false));
    },
    [seek],
  );

  const toggle = useCallback(() => {
    const audio = ref.current;
    if (!audio) return;
    if (!audio.paused) audio.pause();
    else hear(atMS >= durationMS - 200 ? 0 : atMS);
  }, [hear, atMS, durationMS]);

  const speed = useCallback((next: number) => {
    rate.current = next;
    if (ref.current) ref.current.playbackRate = next;
  }, []);

  useEffect(() => {
    const audio = element;
    if (!audio) return;
    let frame = 0;
    const follow = () => {
      setAt(audio.currentTime * 1000);
      if (!audio.paused) frame = requestAnimationFrame(follow);
    };
    const played = () => {
      setPlaying(true);
      setFailed(false);
      frame = requestAnimationFrame(follow);
    };
    const stopped = () => setPlaying(false);
    const broken = () => (source.current === 'movie' ? setRefused(true) : setFailed(true));
    audio.addEventListener('play', played);
    audio.addEventListener('pause', stopped);
    audio.addEventListener('ended', stopped);
    audio.addEventListener('error', broken);
    return () => {
      cancelAnimationFrame(frame);
      audio.pause();
      audio.removeEventListener('play', played);
      audio.removeEventListener('pause', stopped);
      audio.removeEventListener('ended', stopped);
      audio.removeEventListener('error', broken);
    };
  }, [element]);

  return { ref: attach, atMS, playing, failed, picture, seek, hear, toggle, speed, rate: () => rate.current };
}
