package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"patchbay/acd"
	"patchbay/acd/video"
	"patchbay/agentui"
	"patchbay/agentui/webhook"
	"patchbay/media"
	"patchbay/media/codec"
	"patchbay/media/prompt"
	"patchbay/media/record/seal"
	"patchbay/media/rtp"
	"patchbay/media/webrtc"
	"patchbay/sip"
	"patchbay/store"
	"patchbay/transcribe"
)

// Times of serve itself.
const (
	portDrain     = 10 * time.Second // a freed RTP port rests that long
	flushPatience = 10 * time.Second // what the journal holds at the end may take that long to reach the database
)

// serve runs the contact centre until SIGTERM or Ctrl-C, then lets calls in progress finish for a while.
func serve(ctx context.Context, args []string, std stdio) error {
	s, err := loadSettings("serve", args, std, os.LookupEnv)
	if err != nil {
		return err
	}
	var level slog.Level
	if err := level.UnmarshalText([]byte(s.LogLevel)); err != nil {
		return usageError{fmt.Sprintf("--log-level is debug, info, warn or error, not %q", s.LogLevel)}
	}
	log := slog.New(slog.NewTextHandler(std.err, &slog.HandlerOptions{Level: level}))
	for flag, file := range map[string]string{"tls-cert": s.TLSCert, "tls-key": s.TLSKey} {
		if file != "" {
			if err := readable(file); err != nil {
				return fmt.Errorf("--%s cannot be read: %w", flag, err)
			}
		}
	}
	for _, name := range unknownEnvironment(os.Environ()) {
		log.Warn("no setting has this name: docs/config.md lists them", "variable", name)
	}
	c, err := openCentre(ctx, s, log)
	if err != nil {
		return err
	}
	defer c.close()
	return c.run(ctx, std)
}

// centre is every part of a running server. openCentre fills it from the bottom up, close takes it down the other way.
type centre struct {
	s        *settings
	log      *slog.Logger
	closers  []func()
	store    *store.Store
	journal  *store.Journal
	keeper   *keeper
	hub      *agentui.Hub
	words    *transcribe.Service
	acd      *acd.Center
	masks    *acd.Masks
	sip      *sip.Server
	webrtc   *webrtc.API
	web      *agentui.Server
	video    *video.Sessions
	hooks    *webhook.Book
	watch    *webhook.Watch
	outbox   *store.Outbox
	relay    *webrtc.Relay // nil: off
	pacer    *media.Pacer
	bridges  media.Totals
	ready    atomic.Bool
	started  time.Time
	password string // of a newly made admin, printed once
}

func (c *centre) onClose(f func()) { c.closers = append(c.closers, f) }

func (c *centre) close() {
	for i := len(c.closers) - 1; i >= 0; i-- {
		c.closers[i]()
	}
	c.closers = nil
}

// openCentre opens everything that can fail, so that what is wrong is said before the first line of the screen.
func openCentre(ctx context.Context, s *settings, log *slog.Logger) (*centre, error) {
	c := &centre{s: s, log: log, started: time.Now()}
	steps := []func(context.Context) error{
		c.openData, c.openDatabase, c.openRecords, c.openKeeper, c.openWords, c.openBrowsers, c.openWebhooks, c.openMedia, c.openDesk,
		c.openFirstUser, // last: the password of a start that failed would never be shown
	}
	for _, step := range steps {
		if err := step(ctx); err != nil {
			c.close()
			return nil, err
		}
	}
	return c, nil
}

// openData takes the data directory for this process alone.
func (c *centre) openData(context.Context) error {
	dir, err := filepath.Abs(c.s.DataDir)
	if err != nil {
		return err
	}
	c.s.DataDir = dir
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("the data directory cannot be made: %w. Choose another with --data-dir", err)
	}
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("the data directory cannot be written: %w. Choose another with --data-dir", err)
	}
	c.onClose(func() { f.Close() })
	// The kernel frees the lock with the process, however it ends.
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return fmt.Errorf("another patchbay uses %s. Stop it, or choose another --data-dir", dir)
	}
	return nil
}

