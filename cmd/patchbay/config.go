package main

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/netip"
	"net/url"
	"os"
	"reflect"
	"strconv"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"patchbay/agentui/webhook"
	"patchbay/transcribe/outside"
	"patchbay/transcribe/remote"
)

// settings are what serve and doctor can be told. One field is a flag, an environment variable (PATCHBAY_ and the flag's
// name in capitals, - as _) and a key of the configuration file (- as _). Defaults give way to the file, the file to the
// environment, the environment to flags.
type settings struct {
	Demo            bool          `flag:"demo" usage:"a demo centre: invented customers, three agents, published passwords; loopback only"`
	DataDir         string        `flag:"data-dir" wants:"DIR" default:"./data" usage:"where records, spools and the private database lie"`
	HTTP            string        `flag:"http" wants:"ADDR" default:"127.0.0.1:8080" usage:"address of the desk and the API"`
	SIP             string        `flag:"sip" wants:"ADDR" default:"127.0.0.1:5060" usage:"address for SIP, UDP and TCP"`
	RTP             string        `flag:"rtp" wants:"FROM-TO" default:"20000-20999" usage:"UDP ports for telephone audio, FROM-TO; taken ones are skipped"`
	WebRTC          string        `flag:"webrtc" wants:"ADDR" usage:"address for browser audio, UDP and TCP; empty: the host and port of --http by UDP, any free port by TCP"`
	PublicURL       string        `flag:"public-url" wants:"URL" usage:"the desk's address as browsers see it, such as https://desk.example.com"`
	Advertise       string        `flag:"advertise" wants:"IP" usage:"IP address that telephones and browsers reach this machine at, where it is behind NAT"`
	TLSCert         string        `flag:"tls-cert" wants:"FILE" usage:"certificate file (PEM) for https; read again when it changes"`
	TLSKey          string        `flag:"tls-key" wants:"FILE" usage:"its key file (PEM)"`
	Database        string        `flag:"database" wants:"URL" usage:"PostgreSQL 15 or newer, postgres://…; empty: a private server in the data directory"`
	Config          string        `flag:"config" wants:"FILE" usage:"configuration file (YAML) with the same settings, - written as _"`
	Trunks          string        `flag:"trunks" wants:"ADDRS" usage:"addresses that may send calls, such as 203.0.113.7,198.51.100.0/24; needed where --sip is not loopback"`
	TrunkUser       string        `flag:"trunk-user" wants:"NAME" usage:"our account at a trunk that asks for a password: the part of its address before the @; empty: it knows us by our address"`
	TrunkPassword   string        `flag:"trunk-password" usage:"its password; better by PATCHBAY_TRUNK_PASSWORD or --trunk-password-file, where other users of this machine do not see it"`
	TrunkPassFile   string        `flag:"trunk-password-file" wants:"FILE" usage:"file that holds the password, on one line"`
	TrunkAuthUser   string        `flag:"trunk-auth-user" wants:"NAME" usage:"the name that the password belongs to, where a trunk gives one; empty: that of --trunk-user"`
	TrunkDomain     string        `flag:"trunk-domain" wants:"NAME" usage:"the part of the account's address after the @; empty: the host of --register or --outbound"`
	Register        string        `flag:"register" wants:"URI" usage:"where the account tells that its calls come here, such as sip:sip.example.net or sip:sip.example.net;transport=tcp; empty: nowhere"`
	RegisterEvery   time.Duration `flag:"register-every" default:"10m" usage:"for how long to register at a time; the trunk may want another"`
	Outbound        string        `flag:"outbound" wants:"URI" usage:"where calls to numbers go, such as sip:198.51.100.7:5060;transport=tcp; empty: nowhere (a demo: sip:127.0.0.1:5070)"`
	OutPrefixes     string        `flag:"outbound-prefixes" wants:"LIST" usage:"beginnings of the numbers that may be called, such as +1,+8131; empty: none (a demo: its own invented numbers)"`
	OutMax          int           `flag:"outbound-max" default:"10" usage:"calls to numbers at a time"`
	OutCaller       string        `flag:"outbound-caller-id" wants:"NUMBER" usage:"our number on calls to numbers, E.164; empty: withheld"`
	Recordings      string        `flag:"recordings" wants:"DIR|URL" usage:"where finished recordings go, sealed: a directory, or a bucket such as s3://NAME?region=REGION; empty: in the data directory"`
	RecordingKeys   string        `flag:"recording-keys" wants:"FILE" usage:"file of the recordings' master keys, as a keeper of secrets provides it; empty: made in the data directory and replaced every 30 days"`
	HomeCountry     string        `flag:"home-country" wants:"CODE" default:"US" usage:"country (ISO 3166) of telephone numbers written without one"`
	MaxCalls        int           `flag:"max-calls" default:"200" usage:"calls at a time; more hear busy"`
	SensitiveTime   time.Duration `flag:"sensitive-time" default:"2m" usage:"how long sensitive mode lasts where nobody ends it"`
	RingTime        time.Duration `flag:"ring-time" default:"20s" usage:"how long a call rings at one agent"`
	Grace           time.Duration `flag:"grace" default:"30s" usage:"how long calls may go on after SIGTERM"`
	Model           string        `flag:"model" wants:"NAME" default:"base" usage:"the recogniser's model for final lines: a name of patchbay models list, your own imported ones too"`
	Transcriber     string        `flag:"transcriber" wants:"WHERE" default:"local" usage:"local: the recogniser runs on this machine, and on others that connect; none: on others only, by patchbay transcriber --connect"`
	WorkerToken     string        `flag:"transcriber-token" wants:"TOKEN" usage:"what recognisers on other machines show, 22 characters or more; better in the environment or the file than as a flag; empty: made, and kept in transcriber.token in the data directory"`
	TranscribeURL   string        `flag:"transcribe-url" wants:"URL" usage:"another recogniser for final lines, by OpenAI's POST /v1/audio/transcriptions, such as https://speech.example.com: voices and the customer's name then LEAVE this machine, and every desk says so; empty: none does"`
	TranscribeModel string        `flag:"transcribe-url-model" wants:"NAME" default:"whisper-1" usage:"the model that it is asked for"`
	TranscribeKey   string        `flag:"transcribe-url-key-file" wants:"FILE" usage:"file with the key that it wants, on one line; empty: none"`
	HideSupervision bool          `flag:"hide-supervision" usage:"agents do not see who listens or whispers; who barges in is heard, and seen"`
	KeepOriginals   bool          `flag:"keep-originals" usage:"what masked lines said is kept, sealed under a key of the interaction's own; supervisors read it by giving a reason, which is audited"`
	Translate       string        `flag:"translate" wants:"LIST" usage:"languages whose lines get a second line in English by the recogniser, marked as a machine's, such as es,de, or all; empty: none. Try your own calls first: patchbay transcribe --translate (docs/speech.md)"`
	BrowserCodec    string        `flag:"browser-codec" wants:"NAME" default:"opus" usage:"preferred codec towards browsers: opus, g722, pcmu or pcma"`
	Organisation    string        `flag:"organisation" wants:"NAME" usage:"who the agents speak for, as a guest of video help reads it, such as Umi Net"`
	TURN            string        `flag:"turn" wants:"ADDR" usage:"address of the built-in relay for guests whose network lets nothing else through, UDP and TCP; empty: the host of --http, any free port; off: none"`
	TURNTLS         string        `flag:"turn-tls" wants:"ADDR" usage:"its address for TLS, with the certificate of --tls-cert; empty: the host of --turn, any free port"`
	LinkWebhook     string        `flag:"link-webhook" wants:"URL" usage:"http(s) address that is posted links for guests to send by text message or e-mail; empty: links are copied or read aloud"`
	Webhooks        listText      `flag:"webhooks" wants:"LIST" usage:"who is told of alerts: a list of url, secret or secret_file, and alerts (all where missing), as in docs/guardrails.md; best in the file, since flags can be read by others on this machine"`
	LogLevel        string        `flag:"log-level" wants:"LEVEL" default:"info" usage:"debug, info, warn or error"`
}

