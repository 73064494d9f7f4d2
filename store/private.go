package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// Times of a private server's life.
const (
	stopFast      = 20 * time.Second // for SIGINT: clients are cut, a checkpoint is written
	stopImmediate = 5 * time.Second  // for SIGQUIT: no checkpoint, recovery at the next start
	restartFirst  = 100 * time.Millisecond
	restartMost   = 5 * time.Second
	restartSteady = time.Minute // a server that ran so long starts the back-off anew
	readyPoll     = 20 * time.Millisecond
)

// PrivateConfig of a private server.
type PrivateConfig struct {
	DataDir  string // the cluster lies below it, or is linked from there
	Log      *slog.Logger
	Settings map[string]string // further settings of the server, such as "work_mem": "16MB"
}

// Private is a PostgreSQL server of our own, run from the installed binaries: on a Unix socket only, in its own process
// group, never as root, stopped when this process ends however it ends, started again when it ends itself.
type Private struct {
	log     *slog.Logger
	home    home
	account account
	bin     string
	cfg     PrivateConfig
	lock    *os.File // held for as long as we live: tells orphans from servers that somebody uses
	url     string

	stopOnce sync.Once
	stop     chan struct{} // closed by Stop
	ready    chan struct{} // closed by StartPrivate when the first server has answered
	failed   chan error    // the first server ended before it was ready
	done     chan struct{} // closed when run has returned
}

// StartPrivate starts the server of a data directory, making the cluster if there is none, and waits until it answers.
// ctx bounds the start only.
func StartPrivate(ctx context.Context, cfg PrivateConfig) (_ *Private, err error) {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	who, err := serverAccount()
	if err != nil {
		return nil, err
	}
	at, who, err := findHome(cfg.DataDir, who)
	if err != nil {
		return nil, err
	}
	lock, err := lockHome(at)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			_ = lock.Close()
		}
	}()
	if err := stopOrphan(ctx, at.cluster(), cfg.Log); err != nil {
		return nil, err
	}
	bin, err := findBinaries(binaryDirs(), clusterMajor(at.cluster()))
	if err != nil {
		return nil, err
	}
	if err := makeCluster(ctx, bin, at, who, cfg.Settings["fsync"] != "off"); err != nil {
		return nil, err
	}
	if err := writeAccess(at, who); err != nil {
		return nil, err
	}
	socket, err := makeSocketDir(at, who)
	if err != nil {
		return nil, err
	}

	p := &Private{
		log: cfg.Log, home: at, account: who, bin: bin, cfg: cfg, lock: lock, url: socketURL(socket, databaseName),
		stop: make(chan struct{}), ready: make(chan struct{}), failed: make(chan error, 1), done: make(chan struct{}),
	}
	go p.run(socket)
	if err := p.awaitReady(ctx, socket); err != nil {
		p.stopOnce.Do(func() { close(p.stop) })
		<-p.done
		return nil, err
	}
	close(p.ready)
	cfg.Log.Info("private database is up", "dir", at.dir, "binaries", bin)
	return p, nil
}

// URL connects to the database; it holds no secret, because the server knows us by our user (peer authentication).
func (p *Private) URL() string { return p.url }

// Stop ends the server and waits for it. It may be called twice.
func (p *Private) Stop() error {
	p.stopOnce.Do(func() { close(p.stop) })
	<-p.done
	if err := p.lock.Close(); err != nil && !errors.Is(err, os.ErrClosed) {
		return fmt.Errorf("store: unlock private database: %w", err)
	}
	return nil
}

// run keeps a server running until Stop. It stays on its thread, because the parent-death signal of a child follows the
// thread that started it, not the process.
func (p *Private) run(socket string) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer close(p.done)
	defer removeSocketDir(p.home)
	pause := restartFirst
	for {
		began := time.Now()
		cmd, err := p.launch(socket)
		if err == nil {
			exited := make(chan error, 1)
			go func() { exited <- cmd.Wait() }()
			select {
			case err = <-exited:
			case <-p.stop:
				p.shutDown(cmd, exited)
				return
			}
		}
		select {
		case <-p.ready:
		default: // it never worked: the start fails
			p.failed <- fmt.Errorf("store: private database ended at start (%v): %s", err, lastLine(p.home.log()))
			return
		}
		if time.Since(began) > restartSteady {
			pause = restartFirst
		}
		p.log.Error("private database ended and is started again", "error", err, "pause", pause, "log", p.home.log())
		select {
		case <-time.After(pause):
		case <-p.stop:
			return
		}
		pause = min(2*pause, restartMost)
		if err := disownPid(p.home.cluster()); err != nil {
			p.log.Error("private database has a stale pid file", "error", err)
		}
	}
}

