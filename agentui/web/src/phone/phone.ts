// The agent's phone: owns the PeerConnection, which opens at sign-in and stays, and the microphone, which a call opens.
import type * as wire from '../wire.gen';
import { Microphone, type MicrophonePorts } from './microphone';
import { type LineQuality, readQuality, type StatsSample } from './quality';

export type PhoneLink = 'none' | 'connecting' | 'connected' | 'failed';

/** What the phone needs of the world; tests give their own. */
export interface PhonePorts {
  readonly makePeer: () => RTCPeerConnection;
  readonly audio: Pick<HTMLAudioElement, 'play' | 'pause' | 'srcObject'>;
  readonly microphone: MicrophonePorts;
  readonly answer: (answer: wire.Description) => void;
  readonly candidate: (candidate: wire.Candidate) => void;
  readonly start: (restart: boolean) => void; // asks the server for an offer
  readonly onLink: (link: PhoneLink) => void;
  readonly onBlocked: (blocked: boolean) => void; // the browser refuses to play sound until a click
  readonly onQuality: (quality: LineQuality | null) => void;
}

const QUALITY_EVERY_MS = 2000;
const FIRST_RESTART_MS = 300;
const LAST_RESTART_MS = 5000;

interface Peer {
  readonly gen: number;
  readonly connection: RTCPeerConnection;
  readonly early: wire.Candidate[]; // came before the offer was applied
  described: boolean;
}

export class Phone {
  private readonly ports: PhonePorts;
  private peer: Peer | null = null;
  private ahead: wire.Candidate[] = []; // of an offer that has not come yet
  private microphone: Microphone | null = null;
  private muted = false;
  private ended = false;
  private work: Promise<void> = Promise.resolve();
  private qualityTimer: ReturnType<typeof setInterval> | undefined;
  private restartTimer: ReturnType<typeof setTimeout> | undefined;
  private restarts = 0;
  private starting = false; // an offer was asked for and has not come
  private lastSample: StatsSample | null = null;

  constructor(ports: PhonePorts) {
    this.ports = ports;
  }

  /** Makes sure that there is a connection, or that one is on its way. `serverState` is what the server thinks. */
  ensure(serverState: string): void {
    if (this.ended || this.starting || this.restartTimer !== undefined) return;
    const state = this.peer?.connection.connectionState;
    const alive = state === 'connected' || state === 'connecting' || state === 'new';
    if (alive && (serverState === 'connected' || serverState === 'connecting')) return;
    if (serverState === 'failed' && this.restarts > 0) this.restartLater();
    else this.requestStart(serverState === 'failed');
  }

  /** The signalling was lost: an offer that was asked for will not come. */
  unsignalled(): void {
    this.starting = false;
  }

  /** The server could not start a line: ask again, later each time. */
  retry(): void {
    this.starting = false;
    this.ports.onLink('failed');
    this.restartLater();
  }

  /** Takes the server's offer. The same generation is a restart of ICE, another is another PeerConnection. */
  offer(offer: wire.Description): Promise<void> {
    this.starting = false;
    return this.serially(async () => {
      const peer = this.peer?.gen === offer.gen ? this.peer : this.replacePeer(offer.gen);
      const { connection } = peer;
      await connection.setRemoteDescription({ type: 'offer', sdp: offer.sdp });
      const [transceiver] = connection.getTransceivers();
      if (transceiver) {
        // RFC 8829 §5.3.1: the answerer sends only where it says so. Saying it now, with no track yet, lets a call be
        // answered without another negotiation.
        transceiver.direction = 'sendrecv';
        await transceiver.sender.replaceTrack(this.microphone?.track ?? null);
      }
      await connection.setLocalDescription(await connection.createAnswer());
      peer.described = true;
      if (this.peer !== peer) return;
      this.ports.answer({ sdp: connection.localDescription?.sdp ?? '', gen: offer.gen });
      for (const candidate of peer.early.splice(0)) await addCandidate(peer, candidate);
    });
  }

  /** Takes one of the server's candidates, also before its offer. */
  candidate(candidate: wire.Candidate): Promise<void> {
    return this.serially(async () => {
      const peer = this.peer;
      if (!peer || candidate.gen > peer.gen) this.ahead.push(candidate);
      else if (candidate.gen < peer.gen) return;
      else if (!peer.described) peer.early.push(candidate);
      else await addCandidate(peer, candidate);
    });
  }

  /** Opens the microphone and puts it on the line as soon as it is there. */
  openMicrophone(): void {
    if (this.microphone || this.ended) return;
    const microphone = new Microphone(this.ports.microphone);
    this.microphone = microphone;
    void microphone.ready.then((track) => {
      if (this.microphone !== microphone || !track) return;
      track.enabled = !this.muted;
      return this.putOnLine(track);
    });
  }

  closeMicrophone(): void {
    const microphone = this.microphone;
    this.microphone = null;
    if (!microphone) return;
    microphone.end();
    void this.putOnLine(null);
  }

  /** Opens the microphone anew, after another device was chosen or the one in use was unplugged. */
  reopenMicrophone(): void {
    if (!this.microphone) return;
    this.microphone.end();
    this.microphone = null;
    this.openMicrophone();
  }

  /** Whether a call needs the microphone now, be it open or not. */
  get usesMicrophone(): boolean {
    return this.microphone !== null;
  }

