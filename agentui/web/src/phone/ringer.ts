// The sound of a call that waits: made here, so that no file has to load, and heard on the device chosen for it.

const PATTERN_MS = 3000; // one second of ringing, two of silence
const FIRST_HZ = 620;
const SECOND_HZ = 780;

export class Ringer {
  private readonly context: () => AudioContext;
  private timer: ReturnType<typeof setInterval> | undefined;
  private gain: GainNode | null = null;

  constructor(context: () => AudioContext) {
    this.context = context;
  }

  start(device: string): void {
    if (this.timer !== undefined) return;
    const context = this.context();
    void this.route(context, device);
    void context.resume().catch(() => {
      // No click on this page yet: the title and the notification ring instead.
    });
    const gain = context.createGain();
    gain.gain.value = 0.16;
    gain.connect(context.destination);
    this.gain = gain;
    const burst = () => this.burst(context, gain);
    burst();
    this.timer = setInterval(burst, PATTERN_MS);
  }

  stop(): void {
    clearInterval(this.timer);
    this.timer = undefined;
    this.gain?.disconnect();
    this.gain = null;
  }

  /** Four soft notes with rounded edges: heard across a room, bearable beside the ear. */
  private burst(context: AudioContext, out: GainNode): void {
    for (let note = 0; note < 4; note++) {
      const at = context.currentTime + 0.02 + note * 0.22;
      const oscillator = context.createOscillator();
      const envelope = context.createGain();
      oscillator.type = 'triangle';
      oscillator.frequency.value = note % 2 === 0 ? FIRST_HZ : SECOND_HZ;
      envelope.gain.setValueAtTime(0, at);
      envelope.gain.linearRampToValueAtTime(1, at + 0.02);
      envelope.gain.exponentialRampToValueAtTime(0.001, at + 0.2);
      oscillator.connect(envelope).connect(out);
      oscillator.start(at);
      oscillator.stop(at + 0.21);
    }
  }

  private async route(context: AudioContext, device: string): Promise<void> {
    const routable = context as AudioContext & { setSinkId?: (id: string) => Promise<void> };
    // A ringing device that is gone must not make the call silent: the default rings instead.
    await routable.setSinkId?.(device).catch(() => routable.setSinkId?.(''));
  }
}
