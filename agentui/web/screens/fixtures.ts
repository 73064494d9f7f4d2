// Invented people and calls, with times that fit the moment of the picture.
import type * as wire from '../src/wire.gen';

export const ID = '0190f0a0-0000-7000-8000-000000000001';
export const NUMBER = '+12025550142';

export const ago = (seconds: number): string => new Date(Date.now() - seconds * 1000).toISOString();
const DAY = 86_400;

export const codes: wire.WrapUpCode[] = [
  { code: 'solved', label: { en: 'Solved', ja: '解決' } },
  { code: 'call_back', label: { en: 'Call back', ja: '折り返し' } },
  { code: 'order_changed', label: { en: 'Order changed', ja: '注文変更' } },
  { code: 'complaint', label: { en: 'Complaint', ja: '苦情' } },
  { code: 'wrong_number', label: { en: 'Wrong number', ja: '間違い電話' } },
];

export function agent(change: Partial<wire.AgentState> = {}): wire.AgentState {
  return {
    id: 'akiko',
    name: 'Akiko Mori',
    presence: 'available',
    reason: '',
    activity: 'idle',
    since: ago(95),
    phone_ready: true,
    queues: ['Bookings'],
    queue_waiting: 0,
    queue_longest: null,
    ...change,
  };
}

export function customer(): wire.CustomerView {
  return {
    id: 'c-haruto',
    name: 'Haruto Tanaka',
    organisation: '',
    town: 'Sapporo',
    tier: 'Gold',
    language: 'ja',
    phones: [NUMBER, '+81 3 0000 0142'],
    emails: ['haruto@example.com'],
    preferences: 'Phone, after 12:00',
    note: 'Travels with his wife Yui. Asks for quiet rooms.',
    orders: [
      {
        id: 'o1',
        number: 'UM-4729-1835',
        title: 'Hokkaido winter tour, 2 people',
        status: 'paid',
        amount: '248,000 JPY',
        placed_at: ago(19 * DAY),
        due_at: new Date(Date.now() + 84 * DAY * 1000).toISOString(),
      },
      {
        id: 'o2',
        number: 'UM-3310-0042',
        title: 'Hakone weekend, Yamabuki guesthouse',
        status: 'done',
        amount: '64,000 JPY',
        placed_at: ago(70 * DAY),
      },
    ],
    cases: [
      { id: 'k1', title: 'Wife cannot travel on the 14th', status: 'open', opened_at: ago(DAY) },
      { id: 'k2', title: 'Luggage to Hakone', status: 'closed', opened_at: ago(66 * DAY) },
    ],
    created_at: ago(900 * DAY),
    updated_at: ago(DAY),
    timeline: [
      {
        id: 't1',
        channel: 'chat',
        at: ago(DAY),
        title: 'Can we change one departure date?',
        detail: 'Left a question, promised an answer today',
      },
      { id: 't2', channel: 'order', at: ago(19 * DAY), title: 'Hokkaido winter tour, 2 people', detail: '' },
      {
        id: 't3',
        channel: 'call',

        at: ago(66 * DAY),
        title: 'with Ben, 6 min: luggage to Hakone',
        detail: '“Please send it to the Yamabuki again.”',
      },
      { id: 't4', channel: 'email', at: ago(60 * DAY), title: 'Thank you for Hakone', detail: '' },
      { id: 't5', channel: 'call', at: ago(430 * DAY), title: 'with Chika, 4 min: rail pass', detail: '' },
    ],
  };
}

export const others: wire.Customer[] = [
  {
    ...customer(),
    id: 'c-yui',
    name: 'Yui Tanaka',
    tier: '',
    town: 'Sapporo',
    updated_at: ago(210 * DAY),
    cases: [],
    orders: [],
  },
  {
    ...customer(),
    id: 'c-firm',
    name: 'Maximiliane Freifrau von Hohenstein-Wallenberg',
    organisation: 'Hohenstein Reisen und Kulturveranstaltungen GmbH',
    tier: 'Partner',
    town: 'Bad Königshofen im Grabfeld',
    updated_at: ago(400 * DAY),
    cases: [],
    orders: [],
  },
];

export function offer(change: Partial<wire.Offer> = {}): wire.Offer {
  return {
    interaction_id: ID,
    from: NUMBER,
    customer_name: 'Haruto Tanaka',
    queue: 'Bookings',
    waiting_since: ago(6),
    expires_at: new Date(Date.now() + 17_000).toISOString(),
    transferred: null,
    ...change,
  };
}

