// What the supervisor's bar shows: which call it acts on, in which mode, and why a button cannot be pressed.
import type { DeskState } from '../../state/desk';
import type * as wire from '../../wire.gen';
import { type Mode, modeOf } from '../control/people-view';

export type SuperviseWhy = 'whyChoose' | 'whyNotTalking' | 'whyOffline' | 'whyTaken';

export interface SuperviseView {
  readonly interactionID: string; // that the buttons act on
  readonly mode: Mode | null;
  readonly agent: string;
  readonly customer: string;
  readonly visible: boolean;
  readonly following: string; // the agent's id, "" for nobody's
  readonly why: SuperviseWhy | undefined; // no mode can be chosen
}

type Parts = Pick<DeskState, 'link' | 'supervision' | 'watching' | 'board' | 'phone'>;

export function superviseView({ link, supervision, watching, board, phone }: Parts): SuperviseView {
  const mode = supervision?.interaction_id ? modeOf(supervision.mode) : null;
  const interactionID = mode && supervision ? supervision.interaction_id : watching;
  const call = board?.calls.find((c) => c.interaction_id === interactionID);
  return {
    interactionID,
    mode,
    agent: (mode && supervision?.agent_name) || call?.agent_name || '',
    customer: (mode && supervision?.customer_name) || (call ? call.customer_name : ''),
    visible: mode !== null && supervision?.visible === true,
    following: supervision?.follow_agent_id ?? '',
    why: whyNot(link, phone.taken, mode, interactionID, call),
  };
}

function whyNot(
  link: DeskState['link'],
  taken: boolean,
  mode: Mode | null,
  id: string,
  call: wire.BoardCall | undefined,
): SuperviseWhy | undefined {
  if (link !== 'open') return 'whyOffline';
  if (id === '') return 'whyChoose';
  if (taken) return 'whyTaken';
  if (mode === null && !canListen(call)) return 'whyNotTalking';
  return undefined;
}

/** Somebody talks there: before that there is nothing to hear. */
export function canListen(call: Pick<wire.BoardCall, 'state'> | undefined): boolean {
  return call?.state === 'active';
}
