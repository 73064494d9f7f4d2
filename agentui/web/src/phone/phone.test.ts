import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type * as wire from '../wire.gen';
import type { MicrophoneState } from './microphone';
import { Phone, type PhoneLink } from './phone';

class FakeTrack {
  enabled = true;
  muted = false;
  stopped = false;
  onended: (() => void) | null = null;
  onmute: (() => void) | null = null;
  onunmute: (() => void) | null = null;
  stop() {
    this.stopped = true;
  }
}

class FakePeer {
  connectionState: RTCPeerConnectionState = 'new';
  localDescription: { sdp: string } | null = null;
  onconnectionstatechange: (() => void) | null = null;
  onicecandidate: ((event: { candidate: object | null }) => void) | null = null;
  ontrack: ((event: { streams: object[]; track: object }) => void) | null = null;
  readonly log: string[] = [];
  readonly transceiver = {
    direction: 'recvonly',
    sender: {
      track: null as FakeTrack | null,
      replaceTrack: async (track: FakeTrack | null) => {
        this.transceiver.sender.track = track;
      },
    },
  };
  fails = false;

  async setRemoteDescription(description: { sdp: string }) {
    if (this.fails) throw new Error('bad description');
    this.log.push(`remote ${description.sdp}`);
  }
  async createAnswer() {
    return { type: 'answer', sdp: `answer ${this.transceiver.direction}` };
  }
  async setLocalDescription(description: { sdp: string }) {
    this.localDescription = description;
  }
  async addIceCandidate(candidate: { candidate: string }) {
    this.log.push(`candidate ${candidate.candidate}`);
  }
  getTransceivers() {
    return [this.transceiver];
  }
  async getStats() {
    return new Map();
  }
  close() {
    this.log.push('closed');
  }
  become(state: RTCPeerConnectionState) {
    this.connectionState = state;
    this.onconnectionstatechange?.();
  }
}

function rig() {
  const peers: FakePeer[] = [];
  const answers: wire.Description[] = [];
  const candidates: wire.Candidate[] = [];
  const starts: boolean[] = [];
  const links: PhoneLink[] = [];
  const states: MicrophoneState[] = [];
  const blocked: boolean[] = [];
  const tracks: FakeTrack[] = [];
  const audio = { play: vi.fn(async () => {}), pause: vi.fn(), srcObject: null as unknown };
  let nextPeerFails = false;
  const phone = new Phone({
    makePeer: () => {
      const peer = new FakePeer();
      peer.fails = nextPeerFails;
      peers.push(peer);
      return peer as unknown as RTCPeerConnection;
    },
    audio: audio as unknown as HTMLAudioElement,
    microphone: {
      getUserMedia: async () => {
        const track = new FakeTrack();
        tracks.push(track);
        return { getAudioTracks: () => [track], getTracks: () => [track] } as unknown as MediaStream;
      },
      constraints: () => ({}),
      onState: (state) => states.push(state),
    },
    answer: (answer) => answers.push(answer),
    candidate: (candidate) => candidates.push(candidate),
    start: (restart) => starts.push(restart),
    onLink: (link) => links.push(link),
    onBlocked: (b) => blocked.push(b),
    onQuality: () => {},
  });
  const peer = (n: number) => peers[n] as FakePeer;
  const track = (n: number) => tracks[n] as FakeTrack;
  const failNext = (fails: boolean) => {
    nextPeerFails = fails;
  };
  return {
    phone,
    peers,
    peer,
    answers,
    candidates,
    starts,
    links,
    states,
    blocked,
    tracks,
    track,
    audio,
    failNext,
  };
}

const candidate = (name: string, gen: number): wire.Candidate => ({
  candidate: name,
  sdp_mid: '0',
  sdp_m_line_index: 0,
  gen,
});

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

