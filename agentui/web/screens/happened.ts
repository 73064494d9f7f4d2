// What happened in a call that goes on, as its timeline has it.
import * as make from './fixtures';

const event = (seq: number, type: string, seconds: number, data: object = {}) => ({
  seq,
  at: make.ago(252 - seconds),
  type,
  actor: 'sofia',
  data: { ...data, at_ms: seconds * 1000 },
});
export const happened = [
  event(1, 'held', 12),
  event(2, 'resumed', 15),
  event(3, 'sensitive_started', 17),
  event(4, 'sensitive_ended', 19),
  event(5, 'supervision', 22, { mode: 'listen' }),
  event(6, 'supervision', 30, { mode: 'barge' }),
  event(7, 'supervision', 44, { mode: 'leave' }),
  event(8, 'transferred', 46),
  event(9, 'recording_paused', 66),
];
