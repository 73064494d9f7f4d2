// Written by "go generate ./agentui/wire" from the Go structs of agentui/wire. Do not edit.

export interface AddParty {
  interaction_id: string;
  target: Target;
}

export interface AgentState {
  id: string;
  name: string;
  presence: string;
  reason: string;
  activity: string;
  since: string;
  phone_ready: boolean;
  queues: string[];
  queue_waiting: number;
  queue_longest: string | null;
}

export interface Alert {
  interaction_id: string;
  code: string;
  params: Record<string, unknown>;
  queue: string;
}

export interface Board {
  at: string;
  waiting: number;
  longest_since: string | null;
  talking: number;
  available: number;
  signed_in: number;
  abandoned_today: number;
  calls_today: number;
  calls: BoardCall[];
  agents: AgentState[];
}

export interface BoardCall {
  interaction_id: string;
  customer_name: string;
  from: string;
  agent_name: string;
  queue: string;
  state: string;
  since: string;
  held: boolean;
  waiting_since: string | null;
  agent_id: string;
  direction: string;
  parties: Party[];
  needs: Need[];
  video: string;
}

export interface Call {
  interaction_id: string;
  state: string;
  from: string;
  queue: string;
  started_at: string;
  answered_at: string;
  ended_at: string | null;
  muted: boolean;
  held: boolean;
  agent_away: boolean;
  match: string;
  note: string;
  ended_by: string;
  channel: string;
  direction: string;
  parties: Party[];
  consult: Consult | null;
  transferred: Transferred | null;
  recording: RecordingState;
  record_rule: string;
  sensitive: Sensitive | null;
  hand_raised: boolean;
  supervisors: Supervisor[];
  languages: Record<string, string>;
  language_by: Record<string, string>;
  opened_item: string;
}

export interface CallEnd {
  interaction_id: string;
}

export interface CallOut {
  number: string;
  customer_id: string;
}

export interface Candidate {
  candidate: string;
  sdp_mid: string | null;
  sdp_m_line_index: number | null;
  gen: number;
}

export interface Candidates {
  interaction_id: string;
  number: string;
  items: Customer[];
}

export interface Case {
  id: string;
  title: string;
  status: string;
  opened_at: string;
}

export interface ChooseCustomer {
  interaction_id: string;
  customer_id: string;
}

export interface Codes {
  items: WrapUpCode[];
}

export interface Consult {
  party_id: string;
  speaking_to: string;
}

export interface Customer {
  id: string;
  name: string;
  organisation: string;
  town: string;
  tier: string;
  language: string;
  phones: string[];
  emails: string[];
  preferences: string;
  note: string;
  orders: Order[];
  cases: Case[];
  created_at: string;
  updated_at: string;
}

export interface CustomerView extends Customer {
  timeline: Past[];
}

export interface Description {
  sdp: string;
  gen: number;
}

export interface Digits {
  interaction_id: string;
  digits: string;
}

export interface DropParty {
  interaction_id: string;
  party_id: string;
}

export type Empty = Record<string, never>;

export interface Error {
  code: string;
  message: string;
}

export interface Follow {
  agent_id: string;
}

export interface History {
  items: HistoryItem[];
}

export interface HistoryItem {
  interaction_id: string;
  customer_name: string;
  from: string;
  started_at: string;
  wrap_up_code: string;
  outcome: string;
}

export interface Invitation {
  role: string;
  link: string;
  here: boolean;
}

export interface Language {
  interaction_id: string;
  leg: string;
  language: string;
}

export interface Line {
  interaction_id: string;
  id: string;
  speaker: string;
  leg: string;
  name?: string;
  start_ms: number;
  end_ms: number;
  text: string;
  spoken: string;
  words: Word[];
  translation?: string;
}

export interface Me {
  id: string;
  name: string;
  role: string;
  language: string;
}

export interface Need {
  code: string;
  params: Record<string, unknown>;
  since: string;
}

export interface Note {
  interaction_id: string;
  text: string;
}

export interface Offer {
  interaction_id: string;
  from: string;
  customer_name: string;
  queue: string;
  waiting_since: string;
  expires_at: string;
  transferred: Transferred | null;
}

export interface OfferEnd {
  interaction_id: string;
  reason: string;
}

export interface OpenItem {
  interaction_id: string;
  item_id: string;
}

export interface Order {
  id: string;
  number?: string;
  title: string;
  status: string;
  amount?: string;
  placed_at: string;
  due_at?: string;
}

export interface Partial {
  interaction_id: string;
  speaker: string;
  leg: string;
  name?: string;
  start_ms: number;
  text: string;
  settled: number;
}

export interface Party {
  id: string;
  kind: string;
  user_id: string;
  name: string;
  number: string;
  state: string;
  cause: string;
  muted: boolean;
}

export interface Past {
  id: string;
  channel: string;
  at: string;
  title: string;
  detail: string;
  interaction_id?: string;
  outcome?: string;
  agents?: string[];
  video?: VideoOutcome;
}

export interface Phone {
  owner: boolean;
  taken: boolean;
  state: string;
}

export interface PhoneStart {
  restart: boolean;
}

export interface Presence {
  presence: string;
  reason: string;
}

export interface Recording {
  interaction_id: string;
  action: string;
}

export interface RecordingState {
  state: string;
  reason: string;
}

export interface Ref {
  interaction_id: string;
}

export interface Reply {
  id: number;
  error?: Error;
}

export interface Sensitive {
  since: string;
  until: string | null;
  by: string;
}

export interface SentLink {
  to: string;
  at: string;
  err: string;
}

export interface Session {
  id: string;
  interaction_id: string;
  link: string;
  code: string;
  expires_at: string;
  state: string;
  shared_at: string | null;
  kept: number;
  sent: SentLink[];
  invited: Invitation[];
}

