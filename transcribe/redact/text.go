package redact

// Text masks what somebody typed. While they still type, whole is false: digits at the end that may become a card number
// are masked then too. kinds are what was masked for good.
func Text(text string, rules []Rule, whole bool) (out string, kinds []Kind) {
	return maskTyped(text, rules, nil, whole)
}

func maskTyped(text string, rules []Rule, own []Pattern, whole bool) (out string, kinds []Kind) {
	f := fold(text)
	all := append(append([]Rule{}, builtin...), rules...)
	var spans []span
	var grows *ending
	if !whole {
		grows = new(ending)
	}
	hits := merged(append(judge(f, cuesIn(f, all), manner{typed: true, settled: whole}), fits(own, f, grows)...))
	for _, x := range hits {
		from, to := f.bytes(x.i, x.j)
		spans = append(spans, span{from, to, x.kind, x.open})
		if !x.open {
			kinds = append(kinds, x.kind)
		}
	}
	return masked(text, spans), kinds
}
