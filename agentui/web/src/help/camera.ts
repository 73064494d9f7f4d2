// The guest's camera: the rear one first, another on request, its light and zoom where it has them.
import type { Camera } from '../help.gen';

export type Facing = 'environment' | 'user' | 'screen';

/** Why there is no camera, for the page's words. */
export type CameraProblem = 'denied' | 'none' | 'busy' | 'failed';

// The parts of the capabilities that TypeScript's DOM does not know yet (W3C Image Capture).
interface PhoneCapabilities extends MediaTrackCapabilities {
  torch?: boolean;
  zoom?: { min: number; max: number; step: number };
}

export interface Opened {
  readonly track: MediaStreamTrack;
  readonly facing: Facing;
}

const SIZE = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 24, max: 30 } };

export function supported(): boolean {
  return (
    typeof RTCPeerConnection === 'function' &&
    'replaceTrack' in (globalThis.RTCRtpSender?.prototype ?? {}) &&
    navigator.mediaDevices?.getUserMedia !== undefined
  );
}

export async function openCamera(facing: Exclude<Facing, 'screen'>): Promise<Opened> {
  const stream = await navigator.mediaDevices.getUserMedia({
    audio: false, // the telephone carries the voices
    video: { facingMode: { ideal: facing }, ...SIZE },
  });
  const track = stream.getVideoTracks()[0];
  if (!track) throw new DOMException('no track', 'NotFoundError');
  const got = track.getSettings().facingMode;
  return { track, facing: got === 'user' || got === 'environment' ? got : facing };
}

export async function openScreen(): Promise<Opened> {
  const stream = await navigator.mediaDevices.getDisplayMedia({
    video: { frameRate: { ideal: 10, max: 15 } },
    audio: false,
  });
  const track = stream.getVideoTracks()[0];
  if (!track) throw new DOMException('no track', 'NotFoundError');
  return { track, facing: 'screen' };
}

/** A phone has no screen to share; a desktop browser has. */
export function canShareScreen(): boolean {
  return 'getDisplayMedia' in navigator.mediaDevices && !matchMedia('(pointer: coarse)').matches;
}

export async function hasSeveral(): Promise<boolean> {
  const devices = await navigator.mediaDevices.enumerateDevices();
  return devices.filter((d) => d.kind === 'videoinput').length > 1;
}

export function problemOf(error: unknown): CameraProblem {
  switch (error instanceof DOMException ? error.name : '') {
    case 'NotAllowedError':
    case 'SecurityError':
      return 'denied';
    case 'NotFoundError':
    case 'OverconstrainedError':
      return 'none';
    case 'NotReadableError':
    case 'AbortError':
      return 'busy';
    default:
      return 'failed';
  }
}

export function zoomRange(track: MediaStreamTrack): { min: number; max: number; step: number } | null {
  const zoom = (track.getCapabilities?.() as PhoneCapabilities | undefined)?.zoom;
  return zoom && zoom.max > zoom.min ? zoom : null;
}

export function hasLight(track: MediaStreamTrack): boolean {
  return (track.getCapabilities?.() as PhoneCapabilities | undefined)?.torch === true;
}

export async function setLight(track: MediaStreamTrack, on: boolean): Promise<void> {
  await track.applyConstraints({ advanced: [{ torch: on } as MediaTrackConstraintSet] });
}

export async function setZoom(track: MediaStreamTrack, zoom: number): Promise<void> {
  await track.applyConstraints({ advanced: [{ zoom } as MediaTrackConstraintSet] });
}

/** What the others are told of a camera. */
export function describe(opened: Opened, state: Camera['state'], zoom: number): Camera {
  const { width = 0, height = 0 } = opened.track.getSettings();
  return { state, source: opened.facing, width, height, light: hasLight(opened.track), zoom };
}
