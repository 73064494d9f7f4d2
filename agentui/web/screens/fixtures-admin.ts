// A centre as an administrator sees it. The people and numbers are invented.
import type * as api from '../src/api/admin';
import type { Cues } from '../src/api/cues';
import type { KeptOriginals } from '../src/api/originals';
import type { APIToken, Delivery, Webhook } from '../src/api/outside';
import type { SystemReport, Worker } from '../src/api/system';
import * as make from './fixtures';
import { REVIEWED } from './fixtures-review';

const DAY = 86_400;

const user = (id: string, name: string, change: Partial<api.User> = {}): api.User => ({
  id,
  name,
  role: 'agent',
  language: '',
  queues: ['Bookings'],
  all_queues: false,
  disabled_at: null,
  last_sign_in: make.ago(5 * 3600),
  ...change,
});

const users = [
  user('admin', 'Administrator', { role: 'admin', queues: [], last_sign_in: make.ago(600) }),
  user('akiko', 'Akiko Mori', { language: 'ja', queues: ['Bookings', 'Changes'] }),
  user('ben', 'Ben Ito', { last_sign_in: make.ago(2 * DAY) }),
  user('chika', 'Chika Ono', {
    queues: ['Bookings', 'Changes', 'Orders from partners and resellers abroad'],
  }),
  user('emil', 'Emil Brand', { disabled_at: make.ago(20 * DAY), last_sign_in: make.ago(40 * DAY) }),
  user('max', 'Maximiliane Freifrau von Hohenstein-Wallenberg', { last_sign_in: null }),
  user('sofia', 'Sofia Reyes', { role: 'supervisor', queues: [], all_queues: true }),
];

const queue = (id: string, name: string, change: Partial<api.Queue> = {}): api.Queue => ({
  id,
  name,
  numbers: ['+12025550100'],
  language: 'en',
  recording: 'on',
  retention_days: 90,
  supervision: '',
  ...change,
});

const queues = [
  queue('q1', 'Bookings', { numbers: ['+12025550100', '+81312345678'] }),
  queue('q2', 'Changes', { numbers: ['*'], language: '', recording: 'ask', retention_days: 0 }),
  queue('q3', 'Orders from partners and resellers abroad', {
    numbers: [],
    language: 'ja',
    recording: 'off',
    retention_days: 365,
  }),
];

const words: api.WordList[] = [
  {
    queue: '',
    language: '',
    terms: [
      { text: 'Yamabuki', sounds_like: ['yama booky', 'yam a book'] },
      { text: 'Hakone', sounds_like: [] },
      { text: '箱根登山鉄道', sounds_like: ['はこねとざん'] },
    ],
  },
  { queue: 'Bookings', language: 'ja', terms: [{ text: '山吹旅館', sounds_like: [] }] },
];

const phrases: api.PhraseRule[] = [
  { kind: 'exact', text: 'complaint', share_text: false },
  { kind: 'exact', text: 'cancel my contract', share_text: false },
  { kind: 'pattern', text: '(speak|talk) (to|with) (a|your|the) (manager|supervisor)', share_text: false },
  { kind: 'exact', text: '解約', share_text: false },
  { kind: 'pattern', text: '(責任者|上の人|上司)(に|と|を)', share_text: false },
];

const masks = {
  builtin: [
    {
      kind: 'card',
      cues: 'card,cards,visa,mastercard,amex,jcb,long number,カード,ビザ'.split(','),
      min: 4,
      max: 40,
      seconds: 45,
    },
    { kind: 'security_code', cues: ['security code', 'cvv', 'pin', '暗証番号'], min: 3, max: 8, seconds: 25 },
    { kind: 'bank', cues: ['iban', 'account number', '口座番号'], min: 4, max: 34, seconds: 40 },
    { kind: 'id', cues: ['passport', 'social security', 'マイナンバー'], min: 4, max: 20, seconds: 30 },
  ] satisfies api.BuiltinMask[],
  patterns: [
    { name: 'Membership', pattern: '\\bKX-?\\d{4}\\b', active: true },
    { name: 'Old voucher', pattern: 'V\\d{8}', active: false },
  ] satisfies api.MaskRule[],
};