export function call(change: Partial<wire.Call> = {}): wire.Call {
  return {
    interaction_id: ID,
    state: 'active',
    from: NUMBER,
    queue: 'Bookings',
    started_at: ago(92),
    answered_at: ago(84),
    ended_at: null,
    muted: false,
    held: false,
    agent_away: false,
    match: 'one',
    note: '',
    ended_by: '',
    channel: 'call',
    record_rule: 'on',
    direction: 'inbound',
    parties: [party('customer', {}), party('agent', { kind: 'agent', user_id: 'akiko', name: 'Akiko Mori' })],
    consult: null,
    transferred: null,
    recording: { state: 'on', reason: '' },
    sensitive: null,
    hand_raised: false,
    supervisors: [],
    languages: { customer: 'en', agent: 'en' },
    language_by: { customer: 'heard', agent: 'queue' },
    opened_item: '',
    ...change,
  };
}

export function party(id: string, change: Partial<wire.Party>): wire.Party {
  return {
    id,
    kind: 'customer',
    user_id: '',
    name: '',
    number: '',
    state: 'talking',
    cause: '',
    muted: false,
    ...change,
  };
}

export const ben = (change: Partial<wire.Party> = {}): wire.Party =>
  party('agent-2', { kind: 'agent', user_id: 'ben', name: 'Ben Ito', ...change });

export const targets: wire.Targets = {
  agents: [
    target('ben', 'Ben Ito', { free: true }),
    target('chika', 'Chika Ono', { activity: 'talking' }),
    target('dai', 'Dai Sato', { activity: 'wrap_up' }),
    target('fay', 'Fay Lund', { presence: 'away', reason: 'lunch' }),
  ],
  queues: [
    { id: 'changes', name: 'Changes', waiting: 0, signed_in: 4, free: 2 },
    { id: 'bookings', name: 'Bookings', waiting: 3, signed_in: 6, free: 0 },
  ],
  numbers: true,
};

function target(id: string, name: string, change: Partial<wire.TargetAgent>): wire.TargetAgent {
  return {
    id,
    name,
    presence: 'available',
    reason: '',
    activity: 'idle',
    since: ago(190),
    free: false,
    ...change,
  };
}

export function line(
  id: string,
  speaker: 'customer' | 'agent',
  second: number,
  text: string,
  doubtful?: string,
): wire.Line {
  const words = text.split(' ').map((word, i) => ({
    text: word.replace(/[.,?!]$/, ''),
    start_ms: second * 1000 + i * 300,
    end_ms: second * 1000 + i * 300 + 280,
    probability: doubtful !== undefined && word.startsWith(doubtful) ? 0.31 : 0.96,
  }));
  return {
    interaction_id: ID,
    id,
    speaker,
    leg: speaker === 'customer' ? 'customer' : 'agent',
    start_ms: second * 1000,
    end_ms: second * 1000 + words.length * 300,
    text,
    spoken: text.toLowerCase(),
    words,
  };
}

export function talk(): wire.Line[] {
  return [
    line(
      'l1',
      'agent',
      9,
      'Umi Travel, this is Akiko. Good afternoon, Mr Tanaka. Is it about your Hokkaido tour?',
    ),
    line(
      'l2',
      'customer',
      16,
      'Yes, exactly. I booked the Hokkaido winter tour for two, but my wife cannot travel on the fourteenth.',
    ),
    line('l3', 'agent', 27, 'I see. Would another departure in February work for you both?'),
    line(
      'l4',
      'customer',
      34,
      'If there is one, move it to the twenty-first, please. And we would like to stay at Yamabuki again, in Hakone.',
      'Hakone',
    ),
    line(
      'l5',
      'agent',
      65,
      'Thank you for waiting. The 21st has two seats left. The fare stays 248,000 yen.',
    ),
  ];
}

/** A call in Japanese whose lines have their English; the last one waits for it. */
export function talkInJapanese(): wire.Line[] {
  return [
    {
      ...line('l1', 'agent', 9, 'お電話ありがとうございます。海トラベルの森です。'),
      translation: 'Thank you for calling. This is Mori of Umi Travel.',
    },
    {
      ...line('l2', 'customer', 16, 'ツアーをキャンセルしたいのですが、キャンセル料はいくらですか。'),
      translation: 'I would like to cancel the tour, but how much is the cancellation fee?',
    },
    line('l3', 'agent', 27, 'キャンセル料は1人につき3,500円です。'),
  ];
}

export function partial(): wire.Partial {
  return {
    interaction_id: ID,
    speaker: 'customer',
    leg: 'customer',
    start_ms: 74_000,
    text: 'That is good news. And could you send the confirmation to my',
    settled: 18,
  };
}

