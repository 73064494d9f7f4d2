// What the desk shows of the phone: line, microphone, devices.
import type { DeviceChoice, DeviceList } from './devices';
import type { MicrophoneState } from './microphone';
import type { PhoneLink } from './phone';
import type { LineQuality } from './quality';

export interface PhoneStatus {
  readonly link: PhoneLink;
  readonly microphone: MicrophoneState;
  readonly blocked: boolean; // sound waits for a click
  readonly quality: LineQuality | null;
  readonly devices: DeviceList;
  readonly choice: DeviceChoice;
}