const keep = (name: string, change: Partial<api.Keep>): api.Keep => ({
  queue: name,
  interactions: 4212,
  recordings: 4180,
  bytes: 9_412_000_000,
  duration_ms: 1_260_000_000,
  unstored: 0,
  oldest: make.ago(89 * DAY),
  held: 0,
  due: 0,
  ...change,
});

const holds: api.Held[] = [
  {
    interaction_id: REVIEWED,
    started_at: make.ago(12 * DAY),
    from: make.NUMBER,
    queue: 'Bookings',
    customer_name: 'Haruto Tanaka',
    hold_at: make.ago(10 * DAY),
    hold_by_name: 'Sofia Reyes',
    reason: 'Letter of a lawyer, 14 November: keep everything until the matter is settled.',
  },
];

const entry = (id: number, change: Partial<api.AuditEntry>): api.AuditEntry => ({
  id,
  at: make.ago((100 - id) * 700),
  actor: 'sofia',
  actor_name: 'Sofia Reyes',
  action: 'sign_in',
  object: 'sofia',
  object_name: 'Sofia Reyes',
  address: '192.0.2.14',
  ...change,
});

const trail: api.AuditEntry[] = [
  entry(99, {
    actor: 'admin',
    actor_name: 'Administrator',
    action: 'update_user',
    object: 'ben',
    object_name: 'Ben Ito',
    data: { queues: 'Bookings, Changes', queues_before: 'Bookings' },
  }),
  entry(98, { action: 'whisper', object: REVIEWED, object_name: 'Haruto Tanaka' }),
  entry(97, {
    action: 'legal_hold',
    object: REVIEWED,
    object_name: '',
    data: { reason: 'Letter of a lawyer' },
  }),
  entry(96, {
    actor: '',
    actor_name: '',
    action: 'sign_in_failed',
    object: '',
    object_name: '',
    address: '203.0.113.9',
  }),
  entry(95, {
    actor: 'system',
    actor_name: '',
    action: 'erase_content',
    object: REVIEWED,
    object_name: '',
    address: '',
    data: { reason: 'retention' },
  }),
  entry(94, {}),
];

const worker = (name: string, change: Partial<Worker>): Worker => ({
  name,
  address: '',
  model: 'base',
  version: '1.4.0',
  cores: 2,
  streams: 4,
  waiting: 0,
  behind_ms: 800,
  state: 'ready',
  connected_at: make.ago(3 * DAY),
  ...change,
});

const system: SystemReport = {
  version: '1.4.0',
  go: 'go1.26.1',
  started_at: make.ago(3 * DAY + 4000),
  checks: [
    {
      name: 'microphones',
      state: 'ok',
      what: 'browsers give their microphone to https://desk.example.com',
      mend: '',
      code: 'microphone_given',
      mend_code: '',
      params: { address: 'https://desk.example.com' },
    },
    {
      name: 'relay',
      state: 'warn',
      what: 'off: guests reach --webrtc directly, by UDP or TCP, or not at all',
      mend: 'leave --turn out, or let the port of --webrtc through the firewall, UDP and TCP',
      code: 'relay_off',
      mend_code: 'relay_on',
      params: {},
    },
    {
      name: 'models',
      state: 'ok',
      what: 'complete in /var/lib/patchbay/models',
      mend: '',
      code: 'models_complete',
      mend_code: '',
      params: { dir: '/var/lib/patchbay/models' },
    },
    {
      name: 'disk',
      state: 'ok',
      what: '212.4 GB free at /var/lib/patchbay',
      mend: '',
      code: 'disk_free',
      mend_code: '',
      params: { bytes: 212_400_000_000, dir: '/var/lib/patchbay' },
    },
    {
      name: 'recordings',
      state: 'bad',
      what: 'blob (code=Unknown): operation error S3: PutObject, https response error StatusCode: 403',
      mend: 'calls are recorded and wait in the data directory: check the address and the rights of --recordings',
      code: 'error',
      mend_code: 'bucket',
      params: {
        error: 'blob (code=Unknown): operation error S3: PutObject, https response error StatusCode: 403',
      },
    },
  ],
  disk: { dir: '/var/lib/patchbay', free: 212_400_000_000, total: 480_000_000_000 },
  database: {
    private: true,
    error: '',
    version: '15.14 (Debian 15.14-0+deb12u1)',
    bytes: 1_840_000_000,
    schema: 7,
  },
  transcription: {
    state: 'ready',
    reason: '',
    behind: false,
    model: 'base',
    streams: 11,
    lag_seconds: 0.3,
    late_seconds: 0.8,
    kept_seconds: 41.2,
    dropped_seconds: 0,
    restarts: 1,
  },
  settings: [
    { name: 'http', value: '0.0.0.0:8443' },
    { name: 'public-url', value: 'https://desk.example.com' },
    { name: 'ring-time', value: '20s' },
    { name: 'max-calls', value: '200' },
    { name: 'organisation', value: '' },
  ],
};

