// What became of a message to another system, in words.
import { useTranslation } from 'react-i18next';
import type { Delivery } from '../../api/outside';

const alerts = [
  'raised_hand',
  'phrase',
  'long_call',
  'long_silence',
  'overlap',
  'long_wait',
  'recording_failed',
  'transcription_off',
  'transcription_behind',
  'disk_low',
  'test',
] as const;

export function alertWord(code: string): (typeof alerts)[number] | 'other' {
  return alerts.find((a) => a === code) ?? 'other';
}

const reasons = [
  'removed',
  'address',
  'unknown_name',
  'certificate',
  'refused',
  'late',
  'no_answer',
] as const;

export const deliveryTones = { waiting: 'wait', delivered: 'go', given_up: 'stop' } as const;

export function deliveryState(d: Delivery): keyof typeof deliveryTones {
  return d.state === 'delivered' || d.state === 'given_up' ? d.state : 'waiting';
}

/** Why a message has not arrived, and what mends it; empty where nothing failed yet. */
export function useReason(): (d: Delivery) => string {
  const { t } = useTranslation();
  return (d) => {
    if (d.reason.code === '') return '';
    const { status } = d.reason;
    if (d.reason.code === 'answered') {
      const kind = status < 400 ? 'redirect' : status < 500 ? 'refusal' : 'failure';
      return t(`admin.webhooks.answered.${kind}`, { status });
    }
    return t(`admin.webhooks.why.${reasons.find((r) => r === d.reason.code) ?? 'no_answer'}`);
  };
}