// isLanguage tells whether a text is a language's code of two or three letters, or "all".
func isLanguage(tag string) bool {
	return (len(tag) == 2 || len(tag) == 3) && strings.Trim(strings.ToLower(tag), "abcdefghijklmnopqrstuvwxyz") == ""
}

// listText is a setting that is a list: in the file as YAML has lists, elsewhere as text of the same form.
type listText string

// each walks the fields that can be set.
func (s *settings) each(f func(name, def, usage string, v reflect.Value)) {
	t := reflect.TypeOf(*s)
	for i := range t.NumField() {
		tag := t.Field(i).Tag
		f(tag.Get("flag"), tag.Get("default"), tag.Get("usage"), reflect.ValueOf(s).Elem().Field(i))
	}
}

// set gives a field the value that a person wrote.
func set(v reflect.Value, text string) error {
	switch v.Interface().(type) {
	case string, listText:
		v.SetString(text)
	case bool:
		b, err := strconv.ParseBool(text)
		if err != nil {
			return errors.New("is true or false")
		}
		v.SetBool(b)
	case int:
		n, err := strconv.Atoi(text)
		if err != nil {
			return errors.New("is a whole number")
		}
		v.SetInt(int64(n))
	case time.Duration:
		d, err := time.ParseDuration(text)
		if err != nil {
			return errors.New("is a time such as 30s or 2m")
		}
		v.SetInt(int64(d))
	default:
		panic("setting of an unknown kind")
	}
	return nil
}