const workers: Worker[] = [
  worker('local', {}),
  worker('cellar-2', {
    address: '192.0.2.80',
    cores: 8,
    streams: 7,
    waiting: 3,
    behind_ms: 3400,
    state: 'behind',
  }),
];

/** What the server answers to an administrator. */
const codes = [
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
];

const sent = (id: string, what: string, change: Partial<Delivery> = {}): Delivery => ({
  id,
  what,
  at: make.ago(1800),
  state: 'delivered',
  attempts: 1,
  last_at: make.ago(1800),
  next_at: null,
  reason: { code: '', status: 0 },
  ...change,
});

const hooks: Webhook[] = [
  {
    id: 'hook_a',
    url: 'http://127.0.0.1:9000/alerts',
    alerts: [],
    waiting: 0,
    last: [sent('msg_9', 'disk_low', { at: make.ago(DAY) })],
    kept: false,
    active: true,
    locked: false,
    added_at: null,
    added_by: '',
  },
  {
    id: 'hook_b',
    url: 'https://operations.travel.example.com/hooks/patchbay/alerts/of/the/contact/centre',
    alerts: ['raised_hand', 'phrase', 'disk_low'],
    waiting: 2,
    last: [
      sent('msg_3', 'phrase', {
        state: 'waiting',
        attempts: 4,
        next_at: make.ago(-60),
        reason: { code: 'answered', status: 503 },
      }),
      sent('msg_2', 'raised_hand', {
        state: 'waiting',
        attempts: 6,
        next_at: make.ago(-1500),
        reason: { code: 'certificate', status: 0 },
      }),
      sent('msg_1', 'test'),
      sent('msg_0', 'phrase', {
        state: 'given_up',
        attempts: 31,
        reason: { code: 'unknown_name', status: 0 },
        at: make.ago(2 * DAY),
      }),
    ],
    kept: true,
    active: true,
    locked: false,
    added_at: make.ago(20 * DAY),
    added_by: 'admin',
  },
  {
    id: 'hook_c',
    url: 'https://old.example.com/',
    alerts: [],
    waiting: 0,
    last: [],
    kept: true,
    active: false,
    locked: false,
    added_at: make.ago(90 * DAY),
    added_by: 'admin',
  },
];

const tokens: APIToken[] = [
  {
    id: 't1',
    user_id: 'sofia',
    name: 'Wallboard in the hall',
    created_at: make.ago(30 * DAY),
    expires_at: null,
    last_used: make.ago(120),
    created_by: 'admin',
  },
  {
    id: 't2',
    user_id: 'emil',
    name: 'Nightly export',
    created_at: make.ago(200 * DAY),
    expires_at: make.ago(2 * DAY),
    last_used: make.ago(45 * DAY),
    created_by: '',
  },
  {
    id: 't3',
    user_id: 'admin',
    name: '設定の自動化',
    created_at: make.ago(DAY),
    expires_at: make.ago(-90 * DAY),
    last_used: null,
    created_by: 'admin',
  },
];

const originals: KeptOriginals[] = [
  {
    interaction_id: REVIEWED,
    started_at: make.ago(DAY),
    from: '+81312345678',
    queue: 'Bookings',
    customer_name: 'Haruto Tanaka',
    lines: 2,
    reads: 1,
    last_read: make.ago(3600),
    last_reader: 'Sofia Reyes',
  },
  {
    interaction_id: '0199c2d4-5e6f-7a80-8b91-a2b3c4d5e6f8',
    started_at: make.ago(4 * DAY),
    from: '+12025550142',
    queue: 'Changes',
    customer_name: '',
    lines: 1,
    reads: 0,
    last_read: null,
    last_reader: '',
  },
];

const cue = (queue_id: string, change: Partial<Cues> = {}): Cues => ({
  queue_id,
  wait_seconds: 120,
  silence_seconds: 30,
  long_times: 2,
  long_seconds: 300,
  overlap_seconds: 6,
  ...change,
});

