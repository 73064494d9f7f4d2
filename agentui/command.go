package agentui

import (
	"context"
	"encoding/json"

	"patchbay/acd"
	"patchbay/agentui/wire"
)

// command does what one message of the browser asks. A *strictError closes the socket; every other error is the reply.
type command func(ctx context.Context, k *socket, data json.RawMessage) error

// commands holds every type of wire.ClientTypes. It is never changed.
var commands = map[string]command{
	"ping": anybody(func(context.Context, *socket, wire.Empty) error { return nil }),
	"presence": agents(func(ctx context.Context, k *socket, v wire.Presence) error {
		return k.srv.cfg.Center.SetPresence(ctx, k.who.user.ID, v.Presence, v.Reason)
	}),
	"answer": agents(func(ctx context.Context, k *socket, v wire.Ref) error {
		return k.srv.cfg.Center.Answer(ctx, k.who.user.ID, v.InteractionID)
	}),
	"decline": agents(func(ctx context.Context, k *socket, v wire.Ref) error {
		return k.srv.cfg.Center.Decline(ctx, k.who.user.ID, v.InteractionID)
	}),
	"hang_up": talkers(func(ctx context.Context, k *socket, v wire.Ref) error {
		return k.srv.cfg.Center.HangUp(ctx, k.who.user.ID, v.InteractionID)
	}),
	"mute": talkers(func(ctx context.Context, k *socket, v wire.Switch) error {
		return k.srv.cfg.Center.Mute(ctx, k.who.user.ID, v.InteractionID, v.On)
	}),
	"hold": talkers(func(ctx context.Context, k *socket, v wire.Switch) error {
		return k.srv.cfg.Center.Hold(ctx, k.who.user.ID, v.InteractionID, v.On)
	}),
	"note": talkers(func(ctx context.Context, k *socket, v wire.Note) error {
		return k.srv.cfg.Center.Note(ctx, k.who.user.ID, v.InteractionID, v.Text)
	}),
	"wrap_up": talkers(func(ctx context.Context, k *socket, v wire.WrapUp) error {
		return k.srv.cfg.Center.WrapUp(ctx, k.who.user.ID, v.InteractionID, v.Code, v.Note)
	}),
	"choose_customer": agents(func(ctx context.Context, k *socket, v wire.ChooseCustomer) error {
		if err := k.srv.cfg.Center.ChooseCustomer(ctx, k.who.user.ID, v.InteractionID, v.CustomerID); err != nil {
			return err
		}
		k.srv.auditAs(ctx, k.who, k.from, "choose_customer", v.InteractionID, map[string]any{"customer": v.CustomerID})
		return nil
	}),
	"use_here": talkers(func(_ context.Context, k *socket, _ wire.Empty) error {
		return k.srv.phones.useHere(k)
	}),
	"phone_start": talkers(func(ctx context.Context, k *socket, v wire.PhoneStart) error {
		return k.srv.phones.start(ctx, k, v)
	}),
	"rtc_answer": talkers(func(_ context.Context, k *socket, v wire.Description) error {
		return k.srv.phones.answer(k, v)
	}),
	"rtc_candidate": talkers(func(_ context.Context, k *socket, v wire.Candidate) error {
		return k.srv.phones.candidate(k, v)
	}),
	"dtmf": talkers(func(ctx context.Context, k *socket, v wire.Digits) error {
		return k.srv.cfg.Center.SendDTMF(ctx, k.who.user.ID, v.InteractionID, v.Digits)
	}),
	"transfer": talkers(func(ctx context.Context, k *socket, v wire.Transfer) error {
		return k.srv.cfg.Center.Transfer(ctx, k.who.user.ID, v.InteractionID, v.Target, v.Reason)
	}),
	"consult": talkers(func(ctx context.Context, k *socket, v wire.Transfer) error {
		return k.srv.cfg.Center.Consult(ctx, k.who.user.ID, v.InteractionID, v.Target, v.Reason)
	}),
	"consult_swap": talkers(func(ctx context.Context, k *socket, v wire.Ref) error {
		return k.srv.cfg.Center.ConsultSwap(ctx, k.who.user.ID, v.InteractionID)
	}),
	"consult_complete": talkers(func(ctx context.Context, k *socket, v wire.Ref) error {
		return k.srv.cfg.Center.ConsultComplete(ctx, k.who.user.ID, v.InteractionID)
	}),
	"consult_return": talkers(func(ctx context.Context, k *socket, v wire.Ref) error {
		return k.srv.cfg.Center.ConsultReturn(ctx, k.who.user.ID, v.InteractionID)
	}),
	"add_party": talkers(func(ctx context.Context, k *socket, v wire.AddParty) error {
		return k.srv.cfg.Center.AddParty(ctx, k.who.user.ID, v.InteractionID, v.Target)
	}),
	"drop_party": talkers(func(ctx context.Context, k *socket, v wire.DropParty) error {
		return k.srv.cfg.Center.DropParty(ctx, k.who.user.ID, v.InteractionID, v.PartyID)
	}),
	"call_out": agents(func(ctx context.Context, k *socket, v wire.CallOut) error {
		return k.srv.cfg.Center.CallOut(ctx, k.who.user.ID, v.Number, v.CustomerID)
	}),
	"video_call": agents(func(ctx context.Context, k *socket, v wire.VideoCall) error {
		if k.srv.cfg.Help == nil {
			return errNoVideoHelp
		}
		id, err := k.srv.cfg.Center.VideoOut(ctx, k.who.user.ID, v.CustomerID, v.Subject)
		if err != nil {
			return err
		}
		return k.srv.cfg.Help.Start(ctx, k.who.user.ID, id)
	}),
	"raise_hand": talkers(func(ctx context.Context, k *socket, v wire.Switch) error {
		return k.srv.cfg.Center.RaiseHand(ctx, k.who.user.ID, v.InteractionID, v.On)
	}),
	"sensitive": talkers(func(ctx context.Context, k *socket, v wire.Switch) error {
		return k.srv.cfg.Center.SetSensitive(ctx, k.who.user.ID, v.InteractionID, v.On)
	}),
	"record": talkers(func(ctx context.Context, k *socket, v wire.Recording) error {
		return k.srv.cfg.Center.ControlRecording(ctx, k.who.user.ID, v.InteractionID, v.Action)
	}),
	"language": talkers(func(ctx context.Context, k *socket, v wire.Language) error {
		return k.srv.cfg.Center.SetCallLanguage(ctx, k.who.user.ID, v.InteractionID, v.Leg, v.Language)
	}),
	"open_item": talkers(func(ctx context.Context, k *socket, v wire.OpenItem) error {
		return k.srv.cfg.Center.OpenItem(ctx, k.who.user.ID, v.InteractionID, v.ItemID)
	}),
	"video_start": talkers(func(ctx context.Context, k *socket, v wire.Ref) error {
		if k.srv.cfg.Help == nil {
			return errNoVideoHelp
		}
		return k.srv.cfg.Help.Start(ctx, k.who.user.ID, v.InteractionID)
	}),
	"video_end": talkers(func(ctx context.Context, k *socket, v wire.VideoEnd) error {
		if k.srv.cfg.Help == nil {
			return errNoVideoHelp
		}
		return k.srv.cfg.Help.End(ctx, k.who.user.ID, v.InteractionID, v.Outcome)
	}),
	"supervise": supervisors(func(ctx context.Context, k *socket, v wire.Supervise) error {
		return k.srv.cfg.Center.Supervise(ctx, k.who.user.ID, v.InteractionID, v.Mode)
	}),
	"follow": supervisors(func(ctx context.Context, k *socket, v wire.Follow) error {
		return k.srv.cfg.Center.Follow(ctx, k.who.user.ID, v.AgentID)
	}),
	"watch": supervisors(func(_ context.Context, k *socket, v wire.Watch) error {
		if !k.srv.cfg.Hub.watch(k.stream, v.InteractionID) {
			return errNotYourQueue
		}
		return nil
	}),
}

