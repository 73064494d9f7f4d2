// Everything that is heard or spoken in one tab: the phone, the ringing, the devices, the level of the microphone.

import { Value } from '../state/value';
import type * as wire from '../wire.gen';
import { constraintsOf, type DeviceChoice, listDevices, loadChoice, saveChoice } from './devices';
import { LevelMeter, SilenceWatch } from './level';
import { askPermission, type MicrophonePorts, type MicrophoneState } from './microphone';
import { Phone } from './phone';
import { Ringer } from './ringer';
import type { PhoneStatus } from './status';

const LEVEL_EVERY_MS = 250;

export interface SoundPorts {
  readonly answer: (answer: wire.Description) => void;
  readonly candidate: (candidate: wire.Candidate) => void;
  readonly start: (restart: boolean) => void;
}

type Routable = HTMLAudioElement & { setSinkId?: (id: string) => Promise<void> };

export class Sound {
  readonly status: Value<PhoneStatus>;
  readonly phone: Phone;
  private readonly audio: Routable;
  private readonly ringer: Ringer;
  private readonly microphonePorts: MicrophonePorts;
  private context: AudioContext | null = null;
  private stopLevels: () => void = () => {};
  private readonly endings: (() => void)[] = [];

  constructor(ports: SoundPorts) {
    this.status = new Value<PhoneStatus>({
      link: 'none',
      microphone: 'unknown',
      blocked: false,
      quality: null,
      devices: { microphones: [], speakers: [] },
      choice: loadChoice(localStorage),
    });
    this.audio = document.createElement('audio');
    this.audio.autoplay = true;
    // In the page, so that the browser's own tab-muting and tools find it.
    document.body.append(this.audio);
    this.endings.push(() => this.audio.remove());
    const media: MediaDevices | undefined = navigator.mediaDevices;
    this.microphonePorts = {
      getUserMedia: media ? (constraints) => media.getUserMedia(constraints) : null,
      constraints: () => constraintsOf(this.status.get().choice),
      onState: (state) => this.microphoneChanged(state),
    };
    this.phone = new Phone({
      makePeer: () => new RTCPeerConnection({ bundlePolicy: 'max-bundle' }),
      audio: this.audio,
      microphone: this.microphonePorts,
      ...ports,
      onLink: (link) => this.patch({ link }),
      onBlocked: (blocked) => this.patch({ blocked }),
      onQuality: (quality) => this.patch({ quality }),
    });
    this.ringer = new Ringer(() => this.audioContext());
    void this.route(this.status.get().choice.speaker);
    this.listenForDevices(media);
  }

  /** Asks for the microphone once at sign-in, so that no question stands between Answer and the customer. */
  askForMicrophone(): void {
    const ports: MicrophonePorts = {
      ...this.microphonePorts,
      // A call that has opened the microphone meanwhile knows better.
      onState: (state) => !this.phone.usesMicrophone && this.microphoneChanged(state),
    };
    const regained = () => {
      if (this.phone.usesMicrophone) this.phone.reopenMicrophone();
      else this.microphoneChanged('allowed');
    };
    void askPermission(ports, navigator.permissions, regained).then(() => this.refreshDevices());
  }

  ring(caller: string | null): void {
    if (caller === null) this.ringer.stop();
    else this.ringer.start(this.status.get().choice.ring);
  }

  /** Lets the ringing device be heard while choosing it. */
  tryRing(): void {
    this.ringer.start(this.status.get().choice.ring);
    setTimeout(() => this.ringer.stop(), 1200);
  }

  choose(choice: DeviceChoice): void {
    const before = this.status.get().choice;
    saveChoice(localStorage, choice);
    this.patch({ choice });
    if (choice.speaker !== before.speaker) void this.route(choice.speaker);
    if (!sameTrack(choice, before)) this.phone.reopenMicrophone();
  }

  /** The microphone's track for a level meter: the call's own, or one opened for the moment. */
  async meter(): Promise<{ decibels: () => number; end: () => void } | null> {
    const own = this.phone.microphoneTrack;
    let opened: MediaStream | undefined;
    try {
      opened = own
        ? undefined
        : await this.microphonePorts.getUserMedia?.({ audio: this.microphonePorts.constraints() });
    } catch {
      return null; // the state of the microphone says why already
    }
    const track = own ?? opened?.getAudioTracks()[0];
    if (!track) return null;
    const context = this.audioContext();
    void context.resume();
    const meter = new LevelMeter(context, track);
    return {
      decibels: () => meter.decibels(),
      end: () => {
        meter.end();
        for (const t of opened?.getTracks() ?? []) t.stop();
      },
    };
  }

  end(): void {
    this.ringer.stop();
    this.stopLevels();
    this.phone.end();
    for (const ending of this.endings) ending();
    void this.context?.close();
  }

  private audioContext(): AudioContext {
    this.context ??= new AudioContext();
    return this.context;
  }

  private patch(change: Partial<PhoneStatus>): void {
    this.status.set({ ...this.status.get(), ...change });
  }

  private microphoneChanged(microphone: MicrophoneState): void {
    this.patch({ microphone });
    this.stopLevels();
    if (microphone === 'open') this.watchSilence();
    if (microphone === 'unplugged') this.phone.reopenMicrophone();
    if (microphone === 'open' || microphone === 'unplugged') void this.refreshDevices();
  }

  private watchSilence(): void {
    const track = this.phone.microphoneTrack;
    if (!track) return;
    const meter = new LevelMeter(this.audioContext(), track);
    const watch = new SilenceWatch();
    let silent = false;
    const timer = setInterval(() => {
      // A muted track is silent by choice, and a context that waits for a click hears nothing at all.
      if (!track.enabled || !meter.running) return;
      const now = watch.look(meter.decibels(), performance.now());
      if (now !== silent) this.patch({ microphone: now ? 'silent' : 'open' });
      silent = now;
    }, LEVEL_EVERY_MS);
    this.stopLevels = () => {
      clearInterval(timer);
      meter.end();
      this.stopLevels = () => {};
    };
  }

  /** Lets another element of the page play where the call does. */
  lendSpeaker(audio: HTMLAudioElement): Promise<void> {
    return this.route(this.status.get().choice.speaker, audio);
  }

  private async route(speaker: string, audio: Routable = this.audio): Promise<void> {
    // A speaker that is gone must not silence the customer: the default plays instead.
    await audio.setSinkId?.(speaker).catch(() => audio.setSinkId?.(''));
  }

  private listenForDevices(media: MediaDevices | undefined): void {
    if (!media) return;
    const changed = () => {
      void this.refreshDevices();
      void this.route(this.status.get().choice.speaker);
      const state = this.status.get().microphone;
      // Something was plugged in: what was missing may be there now.
      if (state === 'missing' || state === 'unplugged') this.phone.reopenMicrophone();
      if (state === 'missing') this.askForMicrophone();
    };
    media.addEventListener('devicechange', changed);
    this.endings.push(() => media.removeEventListener('devicechange', changed));
    void this.refreshDevices();
  }

  private async refreshDevices(): Promise<void> {
    const media: MediaDevices | undefined = navigator.mediaDevices;
    this.patch({ devices: await listDevices(media) });
  }
}

/** Whether two choices ask for the same microphone, treated the same way. */
function sameTrack(a: DeviceChoice, b: DeviceChoice): boolean {
  return a.microphone === b.microphone && a.clean === b.clean && a.loudspeaker === b.loudspeaker;
}