export function administration(): Record<string, unknown> {
  return {
    'GET /users': { items: users },
    'GET /users/akiko/sessions': {
      items: [
        {
          id: 's1',
          created_at: make.ago(5 * 3600),
          last_seen: make.ago(40),
          address: '192.0.2.31',
          agent: 'Mozilla/5.0 (X11; Linux x86_64) Chrome/142.0',
        },
        {
          id: 's2',
          created_at: make.ago(2 * DAY),
          last_seen: make.ago(DAY),
          address: '198.51.100.7',
          agent: 'Mozilla/5.0',
        },
      ],
    },
    'POST /users': { password: 'QWZ5TGVX2LK7MHDFB3SAYNRJCP' },
    'PATCH /users/akiko': users[1],
    'DELETE /users/akiko': { removed: false },
    'POST /users/akiko/password_reset': { password: 'QWZ5TGVX2LK7MHDFB3SAYNRJCP' },
    'DELETE /users/akiko/sessions': undefined,
    'GET /queues': { items: queues },
    'PATCH /queues/q1': queues[0],
    'GET /wrap_up_codes': { items: make.codes },
    'PUT /wrap_up_codes': { items: make.codes },
    'GET /vocabulary': { items: words },
    'PUT /vocabulary': { items: words },
    'GET /cues': { items: [cue('q2', { wait_seconds: 60, silence_seconds: 0 })], default: cue('') },
    'PUT /cues': { items: [], default: cue('') },
    'GET /rules': { phrases },
    'PUT /rules': { phrases },
    'POST /rules/test': { matches: [{ ...phrases[2], said: 'speak to your manager' }] },
    'GET /masks': masks,
    'PUT /masks': masks,
    'POST /masks/test': {
      masked: 'My membership is ••••,\nand the card is ••••.',
      kinds: ['card', 'pattern'],
      fits: [{ name: 'Membership', text: 'KX-1234' }],
    },
    'GET /kept': {
      items: [
        keep('Bookings', { held: 1, due: 38 }),
        keep('Changes', { interactions: 612, recordings: 590, bytes: 1_204_000_000, unstored: 2 }),
        keep('Summer hotline', { interactions: 12, recordings: 0, bytes: 0, oldest: make.ago(300 * DAY) }),
      ],
    },
    'GET /legal_holds': { items: holds, more: false, next_cursor: '' },
    'POST /recording_keys/rotate': { keys: 4770 },
    'GET /audit': { items: trail },
    'GET /audit/actions': {
      items: ['erase_content', 'legal_hold', 'sign_in', 'sign_in_failed', 'update_user', 'whisper'],
    },
    'GET /webhooks': { items: hooks, codes },
    'POST /webhooks': { ...hooks[1], secret: 'whsec_dGhpcnR5LXR3byBieXRlcyBmb3IgdGhlc2UgdGVzdHM=' },
    'PATCH /webhooks/hook_b': hooks[1],
    'DELETE /webhooks/hook_b': undefined,
    'POST /webhooks/hook_b/test': { message_id: 'msg_1' },
    'GET /tokens': { items: tokens },
    'POST /users/sofia/tokens': { token: 'pb_3kq9Jx0mV6mYw1bN8cRtZfUeHsLdPaGoIiKvXyQhTBE' },
    'DELETE /tokens/t1': undefined,
    'GET /originals': { items: originals, more: false, keeping: true },
    [`POST /interactions/${REVIEWED}/originals`]: {
      lines: [
        {
          id: 'l1',
          speaker: 'customer',
          start_ms: 31_000,
          text: 'It is 4111 1111 1111 1111, till December 27.',
          spoken: '',
        },
      ],
    },
    'GET /system': system,
    'GET /transcribers': { items: workers },
    [`PUT /interactions/${REVIEWED}/legal_hold`]: {},
    [`DELETE /interactions/${REVIEWED}/legal_hold`]: undefined,
    [`DELETE /interactions/${REVIEWED}/content`]: undefined,
    [`GET /interactions/${REVIEWED}/recording/verify`]: {
      state: 'whole',
      segments: 46,
      chain: '9f2c'.repeat(16),
      stored: '9f2c'.repeat(16),
      problems: [],
    },
  };
}