func (c *centre) openDatabase(ctx context.Context) error {
	target := c.s.Database
	if target == "" {
		private, err := store.StartPrivate(ctx, store.PrivateConfig{DataDir: c.s.DataDir, Log: c.log})
		if err != nil {
			return err
		}
		c.onClose(func() { _ = private.Stop() })
		target = private.URL()
	}
	st, err := store.Open(ctx, target, store.Config{Log: c.log, HomeCountry: c.s.HomeCountry})
	if err != nil {
		return fmt.Errorf("%w. Check the database, or name another with --database", err)
	}
	c.store = st
	c.onClose(st.Close)
	return nil
}

// openRecords replays what a former run left, closes the calls that it could not, and fills a demo.
func (c *centre) openRecords(ctx context.Context) error {
	journal, err := store.NewJournal(store.JournalConfig{
		Dir: filepath.Join(c.s.DataDir, "journal"), Store: c.store, Log: c.log,
		OnStatus: func(lost bool, err error) {
			if lost {
				c.log.Warn("database lost; records wait in the journal", "err", err)
			}
			if c.acd != nil {
				c.acd.SetDatabase(lost)
			}
		},
	})
	if err != nil {
		return err
	}
	c.journal = journal
	c.onClose(func() { _ = journal.Close() })
	n, err := c.store.CloseInterrupted(ctx)
	if err != nil {
		return err
	}
	if n > 0 {
		c.log.Warn("closed interactions that the last run left open", "interactions", n)
	}
	if c.s.Demo {
		if err := c.seedDemo(ctx); err != nil {
			return err
		}
	}
	return c.refusePublished(ctx)
}

// openFirstUser makes the administrator of a centre that nobody can sign in to.
func (c *centre) openFirstUser(ctx context.Context) (err error) {
	c.password, err = firstAdmin(ctx, c.store)
	return err
}

// openWords starts nothing yet: the recogniser's process belongs to run.
func (c *centre) openWords(context.Context) error {
	exe, err := os.Executable()
	if err != nil {
		return fmt.Errorf("the program cannot find itself to start the recogniser: %w", err)
	}
	dir := filepath.Join(c.s.DataDir, "spool")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	// A leg's key lies here, wrapped, for as long as its sound does: see transcribe.Config.
	keys, err := seal.OpenKeys(seal.KeysConfig{Dir: filepath.Join(dir, "keys")})
	if err != nil {
		return err
	}
	c.words = transcribe.NewService(transcribe.Config{
		Command: childCommand(exe, c.s), NoChild: c.s.Transcriber == "none", Dir: dir, Keys: keys, Log: c.log,
		OnStatus: func(st transcribe.Status) { c.acd.SetTranscription(c.leaving(st)) },
		Model:    c.s.Model, Weights: weightsOf(c.s.Model), Program: version, OnWorker: c.auditWorker,
	})
	c.s.WorkerToken, err = transcriberToken(c.s)
	return err
}

// openBrowsers opens the browsers' media, the hub that their desks hang on, and video help, which listens between the contact
// centre and the hub.
func (c *centre) openBrowsers(context.Context) error {
	api, err := c.openWebRTC()
	if err != nil {
		return err
	}
	c.webrtc = api
	c.onClose(func() { _ = api.Close() })
	c.pacer = media.NewPacer(media.PacerConfig{Clock: media.KernelClock{}, Fetcher: api})
	c.hub = agentui.NewHub(agentui.HubConfig{Log: c.log})
	return c.openVideo()
}

