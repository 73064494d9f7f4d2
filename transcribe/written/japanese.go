package written

import (
	"regexp"
	"strconv"
	"strings"
	"unicode"
)

var (
	kanjiDigits = map[rune]int64{'〇': 0, '零': 0, '一': 1, '二': 2, '三': 3, '四': 4, '五': 5, '六': 6, '七': 7, '八': 8, '九': 9}
	kanjiUnits  = map[rune]int64{'十': 10, '百': 100, '千': 1000}
	kanjiScales = map[rune]int64{'万': 10_000, '億': 100_000_000}
)

// counters follow a number and make figures of it, longest first: 三月 is 3月, but 三つ stays.
var counters = []string{"パーセント", "センチメートル", "キロメートル", "メートル", "キログラム", "グラム", "センチ", "キロ", "ドル", "ユーロ", "ポンド",
	"時間", "分間", "秒間", "日間", "週間", "か月", "ヶ月", "ケ月", "カ月", "ヵ月", "箇月", "年間", "年度", "年", "月", "日", "時", "分", "秒", "円",
	"名", "人", "泊", "個", "枚", "本", "台", "回", "階", "番", "号", "桁", "歳", "才", "度", "割", "便", "件", "冊", "杯", "匹", "室", "部屋", "％", "%"}

// fixed are words that begin with a number and mean something else.
var fixed = []string{"一人ひとり", "一人一人", "一人暮らし", "一日中", "一番", "一度", "一時的", "一時保", "一時停", "一部", "一本化", "一回り", "一台目", "一分一秒",
	"二度と", "二人三脚", "三日坊主", "四日市", "五十嵐", "八日市", "十日町", "十人十色", "十分", "百人一首", "千円札", "万が一", "万年", "七五三", "一年中", "一個人", "三脚", "四国", "九州", "一円", "一名"}

// japanese writes Japanese: figures with thousands' commas for amounts, figures before counters, telephone numbers with
// hyphens, addresses joined.
func japanese(text string) string {
	out := narrow(text)
	out = japaneseAddress(out)
	out = halves.ReplaceAllString(monthMarks.ReplaceAllString(out, "${1}か月"), "午$1$2")
	return percents.ReplaceAllString(figures(out), "$1%")
}

// narrow writes full-width figures and Latin letters in half width.
func narrow(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '０' && r <= '９' || r >= 'Ａ' && r <= 'Ｚ' || r >= 'ａ' && r <= 'ｚ' || r == '＠' {
			return r - '！' + '!'
		}
		return r
	}, s)
}

var (
	percents = regexp.MustCompile(`([0-9]) ?(?:パーセント|％)`)
	// The recogniser writes 午 of 午前 and 午後 as the five that sounds like it, and the counter of months in many ways.
	halves     = regexp.MustCompile(`[5五]([前後])([0-9一二三四五六七八九十]+時)`)
	monthMarks = regexp.MustCompile(`([0-9一二三四五六七八九十])(?:ヶ|ケ|カ|ヵ|箇)月`)
	saidAt     = regexp.MustCompile(`([A-Za-z0-9._+-])[ 、]*(?:アットマーク|アット)[ 、]*([A-Za-z0-9])`)
	saidDot    = regexp.MustCompile(`([A-Za-z0-9])[ 、]*(?:ドット|どっと|点)[ 、]*([A-Za-z])`)
	saidHyphen = regexp.MustCompile(`([A-Za-z0-9])[ 、]*(?:ハイフン)[ 、]*([A-Za-z0-9])`)
	mailbox    = regexp.MustCompile(`[A-Za-z0-9._+-]+@[A-Za-z0-9.-]+`)
)

func japaneseAddress(s string) string {
	s = saidHyphen.ReplaceAllString(s, "$1-$2")
	if !saidAt.MatchString(s) && !saidDot.MatchString(s) {
		return s
	}
	s = saidAt.ReplaceAllString(s, "$1@$2")
	s = saidDot.ReplaceAllString(s, "$1.$2")
	return mailbox.ReplaceAllStringFunc(s, strings.ToLower)
}

// figures writes the numbers of a text.
func figures(text string) string {
	var b strings.Builder
	r := []rune(text)
	var before rune
	for i := 0; i < len(r); {
		if n := fixedAt(r, i); n > 0 {
			b.WriteString(string(r[i : i+n]))
			i, before = i+n, r[i+n-1]
			continue
		}
		if s, n := numberAt(r, i, before); n > 0 {
			b.WriteString(s)
			i, before = i+n, r[i+n-1]
			continue
		}
		b.WriteRune(r[i])
		before = r[i]
		i++
	}
	return b.String()
}

func fixedAt(r []rune, i int) int {
	if !isNumeric(r[i]) {
		return 0
	}
	for _, w := range fixed {
		if hasPrefix(r[i:], w) {
			if w == "一名" || w == "一円" || w == "十分" && i > 0 && (r[i-1] == '時' || isNumeric(r[i-1])) {
				continue
			}
			return len([]rune(w))
		}
	}
	return 0
}

func hasPrefix(r []rune, s string) bool {
	w := []rune(s)
	if len(r) < len(w) {
		return false
	}
	for i, c := range w {
		if r[i] != c {
			return false
		}
	}
	return true
}

func isNumeric(r rune) bool {
	_, digit := kanjiDigits[r]
	_, unit := kanjiUnits[r]
	_, scale := kanjiScales[r]
	return digit || unit || scale || r >= '0' && r <= '9'
}

