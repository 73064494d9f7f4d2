import { afterEach, expect, test, vi } from 'vitest';
import type { ClientMessage } from '../help.gen';
import { HelpVoice } from './voice';

afterEach(() => vi.unstubAllGlobals());

/** A browser that asks for the microphone, and waits for the person's answer. */
function browser() {
  const answers: ((stream: unknown) => void)[] = [];
  vi.stubGlobal('document', {
    createElement: () => ({ remove: () => undefined, srcObject: null }),
    body: { append: () => undefined },
  });
  vi.stubGlobal('navigator', {
    mediaDevices: { getUserMedia: () => new Promise((done) => answers.push(done)) },
  });
  const sent: string[] = [];
  const voice = new HelpVoice({
    send: (message: ClientMessage) => sent.push(message.type),
    servers: () => [],
    onState: () => undefined,
  });
  const allow = (at: number) => {
    const track = { live: true, enabled: true, onended: null, stop: () => undefined };
    track.stop = () => {
      track.live = false;
    };
    answers[at]?.({ getAudioTracks: () => [track] });
    return track;
  };
  return { voice, sent, allow };
}

test('a microphone that is allowed after the session ended is closed at once', async () => {
  const { voice, sent, allow } = browser();
  const started = voice.start();
  voice.close();
  const track = allow(0);
  await started;
  expect({ live: track.live, open: voice.open, sent }).toEqual({ live: false, open: false, sent: [] });
});

test('two presses open one microphone', async () => {
  const { voice, sent, allow } = browser();
  const both = Promise.all([voice.start(), voice.start()]);
  const tracks = [allow(0), allow(1)];
  await both;
  expect({ live: tracks.filter((t) => t.live).length, sent }).toEqual({ live: 1, sent: ['voice_start'] });
  voice.close();
  expect(tracks.some((t) => t.live)).toBe(false);
});