describe('the line', () => {
  test('answers sendrecv before there is a microphone, with the generation of the offer', async () => {
    const r = rig();
    await r.phone.offer({ sdp: 'o1', gen: 7 });
    expect(r.answers).toEqual([{ sdp: 'answer sendrecv', gen: 7 }]);
    expect(r.peer(0).transceiver.sender.track).toBeNull();
    r.phone.end();
  });

  test('candidates that come before their offer wait for it; those of an older line are dropped', async () => {
    const r = rig();
    await r.phone.candidate(candidate('early', 2));
    await r.phone.offer({ sdp: 'o2', gen: 2 });
    await r.phone.candidate(candidate('old', 1));
    await r.phone.candidate(candidate('late', 2));
    expect(r.peer(0).log).toEqual(['remote o2', 'candidate early', 'candidate late']);
    r.phone.end();
  });

  test('a new generation is another connection, the same one restarts ICE', async () => {
    const r = rig();
    await r.phone.offer({ sdp: 'o1', gen: 1 });
    await r.phone.offer({ sdp: 'o1 again', gen: 1 });
    await r.phone.offer({ sdp: 'o2', gen: 2 });
    expect(r.peers).toHaveLength(2);
    expect(r.peer(0).log).toEqual(['remote o1', 'remote o1 again', 'closed']);
    r.phone.end();
  });

  test('own candidates carry the generation; the last one is empty', async () => {
    const r = rig();
    await r.phone.offer({ sdp: 'o', gen: 3 });
    r.peer(0).onicecandidate?.({ candidate: { candidate: 'host', sdpMid: '0', sdpMLineIndex: 0 } });
    r.peer(0).onicecandidate?.({ candidate: null });
    expect(r.candidates.map((c) => [c.candidate, c.gen])).toEqual([
      ['host', 3],
      ['', 3],
    ]);
    r.phone.end();
  });

  test('asks for a line once, and not where one lives', async () => {
    const r = rig();
    r.phone.ensure('none');
    r.phone.ensure('none');
    expect(r.starts).toEqual([false]);
    await r.phone.offer({ sdp: 'o', gen: 1 });
    r.peer(0).become('connected');
    r.phone.ensure('connected');
    expect(r.starts).toEqual([false]);
    r.phone.ensure('none'); // the server was restarted and knows of no line
    expect(r.starts).toEqual([false, false]);
    r.phone.end();
  });

  test('asks again after the signalling was lost', () => {
    const r = rig();
    r.phone.ensure('none');
    r.phone.unsignalled();
    r.phone.ensure('none');
    expect(r.starts).toEqual([false, false]);
    r.phone.end();
  });

  test('a failed line is restarted, later each time', async () => {
    const r = rig();
    await r.phone.offer({ sdp: 'o', gen: 1 });
    r.peer(0).become('failed');
    expect(r.links.at(-1)).toBe('failed');
    vi.advanceTimersByTime(300);
    expect(r.starts).toEqual([true]);
    r.phone.retry();
    vi.advanceTimersByTime(400);
    expect(r.starts).toEqual([true]);
    vi.advanceTimersByTime(200);
    expect(r.starts).toEqual([true, true]);
    r.phone.end();
  });

  test('a description that the browser refuses ends in another line, not in silence', async () => {
    const r = rig();
    r.failNext(true);
    await r.phone.offer({ sdp: 'nonsense', gen: 1 });
    expect(r.answers).toEqual([]);
    vi.advanceTimersByTime(300);
    expect(r.starts).toEqual([true]);
    r.failNext(false);
    await r.phone.offer({ sdp: 'o2', gen: 2 });
    expect(r.answers).toHaveLength(1);
    r.phone.end();
  });

  test('sound that the browser holds back is told, and heard after a click', async () => {
    const r = rig();
    await r.phone.offer({ sdp: 'o', gen: 1 });
    r.audio.play.mockRejectedValueOnce(Object.assign(new Error('no'), { name: 'NotAllowedError' }));
    r.peer(0).ontrack?.({ streams: [{}], track: {} });
    await vi.waitFor(() => expect(r.blocked).toEqual([true]));
    await r.phone.hear();
    expect(r.blocked).toEqual([true, false]);
    r.phone.end();
  });

  test('after the end nothing is asked, answered or opened', async () => {
    const r = rig();
    r.phone.end();
    r.phone.ensure('none');
    r.phone.openMicrophone();
    await r.phone.offer({ sdp: 'o', gen: 1 });
    expect([r.starts, r.answers, r.peers, r.tracks]).toEqual([[], [], [], []]);
  });
});

describe('the microphone', () => {
  test('is on the line while a call needs it, and stopped after', async () => {
    const r = rig();
    await r.phone.offer({ sdp: 'o', gen: 1 });
    r.phone.openMicrophone();
    await vi.waitFor(() => expect(r.peer(0).transceiver.sender.track).toBe(r.track(0)));
    r.phone.closeMicrophone();
    await vi.waitFor(() => expect(r.peer(0).transceiver.sender.track).toBeNull());
    expect(r.track(0).stopped).toBe(true);
    expect(r.states).toEqual(['open', 'allowed']);
    r.phone.end();
  });

  test('opened before the line is there, it goes on with the answer', async () => {
    const r = rig();
    r.phone.openMicrophone();
    await vi.waitFor(() => expect(r.states).toEqual(['open']));
    await r.phone.offer({ sdp: 'o', gen: 1 });
    expect(r.peer(0).transceiver.sender.track).toBe(r.track(0));
    r.phone.end();
  });

  test('closed before the browser gave it, it is stopped when it comes', async () => {
    const r = rig();
    r.phone.openMicrophone();
    r.phone.closeMicrophone();
    await vi.waitFor(() => expect(r.tracks).toHaveLength(1));
    await vi.waitFor(() => expect(r.track(0).stopped).toBe(true));
    expect(r.states).toEqual([]);
    r.phone.end();
  });

  test('mute stops the voice, also of a microphone that is opened later', async () => {
    const r = rig();
    r.phone.mute(true);
    r.phone.openMicrophone();
    await vi.waitFor(() => expect(r.tracks).toHaveLength(1));
    await vi.waitFor(() => expect(r.track(0).enabled).toBe(false));
    r.phone.mute(false);
    expect(r.track(0).enabled).toBe(true);
    r.phone.end();
  });

  test('unplugged is told', async () => {
    const r = rig();
    r.phone.openMicrophone();
    await vi.waitFor(() => expect(r.states).toEqual(['open']));
    r.track(0).onended?.();
    expect(r.states).toEqual(['open', 'unplugged']);
    r.phone.end();
  });

  test('another tab takes the phone: line closed, microphone stopped', async () => {
    const r = rig();
    await r.phone.offer({ sdp: 'o', gen: 1 });
    r.phone.openMicrophone();
    await vi.waitFor(() => expect(r.tracks).toHaveLength(1));
    r.phone.release();
    expect(r.peer(0).log).toContain('closed');
    expect(r.track(0).stopped).toBe(true);
    expect(r.links.at(-1)).toBe('none');
    r.phone.end();
  });
});