export interface Snapshot {
  epoch: string;
  me: Me;
  agent: AgentState | null;
  offer: Offer | null;
  call: Call | null;
  customer: CustomerView | null;
  candidates: Candidates | null;
  lines: Line[];
  partials: Partial[];
  history: HistoryItem[];
  system: System;
  board: Board | null;
  targets: Targets | null;
  supervision: Supervision | null;
  phone: Phone;
  wrap_up_codes: WrapUpCode[];
  video?: Session;
}

export interface Storage {
  disk_free: number;
  disk_full: boolean;
  stopped: number;
  waiting: number;
  sound_lost: boolean;
}

export interface Supervise {
  interaction_id: string;
  mode: string;
}

export interface Supervision {
  interaction_id: string;
  mode: string;
  agent_name: string;
  customer_name: string;
  follow_agent_id: string;
  visible: boolean;
}

export interface Supervisor {
  name: string;
  mode: string;
}

export interface Switch {
  interaction_id: string;
  on: boolean;
}

export interface System {
  transcription: string;
  transcription_reason: string;
  transcription_behind: boolean;
  transcription_leaves: string;
  database: string;
  shutting_down: boolean;
  storage: Storage;
}

export interface Target {
  kind: string;
  id: string;
}

export interface TargetAgent {
  id: string;
  name: string;
  presence: string;
  reason: string;
  activity: string;
  since: string;
  free: boolean;
}

export interface TargetQueue {
  id: string;
  name: string;
  waiting: number;
  signed_in: number;
  free: number;
}

export interface Targets {
  agents: TargetAgent[];
  queues: TargetQueue[];
  numbers: boolean;
}

export interface Transfer {
  interaction_id: string;
  target: Target;
  reason: string;
}

export interface Transferred {
  from_name: string;
  reason: string;
  mode: string;
}

export interface VideoCall {
  customer_id: string;
  subject: string;
}

export interface VideoEnd {
  interaction_id: string;
  outcome: string;
}

export interface VideoOutcome {
  outcome: string;
  minutes: number;
  quality: string;
  satisfaction: number;
}

export interface Watch {
  interaction_id: string;
}

export interface Word {
  text: string;
  start_ms: number;
  end_ms: number;
  probability: number;
  known?: boolean;
}

export interface WrapUp {
  interaction_id: string;
  code: string;
  note: string;
}

export interface WrapUpCode {
  code: string;
  label: Record<string, string>;
}

export type ServerMessage =
  | { seq: number; type: "agent"; data: AgentState }
  | { seq: number; type: "alert"; data: Alert }
  | { seq: number; type: "board"; data: Board }
  | { seq: number; type: "call"; data: Call }
  | { seq: number; type: "call_end"; data: CallEnd }
  | { seq: number; type: "candidates"; data: Candidates }
  | { seq: number; type: "codes"; data: Codes }
  | { seq: number; type: "customer"; data: CustomerView }
  | { seq: number; type: "history"; data: History }
  | { seq: number; type: "line"; data: Line }
  | { seq: number; type: "offer"; data: Offer }
  | { seq: number; type: "offer_end"; data: OfferEnd }
  | { seq: number; type: "partial"; data: Partial }
  | { type: "phone"; data: Phone }
  | { type: "reply"; data: Reply }
  | { type: "rtc_candidate"; data: Candidate }
  | { type: "rtc_offer"; data: Description }
  | { seq: number; type: "snapshot"; data: Snapshot }
  | { seq: number; type: "supervision"; data: Supervision }
  | { seq: number; type: "system"; data: System }
  | { seq: number; type: "targets"; data: Targets }
  | { seq: number; type: "video"; data: Session };

export type ClientMessage =
  | { id: number; type: "add_party"; data: AddParty }
  | { id: number; type: "answer"; data: Ref }
  | { id: number; type: "call_out"; data: CallOut }
  | { id: number; type: "choose_customer"; data: ChooseCustomer }
  | { id: number; type: "consult"; data: Transfer }
  | { id: number; type: "consult_complete"; data: Ref }
  | { id: number; type: "consult_return"; data: Ref }
  | { id: number; type: "consult_swap"; data: Ref }
  | { id: number; type: "decline"; data: Ref }
  | { id: number; type: "drop_party"; data: DropParty }
  | { id: number; type: "dtmf"; data: Digits }
  | { id: number; type: "follow"; data: Follow }
  | { id: number; type: "hang_up"; data: Ref }
  | { id: number; type: "hold"; data: Switch }
  | { id: number; type: "language"; data: Language }
  | { id: number; type: "mute"; data: Switch }
  | { id: number; type: "note"; data: Note }
  | { id: number; type: "open_item"; data: OpenItem }
  | { id: number; type: "phone_start"; data: PhoneStart }
  | { id: number; type: "ping"; data: Empty }
  | { id: number; type: "presence"; data: Presence }
  | { id: number; type: "raise_hand"; data: Switch }
  | { id: number; type: "record"; data: Recording }
  | { id: number; type: "rtc_answer"; data: Description }
  | { id: number; type: "rtc_candidate"; data: Candidate }
  | { id: number; type: "sensitive"; data: Switch }
  | { id: number; type: "supervise"; data: Supervise }
  | { id: number; type: "transfer"; data: Transfer }
  | { id: number; type: "use_here"; data: Empty }
  | { id: number; type: "video_call"; data: VideoCall }
  | { id: number; type: "video_end"; data: VideoEnd }
  | { id: number; type: "video_start"; data: Ref }
  | { id: number; type: "watch"; data: Watch }
  | { id: number; type: "wrap_up"; data: WrapUp };

export const closeCodes = {
  replaced: 4409,
  signed_out: 4401,
  too_many: 4429,
  too_slow: 4408,
} as const;
