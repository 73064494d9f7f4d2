// Written by "go generate ./agentui/wire" from the Go structs of acd/video. Do not edit.

export interface BoardState {
  epoch: number;
  shapes: Shape[];
}

export interface Camera {
  state: string;
  source: string;
  width: number;
  height: number;
  light: boolean;
  zoom: number;
}

export interface Caption {
  text: string;
  final: boolean;
}

export interface Capture {
  id: string;
}

export interface Description {
  sdp: string;
  gen: number;
}

export type Empty = Record<string, never>;

export interface Entry {
  state: string;
  role: string;
  stopped: boolean;
  on_phone: boolean;
  recorded: boolean;
  speak: boolean;
  agent_name: string;
  organisation: string;
}

export interface Frozen {
  id: string;
  by: string;
  at: string;
  width: number;
  height: number;
}

export interface IceServer {
  urls: string[];
  username: string;
  credential: string;
}

export interface Light {
  on: boolean;
}

export interface Op {
  e: number;
  t: string;
  s?: Shape;
  id?: string;
  at?: number;
  p?: [number, number][];
  by?: string;
  role?: string;
}

export interface Person {
  id: string;
  name: string;
  role: string;
  here: boolean;
}

export interface Quality {
  mode: string;
  kbps: number;
  fps: number;
  rtt: number;
  loss: number;
}

export interface Rating {
  stars: number;
}

export interface Refused {
  code: string;
}

export interface RoomState {
  you: string;
  role: string;
  agent_name: string;
  organisation: string;
  on_phone: boolean;
  voice: string;
  guest: string;
  recorded: boolean;
  camera: Camera;
  codec: string;
  delay_ms: number;
  mode: string;
  frozen: Frozen | null;
  freezing: boolean;
  captions: boolean;
  light: boolean;
  people: Person[];
  shared_at: string | null;
  ended_at: string | null;
  end_reason: string;
  rated: number;
  ice_servers: IceServer[];
}

export interface Shape {
  id: string;
  k: string;
  p: [number, number][];
  c?: string;
  by?: string;
  role?: string;
}

export interface Switch {
  on: boolean;
}

export type ServerMessage =
  | { type: "board"; data: BoardState }
  | { type: "caption"; data: Caption }
  | { type: "capture"; data: Capture }
  | { type: "light"; data: Light }
  | { type: "refused"; data: Refused }
  | { type: "room"; data: RoomState }
  | { type: "rtc_offer"; data: Description }
  | { type: "voice_offer"; data: Description };

export type ClientMessage =
  | { type: "camera"; data: Camera }
  | { type: "captions"; data: Switch }
  | { type: "freeze"; data: Switch }
  | { type: "light"; data: Light }
  | { type: "ping"; data: Empty }
  | { type: "quality"; data: Quality }
  | { type: "rate"; data: Rating }
  | { type: "rtc_answer"; data: Description }
  | { type: "rtc_start"; data: Empty }
  | { type: "stop"; data: Empty }
  | { type: "voice_answer"; data: Description }
  | { type: "voice_start"; data: Empty }
  | { type: "voice_stop"; data: Empty };
