// How loud a track is: for the level meter and for noticing a microphone that gives nothing.

/** Measures one track until ended. */
export class LevelMeter {
  private readonly context: AudioContext;
  private readonly source: MediaStreamAudioSourceNode;
  private readonly analyser: AnalyserNode;
  private readonly samples: Float32Array<ArrayBuffer>;

  constructor(context: AudioContext, track: MediaStreamTrack) {
    this.context = context;
    this.source = context.createMediaStreamSource(new MediaStream([track]));
    this.analyser = context.createAnalyser();
    this.analyser.fftSize = 1024;
    this.samples = new Float32Array(this.analyser.fftSize);
    this.source.connect(this.analyser);
  }

  /** Whether the browser lets the audio context run: without that every level reads as silence. */
  get running(): boolean {
    return this.context.state === 'running';
  }

  /** The loudness now, root mean square in dBFS, −100 for nothing. */
  decibels(): number {
    this.analyser.getFloatTimeDomainData(this.samples);
    let sum = 0;
    for (const sample of this.samples) sum += sample * sample;
    const rms = Math.sqrt(sum / this.samples.length);
    return rms > 1e-5 ? 20 * Math.log10(rms) : -100;
  }

  end(): void {
    this.source.disconnect();
    this.analyser.disconnect();
  }
}

// A live microphone has noise of its own, some −70 dBFS. Digital nothing for this long is a switch that is off.
const SILENT_BELOW_DB = -95;
const SILENT_AFTER_MS = 8000;

/** Tells from levels over time whether a microphone gives nothing at all. */
export class SilenceWatch {
  private since: number | null = null;

  /** Returns true where nothing was heard for long. */
  look(decibels: number, now: number): boolean {
    if (decibels > SILENT_BELOW_DB) {
      this.since = null;
      return false;
    }
    this.since ??= now;
    return now - this.since >= SILENT_AFTER_MS;
  }
}
