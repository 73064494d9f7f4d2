import { expect, test } from 'vitest';
import type * as wire from '../../wire.gen';
import { languagesOf } from './languages-view';

const party = (id: string, kind: string, change: Partial<wire.Party> = {}): wire.Party =>
  ({
    id,
    kind,
    user_id: '',
    name: '',
    number: '',
    state: 'talking',
    cause: '',
    muted: false,
    ...change,
  }) as wire.Party;

test('each voice has its language, how that is known, and others a click away', () => {
  const call = {
    parties: [
      party('customer', 'customer'),
      party('agent', 'agent', { user_id: 'akiko', name: 'Akiko Mori' }),
      party('number-1', 'number', { number: '+12025550100' }),
      party('agent-2', 'agent', { name: 'Ben Ito', state: 'gone' }),
    ],
    languages: { customer: 'fr-CA', agent: 'ja' },
    language_by: { customer: 'heard', agent: 'chosen' },
  } as unknown as wire.Call;
  expect(languagesOf(call, 'akiko', 'de-AT')).toEqual([
    {
      leg: 'customer',
      kind: 'customer',
      name: '',
      language: 'fr-CA',
      by: 'heard',
      near: ['en', 'ja', 'de', 'fr'],
    },
    { leg: 'agent', kind: 'me', name: 'Akiko Mori', language: 'ja', by: 'chosen', near: ['en', 'ja'] },
    { leg: 'number-1', kind: 'other', name: '+12025550100', language: '', by: '', near: ['en', 'ja'] },
  ]);
});
