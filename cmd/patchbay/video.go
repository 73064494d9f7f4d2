package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/pion/rtp"

	"patchbay/acd/video"
	"patchbay/media/record"
	"patchbay/media/webrtc"
)

// videoRooms makes rooms of media/webrtc.
type videoRooms struct{ api *webrtc.API }

var _ video.Rooms = videoRooms{}

func (r videoRooms) NewRoom(log *slog.Logger) video.Room { return videoRoom{r.api.NewRoom(log)} }

type videoRoom struct{ *webrtc.Room }

func (r videoRoom) Join(cfg video.MemberConfig) (video.Member, error) {
	var tap func(webrtc.VideoCodec, *rtp.Header, []byte)
	if film, ok := cfg.Film.(*record.Film); ok {
		tap = func(codec webrtc.VideoCodec, h *rtp.Header, payload []byte) { film.Packet(string(codec), h, payload) }
	}
	m, err := r.Room.Join(webrtc.MemberConfig{
		Send: cfg.Send, OnPacket: tap, OnMessage: cfg.OnMessage, OnStale: cfg.OnStale,
		OnState: func(s webrtc.State) { cfg.OnState(string(s)) },
	})
	if err != nil {
		return nil, err
	}
	return videoMember{m}, nil
}

type videoMember struct{ *webrtc.Member }

func (m videoMember) Stats() video.Stats {
	s := m.Member.Stats()
	return video.Stats{
		Codec: string(s.Codec), RTT: s.RTT, Loss: s.LossOut, Bytes: s.Bytes, Frames: s.Frames, Lost: s.Lost, Total: s.Packets,
	}
}

// videoVoices makes connections for guests' sound of media/webrtc.
type videoVoices struct{ api *webrtc.API }

var _ video.Voices = videoVoices{}

func (v videoVoices) NewVoice(cfg video.VoiceConfig) (video.Voice, error) {
	return v.api.NewPeer(webrtc.PeerConfig{OnState: func(s webrtc.State) { cfg.OnState(string(s)) }, OnSound: cfg.OnSound})
}

// openVideo makes video help. It publishes through the hub, and its links name the desk's address, which is known once the desk
// listens.
func (c *centre) openVideo() error {
	if err := c.openRelay(); err != nil {
		return err
	}
	sessions, err := video.New(video.Config{
		Rooms: videoRooms{c.webrtc}, Voices: videoVoices{c.webrtc}, Films: c.keeper, Centre: func() video.Centre { return c.acd }, Publisher: c.hub, Organisation: c.s.Organisation, Log: c.log,
		Ice: c.iceServers, Mask: func(text string) string { return c.acd.MaskText(text, true) },
		Timeline: func(interaction, typ, actor string, data map[string]any) {
			c.acd.Timeline(interaction, typ, actor, data)
		},
		MayWatch: c.hub.MayWatch,
		Link:     func(token string) string { return c.publicURL() + "/help/" + token },
	})
	c.video = sessions
	return err
}

// openRelay starts TURN, unless it is off.
func (c *centre) openRelay() (err error) {
	if c.s.TURN == "off" {
		return nil
	}
	cfg := webrtc.RelayConfig{Addr: c.s.TURN, TLSAddr: c.s.TURNTLS, Log: c.log}
	if cfg.Addr == "" {
		cfg.Addr = netip.AddrPortFrom(netip.MustParseAddrPort(c.s.HTTP).Addr(), 0).String() // checked by validate
	}
	if c.s.TLSCert != "" {
		cfg.TLS = &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
			pair, err := tls.LoadX509KeyPair(c.s.TLSCert, c.s.TLSKey) // each time: the files are renewed while we run
			return &pair, err
		}}
	}
	if c.relay, err = c.webrtc.NewRelay(cfg); err != nil {
		return fmt.Errorf("%w. Choose another address with --turn, or --turn off", err)
	}
	c.onClose(func() { _ = c.relay.Close() })
	return nil
}

// iceServers gives a participant the relay, with credentials of its own.
func (c *centre) iceServers(participant string) []video.IceServer {
	if c.relay == nil {
		return nil
	}
	host := c.relay.Addr().Addr().String()
	if c.s.Advertise != "" {
		host = c.s.Advertise
	}
	name := host // what a certificate is for
	if u, err := url.Parse(c.s.PublicURL); err == nil && u.Hostname() != "" {
		name = u.Hostname()
	}
	if c.relay.Addr().Addr().IsUnspecified() && c.s.Advertise == "" {
		host = name
	}
	at := net.JoinHostPort(host, strconv.Itoa(int(c.relay.Addr().Port())))
	s := video.IceServer{URLs: []string{"turn:" + at + "?transport=udp", "turn:" + at + "?transport=tcp"}}
	if secure := c.relay.TLSAddr(); secure.IsValid() {
		s.URLs = append(s.URLs, "turns:"+net.JoinHostPort(name, strconv.Itoa(int(secure.Port())))+"?transport=tcp")
	}
	s.Username, s.Credential = c.relay.Credentials(participant)
	return []video.IceServer{s}
}

// publicURL is the address that guests open.
func (c *centre) publicURL() string {
	if c.s.PublicURL != "" {
		return strings.TrimSuffix(c.s.PublicURL, "/")
	}
	scheme := "http"
	if c.s.TLSCert != "" {
		scheme = "https"
	}
	at := netip.MustParseAddrPort(c.web.Addr().String())
	if at.Addr().IsUnspecified() && c.s.Advertise != "" { // every interface: guests need one address
		at = netip.AddrPortFrom(netip.MustParseAddr(c.s.Advertise), at.Port()) // checked by validate
	}
	return scheme + "://" + at.String()
}

// linkWebhook sends links by handing them to the operator's own service for text messages or e-mail.
type linkWebhook struct {
	url    string
	client http.Client
}

func newLinkWebhook(url string) *linkWebhook {
	return &linkWebhook{url: url, client: http.Client{Timeout: 10 * time.Second}}
}

// SendLink posts {"to","link","language","text"}; any 2xx answer is a success.
func (w *linkWebhook) SendLink(ctx context.Context, to, link, language string) error {
	text := "Show us what you see: " + link
	if language == "ja" {
		text = "カメラで見せてください: " + link
	}
	body, err := json.Marshal(map[string]string{"to": to, "link": link, "language": language, "text": text})
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, w.url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := w.client.Do(req)
	if err != nil {
		return fmt.Errorf("the service for messages does not answer")
	}
	defer res.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, 1<<16))
	if res.StatusCode/100 != 2 {
		return fmt.Errorf("the service for messages answered %d", res.StatusCode)
	}
	return nil
}
