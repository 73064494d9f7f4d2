package main

import (
	"context"
	"fmt"
	"net/url"
	"runtime"

	"patchbay/agentui"
)

// system says how the running server fares: the doctor's checks that make sense while it runs, and figures.
func (c *centre) system(ctx context.Context) agentui.SystemReport {
	r := agentui.SystemReport{
		Version: version, Go: runtime.Version(), StartedAt: c.started, Disk: agentui.SystemDisk{Dir: c.s.DataDir}, Settings: c.settingsNow(),
	}
	r.Disk.Free, r.Disk.Total, _ = diskSpace(c.s.DataDir) // zeros where it cannot be told
	r.Database.Private = c.s.Database == ""
	var err error
	if r.Database.DatabaseState, err = c.store.DatabaseState(ctx); err != nil {
		c.log.Warn("the database does not tell its state", "err", err)
		r.Database.Error = "The database does not answer. Calls go on; what is written waits in the journal."
	}
	status, m := c.words.Status(), c.words.Metrics()
	r.Transcription = agentui.SystemTranscription{
		State: string(status.State), Reason: status.Reason, Behind: status.Behind, Model: c.s.Model, Streams: m.Streams, LagSeconds: m.LagSeconds,
		LateSeconds: m.LateSeconds, KeptSeconds: m.KeptSeconds, DroppedSeconds: m.DroppedSeconds, Restarts: m.Restarts,
	}
	for _, check := range []struct {
		name string
		run  func(context.Context, *settings) finding
	}{{"microphones", checkOrigin}, {"relay", checkRelay}, {"models", checkModels}, {"disk", checkDisk}, {"recordings", checkRecordings}} {
		f := check.run(ctx, c.s)
		state := "ok"
		switch {
		case f.warn:
			state = "warn"
		case f.mend != "":
			state = "bad"
		}
		r.Checks = append(r.Checks, agentui.SystemCheck{Name: check.name, State: state, What: f.what, Mend: f.mend, Code: f.code, MendCode: f.mendCode, Params: f.params})
	}
	return r
}

// settingsNow are the settings that an administrator asks for, and none that holds a secret.
func (c *centre) settingsNow() []agentui.SystemSetting {
	s := c.s
	var all []agentui.SystemSetting
	add := func(name string, value any) {
		all = append(all, agentui.SystemSetting{Name: name, Value: fmt.Sprint(value)})
	}
	add("http", c.web.Addr())
	add("sip", s.SIP)
	add("rtp", s.RTP)
	add("public-url", s.PublicURL)
	add("data-dir", s.DataDir)
	add("recordings", place(c.s.bucket()))
	add("model", s.Model)
	add("max-calls", s.MaxCalls)
	add("ring-time", s.RingTime)
	add("sensitive-time", s.SensitiveTime)
	add("home-country", s.HomeCountry)
	add("organisation", s.Organisation)
	add("hide-supervision", s.HideSupervision)
	return all
}

// place is where recordings go, without what a URL may hold of keys.
func place(bucket string) string {
	u, err := url.Parse(bucket)
	if err != nil || u.Scheme == "" {
		return bucket
	}
	return u.Scheme + "://" + u.Host + u.Path
}
