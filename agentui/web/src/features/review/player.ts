// The recording as it is played: where it stands, and moving it.
import { useCallback, useEffect, useRef, useState } from 'react';
import { recordingURL } from '../../api/review';

export interface Player {
  readonly ref: React.RefCallback<HTMLAudioElement>;
  readonly atMS: number;
  readonly playing: boolean;
  readonly failed: boolean;
  readonly seek: (ms: number) => void;
  readonly hear: (ms: number) => void; // from there on
  readonly toggle: () => void;
  readonly speed: (rate: number) => void;
  readonly rate: () => number;
}

/** `durationMS` is how much there is by now: a call that still runs has more than what was loaded. */
export function usePlayer(id: string, startMS: number, durationMS: number): Player {
  const ref = useRef<HTMLAudioElement>(null);
  // The element comes with what is read of the call, after the first drawing: it is followed from then on.
  const [element, setElement] = useState<HTMLAudioElement | null>(null);
  const attach = useCallback((audio: HTMLAudioElement | null) => {
    ref.current = audio;
    setElement(audio);
  }, []);
  const loaded = useRef(0); // how much there was when the sound was loaded last
  const rate = useRef(1);
  const [atMS, setAt] = useState(startMS);
  const [playing, setPlaying] = useState(false);
  const [failed, setFailed] = useState(false);

  /** Loads the sound where it was not, or where it has grown past what is asked for. */
  const ready = useCallback(
    (ms: number): HTMLAudioElement | null => {
      const audio = ref.current;
      if (!audio) return null;
      if (!audio.src || (ms > loaded.current - 500 && durationMS > loaded.current)) {
        loaded.current = durationMS;
        audio.src = `${recordingURL(id)}?until_ms=${Math.floor(durationMS)}`;
        audio.playbackRate = rate.current;
      }
      return audio;
    },
    [id, durationMS],
  );

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
    const broken = () => setFailed(true);
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

  return { ref: attach, atMS, playing, failed, seek, hear, toggle, speed, rate: () => rate.current };
}