export const history: wire.HistoryItem[] = [
  {
    interaction_id: 'h1',
    customer_name: 'Peter Ong',
    from: '+12025550107',
    started_at: ago(840),
    wrap_up_code: 'solved',
    outcome: 'handled',
  },
  {
    interaction_id: 'h2',
    customer_name: '',
    from: '',
    started_at: ago(2100),
    wrap_up_code: '',
    outcome: 'handled',
  },
  {
    interaction_id: 'h3',
    customer_name: '',
    from: '+12025550119',
    started_at: ago(DAY),
    wrap_up_code: 'call_back',
    outcome: 'handled',
  },
  {
    interaction_id: 'h4',
    customer_name: 'Ana Lima',
    from: '+12025550121',
    started_at: ago(3 * DAY),
    wrap_up_code: '',
    outcome: 'interrupted',
  },
];

export function snapshot(change: Partial<wire.Snapshot> = {}): wire.Snapshot {
  return {
    epoch: 'fixture',
    me: { id: 'akiko', name: 'Akiko Mori', role: 'agent', language: '' },
    agent: agent(),
    offer: null,
    call: null,
    customer: null,
    candidates: null,
    lines: [],
    partials: [],
    history,
    system: {
      transcription: 'ready',
      transcription_reason: '',
      transcription_leaves: '',
      transcription_behind: false,
      database: 'ready',
      shutting_down: false,
      storage: { disk_free: 0, disk_full: false, stopped: 0, waiting: 0, sound_lost: false },
    },
    board: null,
    supervision: null,
    targets,
    phone: { owner: true, taken: false, state: 'none' },
    wrap_up_codes: codes,
    ...change,
  };
}

export function board(): wire.Board {
  const row = (n: number, change: Partial<wire.BoardCall>): wire.BoardCall => ({
    interaction_id: n === 1 ? ID : `b${n}`,
    customer_name: '',
    from: '',
    agent_name: '',
    queue: 'Bookings',
    state: 'active',
    waiting_since: null,
    since: ago(60 * n),
    held: false,
    agent_id: '',
    direction: 'inbound',
    parties: [],
    needs: [],
    video: '',
    ...change,
  });
  const person = (id: string, name: string, change: Partial<wire.AgentState>) =>
    agent({ id, name, since: ago(name.length * 17), ...change });
  return {
    at: ago(0.4),
    waiting: 2,
    longest_since: ago(108),
    talking: 3,
    available: 2,
    signed_in: 6,
    abandoned_today: 4,
    calls_today: 212,
    calls: [
      row(1, {
        customer_name: 'Luis Prado',
        from: '+12025550133',
        agent_name: 'Chika Ono',
        agent_id: 'chika',
        since: ago(680),
        parties: [
          party('customer', {}),
          party('agent', { kind: 'agent', user_id: 'chika', name: 'Chika Ono' }),
        ],
        needs: [
          { code: 'phrase', params: { said: 'cancel everything' }, since: ago(40) },
          { code: 'long_call', params: { times: 2.1 }, since: ago(30) },
        ],
      }),
      row(2, {
        customer_name: 'Haruto Tanaka',
        from: NUMBER,
        agent_name: 'Akiko Mori',
        since: ago(252),
        held: true,
      }),
      row(3, {
        agent_name: 'Ben Ito',
        since: ago(171),
        needs: [
          { code: 'raised_hand', params: {}, since: ago(12) },
          { code: 'long_silence', params: { ms: 40_000 }, since: ago(5) },
        ],
      }),
      row(4, {
        customer_name: 'Niamh O’Donoghue',
        from: '+12025550171',
        agent_name: 'Dai Sato',
        since: ago(58),
        state: 'wrap_up',
      }),
      row(5, { from: '+12025550188', state: 'waiting', since: ago(108) }),
      row(6, {
        customer_name: 'Eva Stern',
        from: '+12025550190',
        state: 'offered',
        agent_name: 'Emi Hara',
        since: ago(9),
      }),
    ],
    agents: [
      person('akiko', 'Akiko Mori', { activity: 'talking' }),
      person('ben', 'Ben Ito', { activity: 'talking' }),
      person('chika', 'Chika Ono', { activity: 'talking' }),
      person('dai', 'Dai Sato', { activity: 'wrap_up' }),
      person('emi', 'Emi Hara', { activity: 'offered' }),
      person('fay', 'Fay Lund', { presence: 'away', reason: 'lunch' }),
      person('goro', 'Goro Abe', {}),
      person('hana', 'Hana Vogel', { presence: 'away', reason: 'not_answering' }),
      person('ines', 'Inês Prata', { presence: 'offline' }),
    ],
  };
}