func envName(flag string) string {
	return "PATCHBAY_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}
func keyName(flag string) string { return strings.ReplaceAll(flag, "-", "_") }

// fieldValue is a field as the flag package wants it. It only notes what was written: flags are applied last.
type fieldValue struct {
	kind    reflect.Value
	written *map[string]string
	name    string
}

func (f fieldValue) String() string { return "" }
func (f fieldValue) wants() string {
	for _, field := range reflect.VisibleFields(reflect.TypeFor[settings]()) {
		if field.Tag.Get("flag") == f.name {
			return placeholder(field.Tag, f.kind)
		}
	}
	return ""
}
func (f fieldValue) IsBoolFlag() bool { return f.kind.IsValid() && f.kind.Kind() == reflect.Bool }
func (f fieldValue) Set(text string) error {
	if err := set(reflect.New(f.kind.Type()).Elem(), text); err != nil {
		return err
	}
	(*f.written)[f.name] = text
	return nil
}

// loadSettings reads defaults, file, environment and flags in this order, and checks the result.
func loadSettings(command string, args []string, std stdio, getenv func(string) (string, bool)) (*settings, error) {
	s := &settings{}
	fs := flag.NewFlagSet(command, flag.ContinueOnError)
	written := map[string]string{}
	s.each(func(name, def, usage string, v reflect.Value) {
		_ = set(v, cmp.Or(def, map[reflect.Kind]string{reflect.Bool: "false"}[v.Kind()])) // the defaults are well-formed: a test reads them all
		if def != "" {
			usage += " (default " + def + ")"
		}
		fs.Var(fieldValue{v, &written, name}, name, usage)
	})
	rest, err := parse(fs, args, std, "[flags]")
	if err != nil {
		return nil, err
	}
	if len(rest) > 0 {
		return nil, usageError{fmt.Sprintf("%q is not understood. Type: patchbay %s --help", rest[0], command)}
	}
	file := written["config"]
	if file == "" {
		file, _ = getenv(envName("config"))
	}
	if file != "" {
		if err := s.readFile(file); err != nil {
			return nil, err
		}
	}
	var bad error
	s.each(func(name, _, _ string, v reflect.Value) {
		if text, ok := getenv(envName(name)); ok && bad == nil {
			if err := set(v, text); err != nil {
				bad = usageError{fmt.Sprintf("%s %v, not %q", envName(name), err, text)}
			}
		}
		if text, ok := written[name]; ok {
			_ = set(v, text) // checked when it was noted
		}
	})
	return s, cmp.Or(bad, s.validate())
}

func (s *settings) readFile(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("the configuration file cannot be read: %w", err)
	}
	defer f.Close()
	var keys map[string]yaml.Node
	if err := yaml.NewDecoder(io.LimitReader(f, 1<<20)).Decode(&keys); err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("%s is not YAML with one setting a line: %w", path, err)
	}
	var bad error
	s.each(func(name, _, _ string, v reflect.Value) {
		node, ok := keys[keyName(name)]
		delete(keys, keyName(name))
		if !ok || bad != nil {
			return
		}
		if _, list := v.Interface().(listText); list && node.Kind == yaml.SequenceNode {
			text, err := yaml.Marshal(&node)
			if err != nil {
				bad = fmt.Errorf("%s:%d: %s %w", path, node.Line, keyName(name), err)
			}
			v.SetString(string(text))
		} else if node.Kind != yaml.ScalarNode {
			bad = fmt.Errorf("%s:%d: %s is one value", path, node.Line, keyName(name))
		} else if err := set(v, node.Value); err != nil {
			bad = fmt.Errorf("%s:%d: %s %w, not %q", path, node.Line, keyName(name), err, node.Value)
		}
	})
	for key, node := range keys {
		return fmt.Errorf("%s:%d: there is no setting %q. docs/config.md lists them", path, node.Line, key)
	}
	return bad
}

