package redact

// Kind says what was masked. There are no other values than these constants.
type Kind string

// The kinds.
const (
	Card Kind = "card"
	Code Kind = "security_code"
	Bank Kind = "bank"
	ID   Kind = "id"

	Custom Kind = "pattern" // fits a Pattern of the centre
)

// Rule masks runs of digits for some time after a cue, whoever says the cue: the agent asks, the customer answers.
type Rule struct {
	Kind Kind `json:"kind"`
	// Cues are phrases in plain lower case, hyphens as spaces. Latin ones stand at word boundaries.
	Cues []string `json:"cues"`
	// Min and Max are how many digits a run has, fillers apart. A run that is still growing is masked from its first digit.
	Min     int   `json:"min"`
	Max     int   `json:"max"`
	HoldsMS int64 `json:"holds_ms"` // how long the cue counts, from the end of its line
}

// Builtin gives the rules that are always there.
func Builtin() []Rule { return append([]Rule{}, builtin...) }

// builtin are the rules that are always there. Card numbers and IBANs are also masked without a cue.
var builtin = []Rule{
	{Card, []string{
		"card", "cards", "card's", "visa", "mastercard", "master card", "amex", "american express", "jcb", "diners club", "unionpay",
		"long number", "sixteen digit", "16 digit", "カード", "ビザ", "マスターカード",
	}, 4, 40, 45_000},
	{Code, []string{
		"security code", "security number", "verification code", "verification number", "cvv", "cvc", "c v v", "c v c", "cvv2", "cid",
		"on the back", "three digits", "3 digits", "four digits on the front", "pin", "pin number", "passcode", "one time code",
		"セキュリティコード", "セキュリティーコード", "セキュリティ番号", "暗証番号", "裏面", "3桁", "三桁", "認証コード", "ワンタイム",
	}, 3, 8, 25_000},
	{Bank, []string{
		"iban", "account number", "bank account", "sort code", "routing number", "aba number", "branch number",
		"口座番号", "口座", "支店番号", "店番号", "普通預金",
	}, 4, 34, 40_000},
	{ID, []string{
		"social security", "social insurance", "ssn", "national insurance", "passport", "driver's license", "drivers license", "driver's licence",
		"driving licence", "driving license", "identity number", "identity card number", "id number", "tax number", "tax id", "taxpayer", "my number card",
		"マイナンバー", "個人番号", "パスポート", "旅券", "免許証", "保険証",
	}, 4, 20, 30_000},
}

// others are words that say what a number is when it is none of ours. Just before the digits they outweigh a cue.
var others = []string{
	"order", "booking", "reservation", "reference", "confirmation", "case", "ticket", "flight", "room", "invoice", "phone", "telephone", "mobile", "cell",
	"fax", "extension", "zip", "zip code", "postcode", "postal code", "tracking", "order's", "member", "membership", "voucher",
	"last four", "last 4", "ends in", "ending in", "ends with",
	"予約", "注文", "電話", "携帯", "便名", "郵便", "問い合わせ番号", "会員", "下4桁", "下四桁", "末尾",
}

const (
	otherReach = 24 // runes between such a word and the digits
	sureDigits = 12 // said digits in a row that count as a card number, right or not, where nothing says otherwise
	ownDigits  = 9  // said digits of one line that are a number of their own, up to sureDigits
	openDigits = 4  // said digits at the end of a line that may be the beginning of a card number
	heldDigits = 5  // digits of a partial that wait for the final line
	minCard    = 13 // ISO/IEC 7812
	maxCard    = 19
	maxPhone   = 15 // E.164
)
