package agentui

import (
	"net/http"

	"patchbay/acd"
	"patchbay/acd/video"
	"patchbay/store"
)

// routes is the whole API. An address that is not here does not exist.
func routes() []route {
	return []route{
		{method: "GET", path: "/healthz", summary: "Whether the program runs", out: health{}, status: 200, handle: getHealth},
		{method: "GET", path: "/readyz", summary: "Whether calls can be taken", out: readiness{}, status: 200, handle: getReady},
		{method: "GET", path: "/api/v1/openapi.json", summary: "This description", out: map[string]any{}, status: 200, handle: getOpenAPI},

		{method: "POST", path: "/api/v1/login", summary: "Sign in; sets the session cookie", in: login{}, out: me{}, status: 200, handle: postLogin},
		{method: "POST", path: "/api/v1/logout", role: roleAgent, summary: "Sign out", status: 204, handle: postLogout},
		{method: "GET", path: "/api/v1/session", summary: "Whether this browser is signed in", out: sessionState{}, status: 200, handle: getSession},
		{method: "GET", path: "/api/v1/me", role: roleAgent, summary: "Who is signed in", out: me{}, status: 200, handle: getMe},
		{method: "PATCH", path: "/api/v1/me", role: roleAgent, summary: "Choose the language of the desk", in: mePatch{}, out: me{}, status: 200, handle: patchMe},
		{method: "POST", path: "/api/v1/me/password", role: roleAgent, summary: "Change my password; ends my other sessions", in: passwordChange{}, status: 204, handle: postMyPassword},
		{method: "GET", path: "/api/v1/ws", role: roleAgent, summary: "The live desk: a WebSocket of JSON messages. A snapshot comes first, then deltas with a rising seq, also where the caller says nothing", query: []param{
			{"since", "the last seq that was seen: goes on there, where what came after is still held (2 minutes), else with a new snapshot"},
			{"epoch", "the snapshot's epoch that since belongs to"},
			{"tab_id", "who comes back; such a tab may be the agent's phone. Without, the caller only watches"},
		}, status: http.StatusSwitchingProtocols, handle: getWebSocket},

		{method: "GET", path: "/api/v1/interactions", role: roleAgent, summary: "Interactions that the caller may read, newest first", query: []param{
			{"from", "caller's number"}, {"since", "RFC 3339 time: started then or later"}, {"state", "waiting, offered, active, wrap_up or ended"},
			{"cursor", "next_cursor of the page before"}, {"limit", "1 to 200; 50 where missing"},
		}, out: store.InteractionPage{}, status: 200, handle: getInteractions},
		{method: "GET", path: "/api/v1/interactions/{id}", role: roleAgent, summary: "One interaction, and what is kept of it", out: reviewedInteraction{}, status: 200, handle: getInteraction},
		{method: "GET", path: "/api/v1/interactions/{id}/transcript", role: roleAgent, summary: "What was said; grows during the call", out: transcript{}, status: 200, handle: getTranscript},
		{method: "GET", path: "/api/v1/interactions/{id}/timeline", role: roleAgent, summary: "What happened, in order", out: timeline{}, status: 200, handle: getTimeline},
		{method: "GET", path: "/api/v1/interactions/{id}/recording", role: roleAgent, summary: "The sound, Ogg Opus, customer left and agents right, by byte range; grows during the call; 404 where none is kept", query: []param{
			{"until_ms", "only the seconds that begin before: of a recording that goes on, a file that does not grow between two ranges"},
		}, status: 200, handle: getRecording},
		{method: "GET", path: "/api/v1/interactions/{id}/peaks", role: roleAgent, summary: "How loud each side is, for a waveform, and what was marked", out: peaks{}, status: 200, handle: getPeaks},
		{method: "GET", path: "/api/v1/interactions/{id}/export", role: roleAgent, summary: "A file to keep", query: []param{
			{"format", "audio (Ogg Opus), video (WebM or Matroska), vtt (WebVTT) or json (everything but sound and picture)"},
			{"film", "at_ms of the film, for video; the first where missing"},
		}, status: 200, handle: getExport},
		{method: "GET", path: "/api/v1/interactions/{id}/notes", role: roleAgent, summary: "Notes pinned to moments, in their order", out: noteList{}, status: 200, handle: getNotes},
		{method: "POST", path: "/api/v1/interactions/{id}/notes", role: roleAgent, summary: "Pin a note to a moment", in: newNote{}, out: store.Note{}, status: 201, handle: postNote},
		{method: "DELETE", path: "/api/v1/interactions/{id}/notes/{note}", role: roleAgent, summary: "Remove a note: one's own, or, for supervisors, any", status: 204, handle: deleteNote},
		{method: "GET", path: "/api/v1/interactions/{id}/recording/verify", role: roleSupervisor, summary: "Check a recording: every segment, and the chain over them", out: verified{}, status: 200, handle: getVerified},
		{method: "POST", path: "/api/v1/interactions/{id}/originals", role: roleSupervisor, summary: "Read what masked lines said, with a reason; 404 where it is not kept", in: originalsRequest{}, out: originalLines{}, status: 200, handle: postOriginals},
		{method: "PUT", path: "/api/v1/interactions/{id}/legal_hold", role: roleSupervisor, summary: "Keep the content whatever the retention says", in: newHold{}, out: store.Content{}, status: 200, handle: putHold},
		{method: "DELETE", path: "/api/v1/interactions/{id}/legal_hold", role: roleSupervisor, summary: "End the legal hold", status: 204, handle: deleteHold},
		{method: "DELETE", path: "/api/v1/interactions/{id}/content", role: roleSupervisor, summary: "Destroy what was said: recording, key, lines and notes; 409 under legal hold", status: 204, handle: deleteContent},
		{method: "POST", path: "/api/v1/recording_keys/rotate", role: roleAdmin, summary: "Replace the recordings' master key and wrap every key anew", out: rotation{}, status: 200, handle: postRotation},

		{method: "GET", path: "/api/v1/video_sessions", role: roleAgent, summary: "How video helps ended: solved or not, minutes, network, satisfaction; newest first; of what the caller may read", query: []param{
			{"customer", "id: only this customer's"}, {"before", "RFC 3339 time: ended before"}, {"limit", "1 to 200; 50 where missing"},
		}, out: videoSessions{}, status: 200, handle: getVideoSessions},
		{method: "GET", path: "/api/v1/interactions/{id}/films", role: roleAgent, summary: "What was recorded of its video help, by when it began", out: filmList{}, status: 200, handle: getFilms},
		{method: "GET", path: "/api/v1/interactions/{id}/movie", role: roleAgent, summary: "Sound and pictures in one file on the interaction's time axis, or only those of ?film=at_ms: WebM, or Matroska where a picture is H.264, by byte range", status: 200, handle: getMovie},
		{method: "GET", path: "/api/v1/interactions/{id}/films/{film}", role: roleAgent, summary: "A recorded picture, named by its at_ms: WebM (VP8) or Matroska (H.264), by byte range", status: 200, handle: getFilm},
		{method: "GET", path: "/api/v1/interactions/{id}/video", role: roleAgent, summary: "Its video help: minutes, outcome, network, how the guest found it", out: videoList{}, status: 200, handle: getVideo},
		{method: "GET", path: "/api/v1/interactions/{id}/video/ws", role: roleAgent, summary: "Video help of my call: a WebSocket of JSON messages", status: http.StatusSwitchingProtocols, handle: getVideoSocket},
		{method: "POST", path: "/api/v1/interactions/{id}/video/link", role: roleAgent, summary: "Send the guest's link by message", in: videoLink{}, status: 204, handle: postVideoLink},
		{method: "POST", path: "/api/v1/interactions/{id}/video/invitations", role: roleAgent, summary: "Make a link for a further person who watches or draws", in: videoInvitation{}, status: 204, handle: postVideoInvitation},
		{method: "GET", path: "/api/v1/interactions/{id}/video/stills/{still}", role: roleAgent, summary: "The frozen picture (JPEG)", status: 200, handle: getVideoStill},
		{method: "GET", path: "/api/v1/interactions/{id}/snapshots", role: roleAgent, summary: "Pictures kept of its video help", out: snapshotList{}, status: 200, handle: getSnapshots},
		{method: "POST", path: "/api/v1/interactions/{id}/snapshots", role: roleAgent, summary: "Keep a picture (JPEG or PNG as the body) of the video help of my call", query: []param{
			{"drawing", "true: what was drawn is in it"},
		}, out: store.Snapshot{}, status: 201, handle: postSnapshot},
		{method: "GET", path: "/api/v1/snapshots/{id}", role: roleAgent, summary: "A kept picture", status: 200, handle: getSnapshot},

		{method: "GET", path: "/api/v1/help/{token}", summary: "What a guest's link is; opening it uses nothing", out: video.Entry{}, status: 200, handle: getHelp},
		{method: "POST", path: "/api/v1/help/{token}/claim", summary: "Consent: binds the link to this browser by a cookie; any other gets 410", out: video.Entry{}, status: 200, handle: postHelpClaim},
		{method: "POST", path: "/api/v1/help/code", summary: "The page of a code that was read aloud", in: helpCode{}, out: helpPath{}, status: 200, handle: postHelpCode},
		{method: "GET", path: "/api/v1/help/{token}/ws", summary: "The guest's session: a WebSocket of JSON messages", status: http.StatusSwitchingProtocols, handle: getHelpSocket},
		{method: "POST", path: "/api/v1/help/{token}/stills/{still}", summary: "The still (JPEG) that this browser was asked for", status: 204, handle: postHelpStill},
		{method: "GET", path: "/api/v1/help/{token}/stills/{still}", summary: "The frozen picture (JPEG)", status: 200, handle: getHelpStill},

		{method: "GET", path: "/api/v1/search", role: roleAgent, summary: "Find interactions by what was said, newest first, among those that the caller may read", query: []param{
			{"q", "words that must all have been said, each of 2 characters or more; in quotes, as one"},
			{"since", "RFC 3339 time: started then or later"}, {"until", "RFC 3339 time: started before"}, {"customer", "id: only this customer's"},
			{"cursor", "next_cursor of the page before"}, {"limit", "1 to 100; 20 where missing"},
		}, out: store.FoundPage{}, status: 200, handle: getSearch},

		{method: "GET", path: "/api/v1/customers", role: roleAgent, summary: "Find customers by number, or by words", query: []param{
			{"phone", "number, in any form"}, {"q", "words of a name, organisation, e-mail or town"},
		}, out: customers{}, status: 200, handle: getCustomers},
		{method: "POST", path: "/api/v1/customers", role: roleAgent, summary: "Add a customer", in: store.CustomerPatch{}, out: store.Customer{}, status: 201, handle: postCustomer},
		{method: "GET", path: "/api/v1/customers/{id}", role: roleAgent, summary: "One customer, with the timeline", out: store.CustomerView{}, status: 200, handle: getCustomer},
		{method: "PATCH", path: "/api/v1/customers/{id}", role: roleAgent, summary: "Change the fields that are given", in: store.CustomerPatch{}, out: store.Customer{}, status: 200, handle: patchCustomer},

		{method: "GET", path: "/api/v1/customers/{id}/snapshots", role: roleAgent, summary: "Pictures kept of the customer's video help", out: snapshotList{}, status: 200, handle: getCustomerSnapshots},

		{method: "GET", path: "/api/v1/agents", role: roleAgent, summary: "Agents and how they are", out: agentList{}, status: 200, handle: getAgents},
		{method: "GET", path: "/api/v1/queues", role: roleAgent, summary: "Queues", out: queueList{}, status: 200, handle: getQueues},
		{method: "GET", path: "/api/v1/wrap_up_codes", role: roleAgent, summary: "Wrap-up codes", out: codeList{}, status: 200, handle: getWrapUpCodes},

		{method: "GET", path: "/api/v1/users", role: roleAdmin, summary: "Users", out: userList{}, status: 200, handle: getUsers},
		{method: "POST", path: "/api/v1/users", role: roleAdmin, summary: "Add a user", in: newUser{}, out: createdUser{}, status: 201, handle: postUser},
		{method: "PATCH", path: "/api/v1/users/{id}", role: roleAdmin, summary: "Change a user's name, role, language or queues, or disable the user, at once; a change of role signs the user out", in: store.UserPatch{}, out: store.User{}, status: 200, handle: patchUser},
		{method: "POST", path: "/api/v1/queues", role: roleAdmin, summary: "Add a queue and the numbers that lead to it, at once", in: queuePatch{}, out: store.Queue{}, status: 201, handle: postQueue},
		{method: "PATCH", path: "/api/v1/queues/{id}", role: roleAdmin, summary: "Change a queue, at once", in: queuePatch{}, out: store.Queue{}, status: 200, handle: patchQueue},
		{method: "DELETE", path: "/api/v1/users/{id}", role: roleAdmin, summary: "Remove a user of whom nothing is kept; anybody else is disabled, since the record names them", out: deletion{}, status: 200, handle: deleteUser},
		{method: "DELETE", path: "/api/v1/queues/{id}", role: roleAdmin, summary: "Remove a queue through which no call came", status: 204, handle: deleteQueue},
		{method: "PUT", path: "/api/v1/wrap_up_codes", role: roleAdmin, summary: "Replace all wrap-up codes, at once", in: codeList{}, out: codeList{}, status: 200, handle: putWrapUpCodes},
		{method: "POST", path: "/api/v1/users/{id}/password_reset", role: roleAdmin, summary: "Give a user a password that is made here and shown once; ends all sessions of the user", out: shownPassword{}, status: 200, handle: postPasswordReset},
		{method: "POST", path: "/api/v1/users/{id}/password", role: roleAdmin, summary: "Give a user a new password; ends all sessions of the user", in: newPassword{}, status: 204, handle: postUserPassword},
		{method: "GET", path: "/api/v1/users/{id}/sessions", role: roleAdmin, summary: "A user's sessions", out: sessionList{}, status: 200, handle: getSessions},
		{method: "DELETE", path: "/api/v1/users/{id}/sessions", role: roleAdmin, summary: "Sign a user out everywhere", status: 204, handle: deleteSessions},
		{method: "DELETE", path: "/api/v1/sessions/{id}", role: roleAdmin, summary: "End one session", status: 204, handle: deleteSession},
		{method: "POST", path: "/api/v1/users/{id}/tokens", role: roleAdmin, summary: "Make an API token that acts for a user; shown once", in: newAPIToken{}, out: apiToken{}, status: 201, handle: postToken},
		{method: "GET", path: "/api/v1/tokens", role: roleAdmin, summary: "API tokens, the newest first: whose they are, and when they were used last", out: tokenList{}, status: 200, handle: getTokens},
		{method: "DELETE", path: "/api/v1/tokens/{id}", role: roleAdmin, summary: "Revoke an API token", status: 204, handle: deleteToken},
		{method: "GET", path: "/api/v1/vocabulary", role: roleAdmin, summary: "Words that the recogniser shall know, by queue and language", out: vocabularyList{}, status: 200, handle: getVocabulary},
		{method: "PUT", path: "/api/v1/vocabulary", role: roleAdmin, summary: "Replace all lists of words, at once", in: vocabularyList{}, out: vocabularyList{}, status: 200, handle: putVocabulary},
		{method: "GET", path: "/api/v1/rules", role: roleAdmin, summary: "What supervisors are told of when it is said in a call", out: ruleList{}, status: 200, handle: getRules},
		{method: "PUT", path: "/api/v1/rules", role: roleAdmin, summary: "Replace all rules, at once", in: ruleList{}, out: ruleList{}, status: 200, handle: putRules},
		{method: "POST", path: "/api/v1/rules/test", role: roleAdmin, summary: "Try rules on a text: those given, or else those that count", in: ruleTest{}, out: ruleMatches{}, status: 200, handle: postRuleTest},
		{method: "GET", path: "/api/v1/cues", role: roleAdmin, summary: "From when on a call may need somebody: how long a wait, a silence, a call, both speaking at once; by queue", out: cueList{}, status: 200, handle: getCues},
		{method: "PUT", path: "/api/v1/cues", role: roleAdmin, summary: "Replace all cues, at once, also of calls that go on; 0 turns one off", in: cueChange{}, out: cueList{}, status: 200, handle: putCues},
		{method: "GET", path: "/api/v1/masks", role: roleAdmin, summary: "What is masked in everything said and typed: the built-in rules, and this centre's patterns", out: maskList{}, status: 200, handle: getMasks},
		{method: "PUT", path: "/api/v1/masks", role: roleAdmin, summary: "Replace this centre's patterns, at once, also in calls that go on", in: maskChange{}, out: maskList{}, status: 200, handle: putMasks},
		{method: "POST", path: "/api/v1/masks/test", role: roleAdmin, summary: "See what becomes of a text: with the patterns given, or else with those that count", in: maskTest{}, out: acd.MaskTrial{}, status: 200, handle: postMaskTest},
		{method: "GET", path: "/api/v1/webhooks", role: roleAdmin, summary: "Who is told of alerts, and what became of the last ones", out: webhookList{}, status: 200, handle: getWebhooks},
		{method: "POST", path: "/api/v1/webhooks", role: roleAdmin, summary: "Tell another system of alerts, from now on: an https address of another machine; its secret is made here and shown once, or given", in: newWebhook{}, out: madeWebhook{}, status: 201, handle: postWebhook},
		{method: "PATCH", path: "/api/v1/webhooks/{id}", role: roleAdmin, summary: "Change of what a receiver is told, or turn it off or on; 409 for one of the configuration", in: webhookPatch{}, out: webhookState{}, status: 200, handle: patchWebhook},
		{method: "DELETE", path: "/api/v1/webhooks/{id}", role: roleAdmin, summary: "Remove a receiver and its secret; what waits for it is given up; 409 for one of the configuration", status: 204, handle: deleteWebhook},
		{method: "POST", path: "/api/v1/webhooks/{id}/test", role: roleAdmin, summary: "Send a receiver a test message", out: testedWebhook{}, status: 202, handle: postWebhookTest},
		{method: "GET", path: "/api/v1/transcribers", role: roleSupervisor, summary: "The recognisers that are connected, and how they are", out: transcriberList{}, status: 200, handle: getTranscribers},
		{method: "GET", path: "/api/v1/transcriber", summary: "A recogniser on another machine: a WebSocket of binary messages, with the recognisers' own token as Authorization: Bearer", status: http.StatusSwitchingProtocols, handle: getTranscriberSocket},
		{method: "GET", path: "/api/v1/audit", role: roleAdmin, summary: "Who did what, newest first", query: []param{
			{"before", "id: only older entries"}, {"limit", "1 to 200; 50 where missing"}, {"actor", "user id"}, {"action", "such as sign_in"},
			{"object", "id of what it was done to"}, {"since", "RFC 3339 time: then or later"}, {"until", "RFC 3339 time: before"},
		}, out: auditList{}, status: 200, handle: getAudit},
		{method: "GET", path: "/api/v1/audit/actions", role: roleAdmin, summary: "Actions that the audit trail holds", out: actionList{}, status: 200, handle: getAuditActions},
		{method: "GET", path: "/api/v1/legal_holds", role: roleSupervisor, summary: "What is under legal hold, the newest hold first", query: []param{
			{"cursor", "next_cursor of the page before"}, {"limit", "1 to 500; 100 where missing"},
		}, out: holdList{}, status: 200, handle: getHolds},
		{method: "GET", path: "/api/v1/originals", role: roleSupervisor, summary: "Interactions whose masked lines are kept, and who read them last; of what the caller may read", out: originalsList{}, status: 200, handle: getOriginals},
		{method: "GET", path: "/api/v1/kept", role: roleAdmin, summary: "What is kept, by queue: interactions, recordings, what the next sweep erases", out: keepList{}, status: 200, handle: getKeeps},
		{method: "GET", path: "/api/v1/system", role: roleAdmin, summary: "How the server fares: checks, disk, database, recogniser, settings", out: SystemReport{}, status: 200, handle: getSystem},
	}
}