func (s *settings) validate() error {
	for _, a := range []struct {
		flag string
		addr *string
	}{{"http", &s.HTTP}, {"sip", &s.SIP}, {"webrtc", &s.WebRTC}} {
		if *a.addr == "" && a.flag == "webrtc" {
			continue
		}
		if port, ok := strings.CutPrefix(*a.addr, "localhost:"); ok {
			*a.addr = "127.0.0.1:" + port
		}
		if _, err := netip.ParseAddrPort(*a.addr); err != nil {
			return usageError{fmt.Sprintf("--%s is an IP address and a port such as 127.0.0.1:8080, not %q", a.flag, *a.addr)}
		}
	}
	if _, _, err := s.rtpPorts(); err != nil {
		return err
	}
	if (s.TLSCert == "") != (s.TLSKey == "") {
		return usageError{"--tls-cert and --tls-key go together: give both or neither"}
	}
	if s.TranscribeURL != "" {
		if _, _, err := outside.Endpoint(s.TranscribeURL); err != nil {
			return usageError{fmt.Sprintf("--transcribe-url is an address such as https://speech.example.com, or http:// to this machine itself, not %q", s.TranscribeURL)}
		}
	}
	if s.PublicURL != "" {
		if u, err := url.Parse(s.PublicURL); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			return usageError{fmt.Sprintf("--public-url is an address such as https://desk.example.com, not %q", s.PublicURL)}
		}
	}
	for _, a := range []struct{ flag, addr string }{{"turn", s.TURN}, {"turn-tls", s.TURNTLS}} {
		if _, err := netip.ParseAddrPort(a.addr); a.addr != "" && !(a.flag == "turn" && a.addr == "off") && err != nil {
			return usageError{fmt.Sprintf("--%s is an IP address and a port such as 192.0.2.10:3478, not %q", a.flag, a.addr)}
		}
	}
	if s.LinkWebhook != "" {
		if u, err := url.Parse(s.LinkWebhook); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			return usageError{fmt.Sprintf("--link-webhook is an address such as https://messages.example.com/send, not %q", s.LinkWebhook)}
		}
	}
	if _, err := webhook.Parse(string(s.Webhooks), readSmall); err != nil {
		return usageError{fmt.Sprintf("--webhooks: %v", err)}
	}
	if s.Advertise != "" {
		if _, err := netip.ParseAddr(s.Advertise); err != nil {
			return usageError{fmt.Sprintf("--advertise is an IP address, not %q", s.Advertise)}
		}
	}
	trunks, err := s.trunks()
	if err != nil {
		return err
	}
	if !loopback(s.SIP) && len(trunks) == 0 && s.Register == "" {
		return usageError{fmt.Sprintf("--sip %s takes calls from the network: name who may send them, as in --trunks 203.0.113.7, or register at a trunk with --register", s.SIP)}
	}
	if err := s.validateOutbound(); err != nil {
		return err
	}
	if err := s.validateTrunk(); err != nil {
		return err
	}
	if s.Demo && s.exposed() && s.TLSCert == "" {
		return usageError{"--demo has published passwords, so it stays on loopback: use --http 127.0.0.1:8080 --sip 127.0.0.1:5060. Other addresses need --tls-cert, --tls-key and changed passwords"}
	}
	for tag := range strings.SplitSeq(s.Translate, ",") {
		if s.Translate != "" && !isLanguage(strings.TrimSpace(tag)) {
			return usageError{fmt.Sprintf("--translate is all, or languages such as es,de, not %q", s.Translate)}
		}
	}
	switch s.BrowserCodec {
	case "opus", "g722", "pcmu", "pcma":
	default:
		return usageError{fmt.Sprintf("--browser-codec is opus, g722, pcmu or pcma, not %q", s.BrowserCodec)}
	}
	if s.Transcriber != "local" && s.Transcriber != "none" {
		return usageError{fmt.Sprintf("--transcriber is local or none, not %q", s.Transcriber)}
	}
	if s.WorkerToken != "" && len(s.WorkerToken) < remote.MinToken {
		return usageError{fmt.Sprintf("--transcriber-token has %d characters and needs %d: leave it out, and one is made", len(s.WorkerToken), remote.MinToken)}
	}
	if s.MaxCalls < 1 || s.RingTime < time.Second || s.SensitiveTime < time.Second || s.Grace < 0 {
		return usageError{"--max-calls is 1 or more, --ring-time and --sensitive-time 1s or more, --grace not below 0"}
	}
	return nil
}

