// Why a call may need a supervisor, in words. The server sends codes and values; a code of a newer server is told as one.
import type { TFunction } from 'i18next';
import { duration } from '../../ui/format';

const codes = [
  'raised_hand',
  'phrase',
  'long_call',
  'long_silence',
  'overlap',
  'long_wait',
  'recording_failed',
  'sensitive',
] as const;
type Code = (typeof codes)[number];

const tones: Record<Code, 'stop' | 'wait' | 'accent'> = {
  raised_hand: 'accent',
  phrase: 'stop',
  long_call: 'wait',
  long_silence: 'wait',
  overlap: 'wait',
  long_wait: 'wait',
  recording_failed: 'stop',
  sensitive: 'accent',
};

type Params = Readonly<Record<string, unknown>> | null | undefined;

export function needTone(code: string): string {
  return codes.some((c) => c === code) ? tones[code as Code] : 'wait';
}

export function needWords(code: string, params: Params, t: TFunction): string {
  switch (codes.find((c) => c === code)) {
    case 'phrase': {
      const said =
        textOf(params, 'said') ||
        textOf(params, 'text') ||
        textOf(params, 'phrase') ||
        textOf(params, 'name');
      return said ? t('supervise.need.phrase', { said }) : t('supervise.need.other');
    }
    case 'long_call': {
      const times = numberOf(params, 'times');
      return times
        ? t('supervise.need.longCallTimes', { times: times.toFixed(1) })
        : t('supervise.need.longCall');
    }
    case 'long_silence': {
      const ms = millisecondsOf(params);
      return ms ? t('supervise.need.silence', { time: duration(ms) }) : t('supervise.need.silent');
    }
    case 'overlap':
      return t('supervise.need.overlap');
    case 'long_wait':
      return t('supervise.need.wait');
    case 'recording_failed':
      return t('supervise.need.recording');
    case 'raised_hand':
      return t('supervise.need.hand');
    case 'sensitive':
      return t('supervise.need.sensitive');
    default:
      return t('supervise.need.other');
  }
}

function textOf(params: Params, key: string): string {
  const value = params?.[key];
  return typeof value === 'string' ? value : '';
}

function numberOf(params: Params, key: string): number | null {
  const value = params?.[key];
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

function millisecondsOf(params: Params): number | null {
  const seconds = numberOf(params, 'seconds');
  return numberOf(params, 'ms') ?? (seconds === null ? null : seconds * 1000);
}