// numberAt writes the number at i, behind the rune before.
func numberAt(r []rune, i int, before rune) (string, int) {
	if !isNumeric(r[i]) || before >= '0' && before <= '9' || before == '.' || before == ',' || before == '-' {
		return "", 0
	}
	if s, n := digitsAt(r, i); n > 0 {
		return s, n
	}
	v, n, kanji, ok := valueAt(r, i)
	if !ok { // 二三日: leave all of it
		for i+n < len(r) && isNumeric(r[i+n]) {
			n++
		}
		return string(r[i : i+n]), n
	}
	unit := ""
	for _, c := range counters {
		if hasPrefix(r[i+n:], c) {
			unit = c
			break
		}
	}
	switch {
	case unit == "円":
		return grouped(v, true), n
	case !kanji:
		return "", 0 // figures stand already; only amounts get their commas
	case unit == "時" && v == 1 && !hasPrefix(r[i+n+1:], "半") && !ofDay(r, i):
		return "", 0
	case unit != "" && (v > 0 || unit == "時"):
		return strconv.FormatInt(v, 10), n
	case n >= 3 && v >= 100: // 三百二十 without a counter
		return grouped(v, false), n
	}
	return "", 0
}

// ofDay reports whether the hour at i is said to be one: 午前 or 午後 before it, or から, まで, に behind.
func ofDay(r []rune, i int) bool {
	if i >= 2 && r[i-2] == '午' {
		return true
	}
	for _, s := range []string{"から", "まで", "に", "ごろ", "頃", "です"} {
		if i+2 <= len(r) && hasPrefix(r[i+2:], s) {
			return true
		}
	}
	return false
}

// digitsAt writes three digits or more that were said one by one: 四七二九一八三五, and 〇九〇、一二三四、五六七八 as a
// telephone number.
func digitsAt(r []rune, i int) (string, int) {
	var groups []string
	n, kanji, total := 0, false, 0
	for i+n < len(r) && n < maxRun {
		var b strings.Builder
		k := 0
		for i+n+k < len(r) && k < maxRun {
			c := r[i+n+k]
			if v, ok := kanjiDigits[c]; ok {
				b.WriteByte(byte('0' + v))
				kanji = true
			} else if c >= '0' && c <= '9' {
				b.WriteRune(c)
			} else {
				break
			}
			k++
		}
		if k == 0 {
			break
		}
		groups = append(groups, b.String())
		n, total = n+k, total+k
		if i+n >= len(r) || !(r[i+n] == '、' || r[i+n] == 'の' || r[i+n] == '-' || r[i+n] == ' ') || i+n+1 >= len(r) || !isDigitRune(r[i+n+1]) {
			break
		}
		n++
	}
	if total == 0 {
		return "", 0
	}
	if i+n < len(r) && (kanjiUnits[r[i+n]] > 0 || kanjiScales[r[i+n]] > 0 || r[i+n] == '円' || r[i+n] == ',' || r[i+n] == '.') {
		return "", 0
	}
	if len(groups) > 1 {
		if groups[0][0] == '0' && (total == 10 || total == 11) || total >= 8 && len(groups) <= 4 && total/len(groups) >= 3 {
			if text := strings.Join(groups, "-"); text != string(r[i:i+n]) {
				return text, n
			}
			return "", 0
		}
		// Not a telephone number: take the first group alone.
		n = len([]rune(groups[0]))
		kanji = !isDigits(string(r[i : i+n]))
		groups = groups[:1]
	}
	digits := groups[0]
	switch {
	case digits[0] == '0' && (len(digits) == 11 || len(digits) == 10):
		return group(digits, groups, false, true, false), n
	case kanji && len(digits) >= 3:
		return digits, n
	}
	return "", 0
}

func isDigitRune(r rune) bool {
	_, ok := kanjiDigits[r]
	return ok || r >= '0' && r <= '9'
}

// valueAt reads a number at i: 二万四千八百, 2万4800, 十四, 24800, 1,200.
func valueAt(r []rune, i int) (value int64, n int, kanji, ok bool) {
	var total, section, digit int64
	some, hasDigit := false, false
	for i+n < len(r) {
		c := r[i+n]
		switch {
		case kanjiScales[c] > 0:
			section += digit
			if !some || section == 0 || total != 0 && total < kanjiScales[c]*10 && total%(kanjiScales[c]*10) != 0 {
				return 0, 0, false, false
			}
			total += section * kanjiScales[c]
			section, digit, hasDigit, kanji = 0, 0, false, true
		case kanjiUnits[c] > 0:
			if !hasDigit {
				digit = 1
			}
			section += digit * kanjiUnits[c]
			digit, hasDigit, kanji = 0, false, true
		case c >= '0' && c <= '9':
			digit, hasDigit = digit*10+int64(c-'0'), true
		case c == ',' && hasDigit && i+n+3 < len(r) && unicode.IsDigit(r[i+n+1]) && unicode.IsDigit(r[i+n+2]) && unicode.IsDigit(r[i+n+3]):
		case isDigitRune(c):
			if hasDigit {
				return 0, 0, false, false // 二三日
			}
			digit, hasDigit, kanji = kanjiDigits[c], true, true
		default:
			return total + section + digit, n, kanji, some
		}
		some = true
		n++
		if total > 1_000_000_000_000 || digit > 1_000_000_000_000 {
			return 0, 0, false, false
		}
	}
	return total + section + digit, n, kanji, some
}
