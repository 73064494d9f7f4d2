// Which microphone, speaker and ringing device the person chose, kept in this browser.

export interface DeviceChoice {
  readonly microphone: string; // deviceId, "" for the system's
  readonly speaker: string;
  readonly ring: string;
  readonly clean: boolean; // let the browser remove noise and even out the loudness
  // The agent listens by loudspeaker, so the browser must remove echo. With a headset it must not: Chromium's canceller
  // swallows an agent's first words while the customer speaks (docs/adr/009).
  readonly loudspeaker: boolean;
}

export interface DeviceList {
  readonly microphones: readonly MediaDeviceInfo[];
  readonly speakers: readonly MediaDeviceInfo[];
}

const KEY = 'patchbay.devices';
const defaults: DeviceChoice = { microphone: '', speaker: '', ring: '', clean: true, loudspeaker: false };

export function loadChoice(storage: Pick<Storage, 'getItem'>): DeviceChoice {
  try {
    return { ...defaults, ...(JSON.parse(storage.getItem(KEY) ?? '{}') as Partial<DeviceChoice>) };
  } catch {
    return defaults;
  }
}

export function saveChoice(storage: Pick<Storage, 'setItem'>, choice: DeviceChoice): void {
  storage.setItem(KEY, JSON.stringify(choice));
}

/** A chosen device that is not plugged in today falls back to the system's own. */
export function constraintsOf(choice: DeviceChoice): MediaTrackConstraints {
  return {
    ...(choice.microphone ? { deviceId: { ideal: choice.microphone } } : {}),
    echoCancellation: choice.loudspeaker,
    noiseSuppression: choice.clean,
    autoGainControl: choice.clean,
    channelCount: 1,
  };
}

export async function listDevices(media: MediaDevices | undefined): Promise<DeviceList> {
  const all = media ? await media.enumerateDevices() : [];
  // Without permission the browser lists devices without ids: nothing to choose from yet.
  const known = all.filter(
    (d) => d.deviceId !== '' && d.deviceId !== 'default' && d.deviceId !== 'communications',
  );
  return {
    microphones: known.filter((d) => d.kind === 'audioinput'),
    speakers: known.filter((d) => d.kind === 'audiooutput'),
  };
}
