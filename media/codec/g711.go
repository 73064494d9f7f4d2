package codec

import "patchbay/media"

type g711Encoder struct{ c Codec }

func newG711Encoder(c Codec) *g711Encoder { return &g711Encoder{c} }

func (e *g711Encoder) Encode(f *media.Frame, out []byte) (int, error) { return 0, ErrBuffer }

type g711Decoder struct{ c Codec }

func newG711Decoder(c Codec) *g711Decoder { return &g711Decoder{c} }

func (d *g711Decoder) Decode(payload []byte, out []int16) (int, error) { return 0, ErrPayload }
func (d *g711Decoder) Conceal(out []int16)                             { clear(out) }
func (d *g711Decoder) Reset()                                          {}

type g722Encoder struct{ g711Encoder }

func newG722Encoder() *g722Encoder { return &g722Encoder{} }

type g722Decoder struct{ g711Decoder }

func newG722Decoder() *g722Decoder { return &g722Decoder{} }
