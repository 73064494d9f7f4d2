package redact

import "strings"

var (
	ones = map[string]string{
		"zero": "0", "nought": "0", "naught": "0", "nil": "0", "one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6",
		"seven": "7", "eight": "8", "nine": "9", "niner": "9", "ten": "10", "eleven": "11", "twelve": "12", "thirteen": "13", "fourteen": "14",
		"fifteen": "15", "sixteen": "16", "seventeen": "17", "eighteen": "18", "nineteen": "19",
	}
	tens = map[string]string{
		"twenty": "20", "thirty": "30", "forty": "40", "fourty": "40", "fifty": "50", "sixty": "60", "seventy": "70", "eighty": "80", "ninety": "90",
	}
	repeats = map[string]int{"double": 2, "triple": 3, "treble": 3, "quadruple": 4}

	// fillers may stand between the digits of one number. Some are digits misheard: for, to, ate.
	fillers = set("and then um uh er erm ah hm hmm mm mhm dash hyphen space slash dot point is it's its that's so okay ok right yes yeah " +
		"yep next for to too two's the a of ate won sorry i mean followed by again well like sir ma'am please let me see wait")

	kanaDigits = map[string]string{
		"ぜろ": "0", "れい": "0", "まる": "0", "いち": "1", "に": "2", "さん": "3", "よん": "4", "し": "4", "ご": "5", "ろく": "6",
		"なな": "7", "しち": "7", "はち": "8", "きゅう": "9", "きゅ": "9", "く": "9",
	}
	kanaFillers = set("の と えっと ええと えと えー えぇ あの あのー はい それから つぎ 次 次が 次は そして まあ うーん うん ん ええ あと です で")

	// units behind a number say that it counts something.
	units = set("dollar dollars euro euros pound pounds yen cent cents pence percent people persons nights night days day weeks week months month " +
		"years year hours hour minutes minute am pm oclock o'clock kilometers miles degrees points times th st nd rd thousand million billion")
	unitRunes = "円%ドルユ名泊時分秒月日年人個歳階万億回便号"
)

func set(words string) map[string]bool {
	m := make(map[string]bool)
	for w := range strings.FieldsSeq(words) {
		m[w] = true
	}
	return m
}
