// Call control and supervision, as the person asks for them. The server decides: nothing here changes the call.
import type { DeskEvent, DeskState, Effect, Outgoing, Step } from './desk';

type ControlEvent = Extract<
  DeskEvent,
  {
    kind:
      | 'command'
      | 'key'
      | 'open_sheet'
      | 'close_sheet'
      | 'send_sheet'
      | 'call_out'
      | 'supervise'
      | 'follow'
      | 'dismiss_alert';
  }
>;

// More is no number that anybody types into a menu; the server says no as well.
const MOST_DIGITS = 128;

export function reduceControl(state: DeskState, event: ControlEvent): Step {
  const { call } = state;
  const active = call?.state === 'active';
  switch (event.kind) {
    case 'command':
      if (!active || event.message.data.interaction_id !== call.interaction_id) return stay(state);
      return send(state, event.message);
    case 'key':
      if (!active || !/^[0-9*#]$/.test(event.digit)) return stay(state);
      return send(
        { ...state, keyed: (state.keyed + event.digit).slice(-MOST_DIGITS) },
        { type: 'dtmf', data: { interaction_id: call.interaction_id, digits: event.digit } },
      );
    case 'open_sheet':
      if (!active) return stay(state);
      if (state.sheet?.purpose === event.purpose) return stay({ ...state, sheet: null });
      return stay({ ...state, sheet: { purpose: event.purpose, busy: false, refusal: null } });
    case 'close_sheet':
      return stay({ ...state, sheet: null });
    case 'send_sheet':
      if (!active || !state.sheet || state.sheet.busy) return stay(state);
      return send({ ...state, sheet: { ...state.sheet, busy: true, refusal: null } }, event.message);
    case 'call_out':
      if (call || state.offer) return stay(state);
      return send(state, {
        type: 'call_out',
        data: { number: event.number, customer_id: event.customerID },
      });
    case 'supervise':
      return send(state, {
        type: 'supervise',
        data: { interaction_id: event.interactionID, mode: event.mode },
      });
    case 'follow':
      return send(state, { type: 'follow', data: { agent_id: event.agentID } });
    case 'dismiss_alert':
      return stay({
        ...state,
        alerts: state.alerts.filter((a) => a.interaction_id !== event.interactionID || a.code !== event.code),
      });
  }
}

/** Whether an answer of the server is about what the open sheet asked for. */
export function answersSheet(
  state: DeskState,
  type: Outgoing['type'],
): state is DeskState & { sheet: NonNullable<DeskState['sheet']> } {
  return state.sheet?.busy === true && (type === 'transfer' || type === 'consult' || type === 'add_party');
}

function stay(state: DeskState): Step {
  return { state, effects: [] };
}

function send(state: DeskState, message: Extract<Effect, { do: 'send' }>['message']): Step {
  return { state: { ...state, refusal: null }, effects: [{ do: 'send', message }] };
}
