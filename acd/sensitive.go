package acd

import (
	"context"
	"regexp"
	"time"
)

// DefaultSensitiveTime is how long a sensitive stretch lasts where nobody ends it.
const DefaultSensitiveTime = 2 * time.Minute

// sensitiveRule stands in Sensitive.By where nobody pressed a button.
const sensitiveRule = "rule"

// SetSensitive begins or ends a stretch in which nothing is kept and nobody listens in: the recorder, the transcript and
// the supervisors who listen or whisper hear nothing of it (scene.kept, scene.hears), and the keys that are pressed are not
// shown. The time axis goes on. It ends by itself after Config.SensitiveTime.
func (c *Center) SetSensitive(ctx context.Context, agentID, interactionID string, on bool) error {
	return c.withTalk(ctx, agentID, interactionID, func(p *party) error {
		if on {
			c.startSensitive(p.in, agentID)
		} else {
			c.endSensitive(p.in, agentID)
		}
		return nil
	})
}

// startSensitive begins the stretch in a call that goes on; where one goes on already, that one stays.
func (c *Center) startSensitive(in *interaction, by string) {
	if in.sensitive != nil || in.rec.EndedAt != nil || in.sound == nil {
		return
	}
	until := time.Now().Add(c.cfg.SensitiveTime)
	in.sensitive = &Sensitive{Since: time.Now(), Until: &until, By: by}
	c.event(in, "sensitive_started", by, map[string]any{"at_ms": in.sound.now()})
	in.sensitiveTimer = time.AfterFunc(c.cfg.SensitiveTime, func() {
		c.post(func() { c.endSensitive(in, "system") })
	})
	c.sensitiveChanged(in)
}

func (c *Center) endSensitive(in *interaction, by string) {
	if in.sensitive == nil {
		return
	}
	in.sensitiveTimer.Stop()
	in.sensitive = nil
	c.event(in, "sensitive_ended", by, map[string]any{"at_ms": in.sound.now()})
	c.sensitiveChanged(in)
}

func (c *Center) sensitiveChanged(in *interaction) {
	if in.rec.EndedAt != nil {
		return
	}
	c.rehear(in)
	c.publish(in)
	c.touchBoard()
}

// secrets are the sentences with which our side asks for a number that must not be kept. They ask: "your order is paid by
// card" begins nothing.
var secrets = []*regexp.Regexp{
	regexp.MustCompile(`(?i)\b(can|could|may|might|would|will|please|what|what's|give|tell|read|enter|say|need|take|have|spell|key in|type)\b[^.?!]{0,60}\b((credit|debit|bank|payment|long|full)[ -]){0,2}(card|long|security|verification|cvv|cvc)( card)?[ -](number|numbers|code|details)\b`),
	regexp.MustCompile(`(?i)\b(can|could|may|please|what|what's|give|tell|read|need|have)\b[^.?!]{0,60}\b(cvv|cvc|iban|pin number|social security number|passport number|three digits on the back)\b`),
	regexp.MustCompile(`(カード番号|カードの番号|セキュリティ ?ー?コード|暗証番号|口座番号|マイナンバー|パスポート番号)[^。？！]{0,20}(お願い|教え|伺|うかが|頂|いただ|おっしゃ|仰|お聞|読み上げ|入力|お知らせ|どうぞ|何番|ください|下さい)`),
}

// asksForSecret says whether a sentence asks for such a number.
func asksForSecret(text string) bool {
	for _, r := range secrets {
		if r.MatchString(text) {
			return true
		}
	}
	return false
}
