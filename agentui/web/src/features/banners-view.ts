// Which notices the desk shows, worst first.
import type { MicrophoneState } from '../phone/microphone';
import type { PhoneStatus } from '../phone/status';
import type { DeskState } from '../state/desk';
import type * as wire from '../wire.gen';

export type MicrophoneProblem = Exclude<MicrophoneState, 'unknown' | 'allowed' | 'open'>;

export type Banner =
  | {
      readonly kind:
        | 'reconnecting'
        | 'database'
        | 'shuttingDown'
        | 'transcriptionLoading'
        | 'transcriptionBehind';
    }
  | { readonly kind: 'transcriptionOff'; readonly reason: string }
  | { readonly kind: 'transcriptionLeaves'; readonly host: string }
  | { readonly kind: 'diskLow'; readonly bytes: number }
  | { readonly kind: 'recordingStopped' | 'bucket'; readonly count: number }
  | { readonly kind: 'diskFull' | 'soundLost' }
  | { readonly kind: 'taken' | 'blocked' | 'noPhone' }
  | { readonly kind: 'microphone'; readonly problem: MicrophoneProblem }
  | { readonly kind: 'missed' | 'callerGone' }
  | { readonly kind: 'refused'; readonly reason: string };

type Parts = Pick<DeskState, 'link' | 'system' | 'phone' | 'refusal' | 'missed' | 'me'>;

export function bannersOf(desk: Parts, phone: PhoneStatus | null): Banner[] {
  const banners: Banner[] = [];
  if (desk.link === 'lost') banners.push({ kind: 'reconnecting' });
  if (desk.phone.taken) banners.push({ kind: 'taken' });
  if (phone && !desk.phone.taken) banners.push(...phoneBanners(phone));
  if (desk.refusal) banners.push({ kind: 'refused', reason: desk.refusal.message });
  if (desk.missed?.reason === 'timeout') banners.push({ kind: 'missed' });
  if (desk.missed?.reason === 'caller_gone') banners.push({ kind: 'callerGone' });
  if (desk.me && desk.me.role !== 'agent') banners.push(...storageBanners(desk.system.storage));
  if (desk.system.shutting_down) banners.push({ kind: 'shuttingDown' });
  if (desk.system.database === 'lost') banners.push({ kind: 'database' });
  if (desk.system.transcription === 'off') {
    banners.push({ kind: 'transcriptionOff', reason: desk.system.transcription_reason });
  }
  if (desk.system.transcription === 'loading') banners.push({ kind: 'transcriptionLoading' });
  if (desk.system.transcription === 'ready' && desk.system.transcription_behind) {
    banners.push({ kind: 'transcriptionBehind' });
  }
  if (desk.system.transcription_leaves) {
    banners.push({ kind: 'transcriptionLeaves', host: desk.system.transcription_leaves });
  }
  return banners;
}

/** Trouble with what is kept: told to those only who can mend it, or know who can. */
function storageBanners(storage: wire.Storage): Banner[] {
  const banners: Banner[] = [];
  if (storage.disk_full) banners.push({ kind: 'diskFull' });
  if (storage.stopped > 0) banners.push({ kind: 'recordingStopped', count: storage.stopped });
  if (storage.disk_free > 0) banners.push({ kind: 'diskLow', bytes: storage.disk_free });
  if (storage.waiting > 0) banners.push({ kind: 'bucket', count: storage.waiting });
  if (storage.sound_lost) banners.push({ kind: 'soundLost' });
  return banners;
}

function phoneBanners(phone: PhoneStatus): Banner[] {
  const banners: Banner[] = [];
  if (phone.blocked) banners.push({ kind: 'blocked' });
  if (phone.link === 'failed') banners.push({ kind: 'noPhone' });
  const { microphone } = phone;
  if (microphone !== 'unknown' && microphone !== 'allowed' && microphone !== 'open') {
    banners.push({ kind: 'microphone', problem: microphone });
  }
  return banners;
}

/** How a notice looks: red needs you now, amber is worth knowing, plain only tells. */
export function toneOf(banner: Banner): 'stop' | 'wait' | 'plain' {
  switch (banner.kind) {
    case 'microphone':
    case 'blocked':
    case 'noPhone':
    case 'refused':
    case 'diskFull':
    case 'recordingStopped':
      return 'stop';
    case 'callerGone':
    case 'transcriptionLoading':
    case 'transcriptionBehind':
    case 'transcriptionLeaves':
      return 'plain';
    default:
      return 'wait';
  }
}
