// A moment of a call heard again while it still runs: what of the recording is sealed by then, for this ear only. It is played by
// an element of its own, beside the call's; nothing of it is ever given to the peer connection that the others hear.
import { useCallback, useEffect, useRef, useState } from 'react';
import { ApiError, api } from '../api/http';
import { interactionPath, type Peaks, recordingURL } from '../api/review';
import { Value } from '../state/value';
import { useSession } from '../ui/hooks';
import type * as wire from '../wire.gen';

export type HearProblem = 'none' | 'notYet' | 'failed';

export interface Hearing {
  readonly line: wire.Line;
  readonly fromMS: number;
}

export interface HearAgain {
  readonly now: Hearing | null;
  readonly atMS: Value<number>; // where it is, while it plays
  readonly problem: HearProblem | string | null; // a word of ours, or the server's reason
  readonly hear: (line: wire.Line, fromMS: number) => void; // to the line's end
  readonly stop: () => void;
}

const TAIL_MS = 250; // a word's end is an estimate
const SEALED_WITHIN_MS = 5000; // segments are sealed every other second
const LOOK_EVERY_MS = 500;

export function useHearAgain(id: string): HearAgain {
  const { sound } = useSession();
  const audio = useRef<HTMLAudioElement | null>(null);
  const turn = useRef(0); // what is asked last counts
  const sealedMS = useRef(0);
  const [atMS] = useState(() => new Value(0));
  const [now, setNow] = useState<Hearing | null>(null);
  const [problem, setProblem] = useState<HearAgain['problem']>(null);

  const stop = useCallback(() => {
    turn.current++;
    audio.current?.pause();
    setNow(null);
    setProblem(null);
  }, []);

  const hear = useCallback(
    (line: wire.Line, fromMS: number) => {
      stop();
      const mine = turn.current;
      const current = () => turn.current === mine;
      const toMS = line.end_ms + TAIL_MS;
      if (!audio.current) {
        audio.current = document.createElement('audio');
        document.body.append(audio.current); // where the browser's tools find it, as the call's own
      }
      const player = audio.current;
      const end = () => {
        if (current()) stop();
      };
      const follow = () => {
        if (!current()) return;
        atMS.set(player.currentTime * 1000);
        if (atMS.get() >= toMS) end();
        else requestAnimationFrame(follow);
      };
      const play = async () => {
        if (sealedMS.current < toMS) sealedMS.current = await sealed(id, fromMS, toMS, current);
        if (!current()) return;
        await sound.lendSpeaker(player);
        player.src = `${recordingURL(id)}?until_ms=${sealedMS.current}`;
        player.currentTime = fromMS / 1000;
        player.onended = end;
        await player.play();
        follow();
      };
      atMS.set(fromMS);
      setNow({ line, fromMS });
      play().catch((error: unknown) => {
        if (!current()) return;
        setNow(null);
        setProblem(problemOf(error));
      });
    },
    [id, sound, stop, atMS],
  );

  // biome-ignore lint/correctness/useExhaustiveDependencies: another call has another recording
  useEffect(() => {
    sealedMS.current = 0;
    return () => {
      turn.current++;
      audio.current?.pause();
      audio.current?.remove();
      audio.current = null;
    };
  }, [id]);

  return { now, atMS, problem, hear, stop };
}

class NotYet extends Error {}

/** How much of the recording can be heard. Where the end that is asked for is still being written, it waits for it a little. */
async function sealed(id: string, fromMS: number, toMS: number, wanted: () => boolean): Promise<number> {
  for (const end = Date.now() + SEALED_WITHIN_MS; ; ) {
    const { duration_ms, live } = await api<Peaks>('GET', interactionPath(id, '/peaks'));
    if (duration_ms >= toMS || !live || !wanted()) return duration_ms;
    if (Date.now() >= end) {
      if (duration_ms > fromMS) return duration_ms;
      throw new NotYet();
    }
    await new Promise((done) => setTimeout(done, LOOK_EVERY_MS));
  }
}

function problemOf(error: unknown): HearProblem | string {
  if (error instanceof NotYet) return 'notYet';
  if (error instanceof ApiError) return error.status === 404 ? 'none' : error.message || 'failed';
  return 'failed';
}
