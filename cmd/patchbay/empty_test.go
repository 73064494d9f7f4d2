package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/cookiejar"
	"regexp"
	"testing"
	"time"
)

// TestEmptyCentre: a start that fails keeps no secret; the next prints the administrator's password, who then fills the
// centre so that it takes calls, without a restart.
func TestEmptyCentre(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	desk := fmt.Sprintf("127.0.0.1:%d", freePort(t))
	args := []string{"serve", "--http", desk, "--data-dir", dataDir(t), "--rtp", "29600-29699", "--grace", "1s", "--sip"}
	if err := patchbay(t, append(args, taken.Addr().String())...).ends(60 * time.Second); err == nil {
		t.Fatal("served on a taken port")
	}
	number := "+12025550111"
	phone := fmt.Sprintf("127.0.0.1:%d", freePort(t))
	server := patchbay(t, append(args, phone)...)
	server.await("admin, password ", 60*time.Second)
	password := regexp.MustCompile(`admin, password (\S+)`).FindStringSubmatch(server.out.String())[1]

	jar, _ := cookiejar.New(nil)
	client := &http.Client{Jar: jar, Timeout: 10 * time.Second}
	post := func(path string, body map[string]any, want int) {
		t.Helper()
		raw, _ := json.Marshal(body)
		res, err := client.Post("http://"+desk+"/api/v1/"+path, "application/json", bytes.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		if res.StatusCode != want {
			t.Fatalf("POST %s: %s", path, res.Status)
		}
	}
	post("login", map[string]any{"user": "admin", "password": password}, 200)
	if err := patchbay(t, "dial", "sip:"+number+"@"+phone).ends(20 * time.Second); err == nil {
		t.Error("a number of no queue is answered")
	}
	post("queues", map[string]any{"name": "Help", "numbers": []string{number}}, 201)
	post("users", map[string]any{"id": "dora", "name": "Dora Klein", "role": "agent", "queues": []string{"Help"}, "password": password}, 201)
	agent := patchbay(t, "agent", "--url", "http://"+desk, "--user", "dora", "--password", password, "--auto-answer", "--json")
	agent.await(`"presence":"available"`, 20*time.Second)
	call := patchbay(t, "dial", "sip:"+number+"@"+phone, "--duration", "2s")
	agent.await(`"event":"answered"`, 20*time.Second)
	if err := call.ends(20 * time.Second); err != nil {
		t.Error(err)
	}
}