func (c *centre) openMedia(ctx context.Context) error {
	from, to, err := c.s.rtpPorts()
	if err != nil {
		return err
	}
	pool, err := rtp.NewPortPool(from, to, portDrain)
	if err != nil {
		return fmt.Errorf("--rtp %s: %w", c.s.RTP, err)
	}
	users, err := c.store.Users(ctx)
	if err != nil {
		return err
	}
	queues, err := c.store.Queues(ctx)
	if err != nil {
		return err
	}
	vocabulary, err := c.store.Vocabularies(ctx)
	if err != nil {
		return err
	}
	calls, abandoned, err := c.store.CountSince(ctx, midnight())
	if err != nil {
		return err
	}
	cues, err := c.store.Cues(ctx)
	if err != nil {
		return err
	}
	rules, err := c.store.PhraseRules(ctx)
	if err != nil {
		return err
	}
	phrases, err := acd.CompilePhrases(rules)
	if err != nil {
		c.log.Error("phrase rules cannot be used: none are", "err", err)
	}
	if c.masks, err = c.openMasks(ctx); err != nil {
		return err
	}
	c.acd, err = acd.New(acd.Config{
		Users: users, Queues: queues, Publisher: c.watch, Transcriber: c.words, Journal: c.journal, Records: c.store,
		Normalize: func(raw string) (string, bool) { return store.NormalizePhone(raw, c.s.HomeCountry) },
		RingBack:  prompt.RingBack(c.s.HomeCountry),
		Recorder:  c.keeper, Consent: prompt.Consent(), Unrecorded: prompt.Unrecorded(), Question: prompt.Question(), Announced: prompt.Announced(),
		Greeting: prompt.Greeting(), Hold: prompt.Hold(), Closing: prompt.Closing(), Log: c.log, Bridges: &c.bridges, Pacer: c.pacer,
		Ended: c.video.CallOver, Originals: c.originals(), Dialer: c.dialer(), Audit: c.store, HideSupervision: c.s.HideSupervision, Translate: c.s.Translate, Phrases: phrases, Cues: cues,
		Vocabulary: vocabulary, Masks: c.masks,
		RingTime: c.s.RingTime, SensitiveTime: c.s.SensitiveTime, MaxCalls: c.s.MaxCalls, CallsToday: calls, AbandonedToday: abandoned,
	})
	if err != nil {
		return err
	}
	trunks, err := c.s.trunks()
	if err != nil {
		return err
	}
	allowed, err := c.s.sources(ctx, trunks)
	if err != nil {
		return err
	}
	account, err := c.s.account()
	if err != nil {
		return err
	}
	cfg := sip.Config{Addr: c.s.SIP, Ports: pool, Handler: takeCalls(c.acd, c.log), Allowed: allowed, Trusted: trunks,
		Account: account, Register: sip.RegisterConfig{URI: c.s.Register, Expires: c.s.RegisterEvery},
		MaxCalls: c.s.MaxCalls, Log: c.log}
	if c.s.Advertise != "" {
		cfg.AdvertiseIP = netip.MustParseAddr(c.s.Advertise) // checked by validate
	}
	if c.sip, err = sip.NewServer(cfg); err != nil {
		return err
	}
	return c.sip.Listen()
}

func (c *centre) openDesk(ctx context.Context) error {
	registry := newRegistry(c)
	web := agentui.Config{
		Hub: c.hub, Center: c.acd, Store: c.store, Recordings: c.keeper, KeepsOriginals: c.s.KeepOriginals, Webhooks: deskHooks{c.hooks, c.watch}, Log: c.log,
		Addr: c.s.HTTP, CertFile: c.s.TLSCert, KeyFile: c.s.TLSKey, HomeCountry: c.s.HomeCountry,
		Gatherer: registry, Registerer: registry, Version: version, System: c.system,
		Ready: func() error {
			if !c.ready.Load() {
				return errors.New("starting")
			}
			return nil
		},
	}
	if c.s.PublicURL != "" {
		web.PublicURL, _ = url.Parse(c.s.PublicURL) // checked by validate
	}
	web.Phones = phones{c.webrtc, c.log}
	web.Help, web.Pictures = c.video, c.keeper
	web.Transcribers = transcribers{c}
	if c.s.LinkWebhook != "" {
		web.LinkSender = newLinkWebhook(c.s.LinkWebhook)
	}
	var err error
	if c.web, err = agentui.NewServer(web); err != nil {
		return err
	}
	if err := c.web.Listen(); err != nil {
		return fmt.Errorf("%w. Stop what uses it, or choose another address with --http", err)
	}
	return nil
}