// launch starts the server. Its settings are on the command line: the cluster's own files stay as initdb made them.
func (p *Private) launch(socket string) (*exec.Cmd, error) {
	settings := map[string]string{
		"listen_addresses":        "", // no TCP
		"unix_socket_directories": socket,
		"unix_socket_permissions": "0700",
		"port":                    socketPort,
		"fsync":                   "on",
		"max_connections":         "60",
		"max_wal_size":            "256MB",
		"wal_recycle":             "off", // a segment that is done with is removed, not kept under another name with what was said
		"jit":                     "off",
		"log_destination":         "stderr",
		"logging_collector":       "off",
		"log_min_messages":        "warning",
		"log_min_error_statement": "panic", // statements carry what was said
		"log_error_verbosity":     "terse", // and so do error details
	}
	for k, v := range p.cfg.Settings {
		settings[k] = v
	}
	args := []string{"-D", p.home.cluster()}
	for k, v := range settings {
		args = append(args, "-c", k+"="+v)
	}
	out, err := p.home.openLog(p.account)
	if err != nil {
		return nil, err
	}
	defer out.Close() // the server has its own copy
	cmd := p.account.command(context.Background(), p.home.dir, filepath.Join(p.bin, "postgres"), args...)
	cmd.Stderr = out
	// SIGINT is the fast shutdown: should we be killed, clients (there are none then) are cut and all is written.
	cmd.SysProcAttr.Pdeathsig = syscall.SIGINT
	return cmd, cmd.Start()
}

// shutDown ends the server, harder each time it does not hear.
func (p *Private) shutDown(cmd *exec.Cmd, exited <-chan error) {
	for _, step := range []struct {
		signal syscall.Signal
		wait   time.Duration
	}{{syscall.SIGINT, stopFast}, {syscall.SIGQUIT, stopImmediate}} {
		_ = cmd.Process.Signal(step.signal)
		select {
		case <-exited:
			return
		case <-time.After(step.wait):
			p.log.Warn("private database does not end", "signal", step.signal.String(), "waited", step.wait)
		}
	}
	_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // the group: no backend may outlive it
	<-exited
}

// awaitReady waits until the server answers and has our database.
func (p *Private) awaitReady(ctx context.Context, socket string) error {
	tick := time.NewTicker(readyPoll)
	defer tick.Stop()
	for {
		err := createDatabase(ctx, socket)
		if err == nil {
			return nil
		}
		var pg *pgconn.PgError
		if errors.As(err, &pg) && pg.Code != "57P03" { // cannot_connect_now: starting up or recovering
			return fmt.Errorf("store: private database refuses us: %w", err)
		}
		select {
		case err := <-p.failed:
			return err
		case <-ctx.Done():
			return fmt.Errorf("store: private database does not answer (%w): %s", ctx.Err(), lastLine(p.home.log()))
		case <-tick.C:
		}
	}
}

func createDatabase(ctx context.Context, socket string) error {
	conn, err := pgconn.Connect(ctx, socketURL(socket, "postgres"))
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	_, err = conn.Exec(ctx, "create database "+databaseName).ReadAll()
	var pg *pgconn.PgError
	if errors.As(err, &pg) && pg.Code == "42P04" { // duplicate_database
		return nil
	}
	return err
}

// socketURL names a database on the socket; a path of a socket goes into the query, percent-encoded.
func socketURL(socket, database string) string {
	u := url.URL{Scheme: "postgres", User: url.User(roleName), Path: "/" + database,
		RawQuery: url.Values{"host": {socket}, "port": {socketPort}, "sslmode": {"disable"}}.Encode()}
	return u.String()
}