  get microphoneTrack(): MediaStreamTrack | null {
    return this.microphone?.track ?? null;
  }

  /** The server mutes too; this stops the voice before it leaves the browser. */
  mute(on: boolean): void {
    this.muted = on;
    const track = this.microphone?.track;
    if (track) track.enabled = !on;
  }

  /** Plays the customer's voice, once more after the browser refused it. Call it from a click. */
  async hear(): Promise<void> {
    try {
      await this.ports.audio.play();
      this.ports.onBlocked(false);
    } catch (error) {
      // AbortError only says that another source came in between.
      if (error instanceof Error && error.name === 'NotAllowedError') this.ports.onBlocked(true);
    }
  }

  /** Hangs the phone up: this tab is no longer the agent's phone. It may be started again by `ensure`. */
  release(): void {
    clearTimeout(this.restartTimer);
    this.restartTimer = undefined;
    this.starting = false;
    this.closeMicrophone();
    this.closePeer();
    this.ahead = [];
    this.ports.onLink('none');
  }

  end(): void {
    this.release();
    this.ended = true;
  }

  private replacePeer(gen: number): Peer {
    this.closePeer();
    const connection = this.ports.makePeer();
    const early = this.ahead.filter((c) => c.gen === gen);
    this.ahead = this.ahead.filter((c) => c.gen > gen);
    const peer: Peer = { gen, connection, early, described: false };
    this.peer = peer;
    connection.onicecandidate = (event) => {
      if (this.peer !== peer) return;
      this.ports.candidate({
        candidate: event.candidate?.candidate ?? '',
        sdp_mid: event.candidate?.sdpMid ?? null,
        sdp_m_line_index: event.candidate?.sdpMLineIndex ?? null,
        gen,
      });
    };
    connection.ontrack = (event) => {
      if (this.peer !== peer) return;
      this.ports.audio.srcObject = event.streams[0] ?? new MediaStream([event.track]);
      void this.hear();
    };
    connection.onconnectionstatechange = () => {
      if (this.peer === peer) this.stateChanged(connection.connectionState);
    };
    this.stateChanged('connecting');
    return peer;
  }

  private stateChanged(state: RTCPeerConnectionState): void {
    switch (state) {
      case 'connected':
        this.restarts = 0;
        this.ports.onLink('connected');
        this.watchQuality();
        break;
      case 'failed':
        this.ports.onLink('failed');
        this.stopQuality();
        this.restartLater();
        break;
      case 'new':
      case 'connecting':
        this.ports.onLink('connecting');
        break;
      default:
        // "disconnected" often mends itself; "failed" follows where it does not.
        break;
    }
  }

  private restartLater(): void {
    if (this.restartTimer !== undefined || this.ended) return;
    const delay = Math.min(LAST_RESTART_MS, FIRST_RESTART_MS * 2 ** this.restarts++);
    this.restartTimer = setTimeout(() => {
      this.restartTimer = undefined;
      if (this.peer?.connection.connectionState !== 'connected') this.requestStart(true);
    }, delay);
  }

  private requestStart(restart: boolean): void {
    this.starting = true;
    this.ports.onLink('connecting');
    this.ports.start(restart);
  }

  private async putOnLine(track: MediaStreamTrack | null): Promise<void> {
    const sender = this.peer?.connection.getTransceivers()[0]?.sender;
    await sender?.replaceTrack(track).catch(() => {
      // The connection closed in between: the next one takes the track with its answer.
    });
  }

  private watchQuality(): void {
    if (this.qualityTimer !== undefined) return;
    const look = async () => {
      const connection = this.peer?.connection;
      if (!connection) return;
      const { quality, sample } = readQuality(await connection.getStats(), this.lastSample);
      this.lastSample = sample;
      if (this.qualityTimer !== undefined) this.ports.onQuality(quality);
    };
    this.qualityTimer = setInterval(() => void look(), QUALITY_EVERY_MS);
    void look();
  }

  private stopQuality(): void {
    clearInterval(this.qualityTimer);
    this.qualityTimer = undefined;
    this.lastSample = null;
    this.ports.onQuality(null);
  }

  private closePeer(): void {
    this.stopQuality();
    const peer = this.peer;
    this.peer = null;
    if (!peer) return;
    peer.connection.onicecandidate = null;
    peer.connection.ontrack = null;
    peer.connection.onconnectionstatechange = null;
    peer.connection.close();
    this.ports.audio.pause();
    this.ports.audio.srcObject = null;
  }

  /** Signalling is applied one message at a time, in the order in which it came. */
  private serially(task: () => Promise<void>): Promise<void> {
    this.work = this.work.then(async () => {
      if (this.ended) return;
      try {
        await task();
      } catch {
        // A connection that cannot be negotiated is a failed one: ask for another.
        if (!this.ended) {
          this.closePeer();
          this.ports.onLink('failed');
          this.restartLater();
        }
      }
    });
    return this.work;
  }
}

async function addCandidate(peer: Peer, candidate: wire.Candidate): Promise<void> {
  try {
    await peer.connection.addIceCandidate({
      candidate: candidate.candidate,
      sdpMid: candidate.sdp_mid ?? '0',
      ...(candidate.sdp_m_line_index === null ? {} : { sdpMLineIndex: candidate.sdp_m_line_index }),
    });
  } catch {
    // RFC 8838 §9: a candidate that cannot be used is left out; the others may do.
  }
}