// openWebRTC opens the browsers' media port. Without --webrtc it is the web port's number by UDP, or, where another
// program has it, any free one.
func (c *centre) openWebRTC() (*webrtc.API, error) {
	cfg := webrtc.Config{UDPAddr: c.s.WebRTC, TCPAddr: c.s.WebRTC, Lite: true, Log: c.log}
	preferred := map[string]codec.Codec{"opus": codec.Opus, "g722": codec.G722, "pcmu": codec.PCMU, "pcma": codec.PCMA}[c.s.BrowserCodec]
	cfg.Codecs = []codec.Codec{preferred}
	for _, k := range []codec.Codec{codec.Opus, codec.G722, codec.PCMU, codec.PCMA} {
		if k != preferred {
			cfg.Codecs = append(cfg.Codecs, k)
		}
	}
	if c.s.Advertise != "" {
		cfg.AdvertiseIPs = []string{c.s.Advertise}
	}
	if c.s.WebRTC != "" {
		api, err := webrtc.NewAPI(cfg)
		if err != nil {
			return nil, fmt.Errorf("%w. Stop what uses it, or choose another address with --webrtc", err)
		}
		return api, nil
	}
	web := netip.MustParseAddrPort(c.s.HTTP) // checked by validate
	anyPort := netip.AddrPortFrom(web.Addr(), 0).String()
	cfg.UDPAddr, cfg.TCPAddr = c.s.HTTP, anyPort
	api, err := webrtc.NewAPI(cfg)
	if err != nil {
		cfg.UDPAddr = anyPort
		api, err = webrtc.NewAPI(cfg)
	}
	return api, err
}

// run serves until ctx ends. Parts end in the order in which they need each other: calls, desks, words, records.
func (c *centre) run(ctx context.Context, std stdio) error {
	failed := make(chan error, 8)
	start := func(name string, run func(context.Context) error) (stop func()) {
		ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
		done := make(chan struct{})
		go func() {
			defer close(done)
			if err := run(ctx); err != nil && ctx.Err() == nil {
				failed <- fmt.Errorf("%s: %w", name, err)
			}
		}()
		return func() { cancel(); <-done }
	}
	stopJournal := start("journal", c.journal.Run)
	stopOutbox := start("webhooks", c.outbox.Run)
	stopDisk := start("storage", c.watchStorage)
	stopKeeper := start("recordings", c.keeper.run)
	stopWords := start("transcription", c.words.Run)
	stopBackfill := start("back-fill", func(ctx context.Context) error {
		return c.words.Recover(ctx, acd.Backfill(c.journal, c.keeper.vault.Silence, c.masks))
	})
	stopCentre := start("contact centre", c.acd.Run)
	stopVideo := start("video help", c.video.Run)
	stopSIP := start("sip", c.sip.Run)
	stopWeb := start("desk", c.web.Run)

	c.printScreen(std.out)
	c.ready.Store(true)
	c.log.Info("ready", "http", c.web.Addr(), "sip", c.sip.Addr(), "webrtc", c.webrtc.Addr())

	var err error
	select {
	case <-ctx.Done():
	case err = <-failed:
		c.log.Error("stopping", "err", err)
	}
	c.ready.Store(false)
	c.sip.Drain()
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.s.Grace)
	defer cancel()
	if n := c.acd.Calls(grace); n > 0 {
		c.log.Info("waiting for calls to end", "calls", n, "at_most", c.s.Grace)
	}
	c.acd.Drain(grace)
	stopVideo() // before the centre, which writes its last events
	stopCentre()
	stopSIP()
	c.keeper.vault.Close() // every file is whole; what is not in the bucket yet goes there after the next start
	stopKeeper()
	stopBackfill()
	_ = c.words.Close()
	stopWords()
	flush, cancelFlush := context.WithTimeout(context.WithoutCancel(ctx), flushPatience)
	defer cancelFlush()
	if err := c.journal.Flush(flush); err != nil {
		c.log.Warn("records stay in the journal until the next start", "err", err)
	}
	stopWeb()
	stopDisk()
	stopOutbox()
	stopJournal()
	return err
}

func midnight() time.Time {
	y, m, d := time.Now().Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.Local)
}

// newRegistry names what /metrics shows beside the desk's own counters.
func newRegistry(c *centre) *prometheus.Registry {
	r := prometheus.NewRegistry()
	registerMetrics(r, c)
	return r
}
