// The guest's voice in this browser: its microphone and a PeerConnection apart from the picture's, so that neither harms the
// other. The microphone is open only while somebody talks here.
import type { ClientMessage, Description, IceServer } from '../help.gen';

export type VoiceProblem = 'micDenied' | 'micNone' | 'micBusy' | 'micFailed';

export interface VoiceState {
  readonly on: boolean; // the microphone is open, or was asked for
  readonly muted: boolean;
  readonly blocked: boolean; // the browser plays no sound before a press
  readonly problem: VoiceProblem | null;
}

interface Ports {
  readonly send: (message: ClientMessage) => void;
  readonly servers: () => IceServer[];
  readonly onState: (state: VoiceState) => void;
}

const silent: VoiceState = { on: false, muted: false, blocked: false, problem: null };

export class HelpVoice {
  private readonly ports: Ports;
  private readonly audio = document.createElement('audio');
  private track: MediaStreamTrack | null = null;
  private pc: RTCPeerConnection | null = null;
  private state = silent;
  private turn = 0; // what was asked last counts: a permission may be given when nobody talks here any more

  constructor(ports: Ports) {
    this.ports = ports;
    this.audio.autoplay = true;
  }

  get open(): boolean {
    return this.track !== null;
  }

  /** Opens the microphone and asks to be put into the call. */
  async start(): Promise<void> {
    if (!this.track) {
      const turn = ++this.turn;
      this.patch({ on: true, problem: null });
      try {
        const stream = await navigator.mediaDevices.getUserMedia({
          audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true },
        });
        const track = stream.getAudioTracks()[0] ?? null;
        if (turn !== this.turn) {
          track?.stop();
          return;
        }
        this.track = track;
      } catch (error) {
        if (turn !== this.turn) return;
        this.patch({ on: false, problem: problemOf(error) });
        return;
      }
      if (this.track) this.track.onended = () => this.stop(); // the permission was taken back, or it was unplugged
    }
    document.body.append(this.audio);
    this.ports.send({ type: 'voice_start', data: {} });
  }

  /** Takes the server's offer; the sound flows as soon as it is answered. */
  async offer({ sdp, gen }: Description): Promise<void> {
    this.pc?.close();
    const pc = new RTCPeerConnection({ iceServers: this.ports.servers(), bundlePolicy: 'max-bundle' });
    this.pc = pc;
    pc.ontrack = ({ track, streams }) => {
      this.audio.srcObject = streams[0] ?? new MediaStream([track]);
      void this.play();
    };
    await pc.setRemoteDescription({ type: 'offer', sdp });
    const transceiver = pc.getTransceivers()[0];
    if (transceiver) {
      transceiver.direction = 'sendrecv';
      await transceiver.sender.replaceTrack(this.track);
    }
    await pc.setLocalDescription(await pc.createAnswer());
    if (this.pc !== pc) return;
    this.ports.send({ type: 'voice_answer', data: { sdp: pc.localDescription?.sdp ?? '', gen } });
  }

  async play(): Promise<void> {
    try {
      await this.audio.play();
      this.patch({ blocked: false });
    } catch {
      this.patch({ blocked: true });
    }
  }

  mute(on: boolean): void {
    if (this.track) this.track.enabled = !on;
    this.patch({ muted: on });
  }

  /** Back to the telephone, or silent. */
  stop(): void {
    this.ports.send({ type: 'voice_stop', data: {} });
    this.close();
  }

  /** Ends what is here, without a word to the server. */
  close(): void {
    this.turn++;
    this.pc?.close();
    this.pc = null;
    if (this.track) this.track.onended = null;
    this.track?.stop();
    this.track = null;
    this.audio.srcObject = null;
    this.audio.remove();
    this.patch(silent);
  }

  /** Whether the microphone was allowed before, so that a reload needs no question. */
  async allowed(): Promise<boolean> {
    try {
      const status = await navigator.permissions.query({ name: 'microphone' as PermissionName });
      return status.state === 'granted';
    } catch {
      return false; // Firefox does not know the name
    }
  }

  private patch(part: Partial<VoiceState>): void {
    this.state = { ...this.state, ...part };
    this.ports.onState(this.state);
  }
}

function problemOf(error: unknown): VoiceProblem {
  switch (error instanceof DOMException ? error.name : '') {
    case 'NotAllowedError':
    case 'SecurityError':
      return 'micDenied';
    case 'NotFoundError':
    case 'OverconstrainedError':
      return 'micNone';
    case 'NotReadableError':
    case 'AbortError':
      return 'micBusy';
    default:
      return 'micFailed';
  }
}