var (
	errNotAgent      = &acd.Error{Code: "forbidden", Message: "Only agents take calls."}
	errNoVideoHelp   = &acd.Error{Code: "no_video_help", Message: "This server offers no video help."}
	errNotYourQueue  = &acd.Error{Code: "forbidden", Message: "This call is of a queue that you do not supervise. Ask an administrator for it."}
	errNotSupervisor = &acd.Error{Code: "forbidden", Message: "Only supervisors follow other people's calls."}
)

func anybody[T any](do func(context.Context, *socket, T) error) command {
	return func(ctx context.Context, k *socket, data json.RawMessage) error {
		var v T
		if err := decodeStrict(data, &v); err != nil {
			return err
		}
		return do(ctx, k, v)
	}
}

func agents[T any](do func(context.Context, *socket, T) error) command {
	return anybody(func(ctx context.Context, k *socket, v T) error {
		if k.who.role != roleAgent {
			return errNotAgent
		}
		return do(ctx, k, v)
	})
}

// talkers are those who may have a call: agents, and supervisors who took one over. The contact centre knows which.
func talkers[T any](do func(context.Context, *socket, T) error) command {
	return anybody(func(ctx context.Context, k *socket, v T) error {
		if k.who.role < roleAgent {
			return errNotAgent
		}
		return do(ctx, k, v)
	})
}

func supervisors[T any](do func(context.Context, *socket, T) error) command {
	return anybody(func(ctx context.Context, k *socket, v T) error {
		if k.who.role < roleSupervisor {
			return errNotSupervisor
		}
		return do(ctx, k, v)
	})
}