func (s *settings) rtpPorts() (from, to uint16, err error) {
	a, b, ok := strings.Cut(s.RTP, "-")
	x, err1 := strconv.ParseUint(a, 10, 16)
	y, err2 := strconv.ParseUint(b, 10, 16)
	if !ok || err1 != nil || err2 != nil || x < 1024 || y < x+1 {
		return 0, 0, usageError{fmt.Sprintf("--rtp is a range of ports above 1023 such as 20000-20999, not %q", s.RTP)}
	}
	return uint16(x), uint16(y), nil
}

func (s *settings) trunks() ([]netip.Prefix, error) {
	var out []netip.Prefix
	for t := range strings.SplitSeq(s.Trunks, ",") {
		t = strings.TrimSpace(t)
		if t == "" {
			continue
		}
		p, err := netip.ParsePrefix(t)
		if a, err2 := netip.ParseAddr(t); err2 == nil {
			p, err = netip.PrefixFrom(a, a.BitLen()), nil
		}
		if err != nil {
			return nil, usageError{fmt.Sprintf("--trunks lists IP addresses or networks, not %q", t)}
		}
		out = append(out, p)
	}
	return out, nil
}

// exposed tells whether other machines reach the desk or the telephones' port.
func (s *settings) exposed() bool { return !loopback(s.HTTP) || !loopback(s.SIP) }

// loopback tells whether only this machine reaches an address.
func loopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	ip, err2 := netip.ParseAddr(host)
	return err == nil && err2 == nil && ip.IsLoopback()
}
