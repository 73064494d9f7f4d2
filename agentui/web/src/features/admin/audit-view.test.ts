import { describe, expect, test } from 'vitest';
import { dayStart, detailsOf, isInteraction, knownAction } from './audit-view';

const entry = {
  id: 1,
  at: '2026-11-25T08:00:00Z',
  actor: 'admin',
  actor_name: '',
  action: 'update_user',
  object: 'ben',
  object_name: '',
  address: '',
};

describe('the audit trail in words', () => {
  test('shows what is noted as pairs', () => {
    const data = { role: 'admin', role_before: 'agent', disabled: false, empty: '', none: null };
    expect(detailsOf({ ...entry, data })).toEqual([
      ['role', 'admin'],
      ['role before', 'agent'],
      ['disabled', 'false'],
    ]);
    expect(detailsOf(entry)).toEqual([]);
  });

  test('tells interactions from other objects, and actions with words from others', () => {
    expect(isInteraction('0190f0a0-0000-7000-8000-000000000001')).toBe(true);
    expect(isInteraction('ben')).toBe(false);
    expect(knownAction('whisper')).toBe('whisper');
    expect(knownAction('brand_new')).toBeUndefined();
  });

  test('days begin at midnight of the browser, also over the end of a month', () => {
    expect(dayStart('2026-11-30', 1)).toBe(new Date(2026, 11, 1).toISOString());
    expect(dayStart('')).toBe('');
    expect(dayStart('30.11.2026')).toBe('');
  });
});
