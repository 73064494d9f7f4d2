// The microphone while a call needs it: opened in one place, ended in one place, so that the recording light tells the truth.

/** Why no voice leaves this browser, or that it can. */
export type MicrophoneState =
  | 'unknown' // not asked yet
  | 'allowed' // may be opened when a call comes
  | 'open'
  | 'denied' // by the person or the browser
  | 'missing' // no microphone is plugged in
  | 'busy' // another program holds it
  | 'unplugged' // went away during the call
  | 'system_muted' // a switch of the headset or the system
  | 'silent' // open, and not a sound for seconds
  | 'insecure'; // browsers give microphones to https and localhost only

export interface MicrophonePorts {
  readonly getUserMedia: ((constraints: MediaStreamConstraints) => Promise<MediaStream>) | null;
  /** The person's choices: which device, and whether the browser may clean the sound. */
  readonly constraints: () => MediaTrackConstraints;
  readonly onState: (state: MicrophoneState) => void;
}

/** One opening of the microphone. */
export class Microphone {
  private readonly ports: MicrophonePorts;
  private ended = false;
  private stream: MediaStream | null = null;
  /** The track when it is there; null where there is none to be had. */
  readonly ready: Promise<MediaStreamTrack | null>;

  constructor(ports: MicrophonePorts) {
    this.ports = ports;
    this.ready = this.open();
  }

  get track(): MediaStreamTrack | null {
    return this.stream?.getAudioTracks()[0] ?? null;
  }

  end(): void {
    this.ended = true;
    const had = this.stream !== null;
    stop(this.stream);
    this.stream = null;
    if (had) this.ports.onState('allowed');
  }

  private async open(): Promise<MediaStreamTrack | null> {
    if (!this.ports.getUserMedia) {
      this.ports.onState('insecure');
      return null;
    }
    let stream: MediaStream;
    try {
      stream = await this.ports.getUserMedia({ audio: this.ports.constraints() });
    } catch (error) {
      if (!this.ended) this.ports.onState(stateOfError(error));
      return null;
    }
    if (this.ended) {
      stop(stream);
      return null;
    }
    this.stream = stream;
    const track = this.track;
    if (!track) return null;
    track.onended = () => !this.ended && this.ports.onState('unplugged');
    track.onmute = () => !this.ended && this.ports.onState('system_muted');
    track.onunmute = () => !this.ended && this.ports.onState('open');
    this.ports.onState(track.muted ? 'system_muted' : 'open');
    return track;
  }
}

/** Asks for the permission once, and lets the microphone go again. `onRegained` tells that the person allowed it later. */
export async function askPermission(
  ports: MicrophonePorts,
  permissions: Permissions | undefined,
  onRegained: () => void,
): Promise<void> {
  if (!ports.getUserMedia) {
    ports.onState('insecure');
    return;
  }
  let answer = 'prompt';
  try {
    const status = await permissions?.query({ name: 'microphone' as PermissionName });
    if (status) {
      answer = status.state;
      status.onchange = () => {
        if (status.state === 'granted') onRegained();
        if (status.state === 'denied') ports.onState('denied');
      };
    }
  } catch {
    // Firefox does not know the name: then asking is the only way to know.
  }
  if (answer === 'denied') {
    ports.onState('denied');
    return;
  }
  if (answer === 'granted') {
    ports.onState('allowed');
    return;
  }
  try {
    stop(await ports.getUserMedia({ audio: true }));
    ports.onState('allowed');
  } catch (error) {
    ports.onState(stateOfError(error));
  }
}

function stateOfError(error: unknown): MicrophoneState {
  switch (error instanceof Error ? error.name : '') {
    case 'NotFoundError':
    case 'OverconstrainedError':
      return 'missing';
    case 'NotReadableError':
    case 'AbortError':
      return 'busy';
    default:
      return 'denied';
  }
}

function stop(stream: MediaStream | null): void {
  for (const track of stream?.getTracks() ?? []) {
    track.onended = null;
    track.stop();
  }
}
