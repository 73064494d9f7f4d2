// The desk's browsers for the tests of cmd/patchbay, driven by JSON lines (steps.mjs).
// usage: node driver.mjs FILE.wav [LOCALE [THEME]]: one desk whose microphone speaks the file again and again
//        node driver.mjs: none yet; {"op":"desk","as":NAME,"hz":TONE} opens one, and what is asked "as" a name is for that one
import { record } from "./ear.mjs";
import { launch, serve, Tab } from "./steps.mjs";

// A microphone that hums. Chromium plays one file to all of its contexts, so where several people share a browser process (three
// processes are too much for a small machine) each context's getUserMedia is replaced by an oscillator. Everything behind the
// track is the browser's own: the sender, the encoder, the packets, the jitter buffer.
const hum = (hz) => {
  navigator.mediaDevices.getUserMedia = async () => {
    const context = new AudioContext({ sampleRate: 48000, latencyHint: "playback" });
    const tone = new OscillatorNode(context, { frequency: hz });
    const level = new GainNode(context, { gain: 0.35 }); // −12 dBFS
    const out = new MediaStreamAudioDestinationNode(context, { channelCount: 1 });
    tone.connect(level).connect(out);
    tone.start();
    const [track] = out.stream.getAudioTracks();
    const stop = track.stop.bind(track);
    track.stop = () => {
      stop();
      void context.close();
    };
    return out.stream;
  };
};

class Desk extends Tab {
  steps = {
    ...this.steps,
    // Where sound is measured the browser must leave it as it is: noise suppression takes a steady tone for noise.
    leaveSoundAlone: async () => {
      await this.context.addInitScript(() =>
        localStorage.setItem("patchbay.devices", JSON.stringify({ clean: false, loudspeaker: false })),
      );
    },
    waitText: async (o) => {
      await this.all(o)
        .filter({ hasText: o.text })
        .first()
        .waitFor({ timeout: o.timeout ?? 15000 });
      return Date.now();
    },
    // The first button of that name in the row of a table that holds a text.
    clickInRow: async ({ table, text, name }) => {
      await this.page
        .getByRole("table", { name: table, exact: true })
        .getByRole("row")
        .filter({ hasText: text })
        .getByRole("button", { name, exact: true })
        .click({ timeout: 10000 });
    },
    choose: async ({ name }) => {
      await this.page.getByRole("radio", { name: new RegExp(`^${name}`) }).check({ timeout: 10000 });
    },
    focused: async () => this.page.evaluate(() => document.activeElement?.textContent ?? ""),
    listen: async ({ seconds, again }) => this.page.evaluate(record, { seconds, again }),
    // Clicks the first word of the longest line that somebody said, to hear it again.
    clickWord: async ({ speaker }) => {
      const lines = this.page.locator(`.log .line.${speaker}:has(.word)`);
      await lines.first().waitFor({ timeout: 20000 });
      const words = await lines.evaluateAll((all) => all.map((line) => line.querySelectorAll(".word").length));
      await lines.nth(words.indexOf(Math.max(...words))).locator(".word").first().click();
    },
    // Waits until the remote sound is louder than silence, and gives the moment, in milliseconds since 1970. With tones: until those
    // to be heard are there and the others are gone; with silent, until there is nothing.
    heard: async ({ tones, not = [], silent = false, timeout = 10000 }) =>
      this.page.evaluate(
        async ({ tones, not, silent, timeout }) => {
          const end = Date.now() + timeout;
          const ctx = new AudioContext();
          let stream;
          const analyser = new AnalyserNode(ctx, { fftSize: tones ? 4096 : 1024, smoothingTimeConstant: 0 });
          const wave = new Float32Array(analyser.fftSize);
          const levels = new Float32Array(analyser.frequencyBinCount);
          const rms = () => {
            analyser.getFloatTimeDomainData(wave);
            return Math.sqrt(wave.reduce((s, x) => s + x * x, 0) / wave.length);
          };
          const level = (hz) => levels[Math.round((hz * analyser.fftSize) / ctx.sampleRate)];
          const reached = () => {
            if (silent) return rms() < 0.0004; // −65 dBFS: comfort noise is below
            if (!tones) return rms() > 0.005;
            analyser.getFloatFrequencyData(levels);
            return tones.every((hz) => level(hz) > -50) && not.every((hz) => level(hz) < -65);
          };
          try {
            while (Date.now() < end) {
              const audio = [...document.querySelectorAll("audio")].find((a) => a.srcObject);
              if (audio && audio.srcObject !== stream) {
                stream = audio.srcObject;
                ctx.createMediaStreamSource(stream).connect(analyser);
                await new Promise((done) => setTimeout(done, 100)); // the window is full
              }
              if (stream && reached()) return Date.now();
              await new Promise((done) => setTimeout(done, tones ? 20 : 5));
            }
          } finally {
            await ctx.close();
          }
          const heard = [...(tones ?? []), ...not].map((hz) => `${hz} Hz at ${level(hz)?.toFixed(0)} dB`).join(", ");
          throw new Error(tones ? `it does not come to that: ${heard}` : "nothing was heard");
        },
        { tones, not, silent, timeout },
      ),
    // Waits until the page plays something that it loaded, as the review does, and gives how far it is, in seconds.
    plays: async ({ past = 0.5, timeout = 10000 }) => {
      const handle = await this.page.waitForFunction(
        (past) => [...document.querySelectorAll("audio[src]")].find((a) => !a.paused && a.currentTime > past)?.currentTime,
        past,
        { timeout },
      );
      return handle.jsonValue();
    },
    // For make bench: an ear on the remote sound that is there before the click, fine to some 5 ms.
    benchEar: async () => {
      await this.page.evaluate(async () => {
        const end = Date.now() + 10000;
        let audio;
        do {
          audio = [...document.querySelectorAll("audio")].find((a) => a.srcObject);
          if (Date.now() > end) throw new Error("the page plays no remote sound");
          await new Promise((done) => setTimeout(done, 5));
        } while (!audio);
        const ctx = new AudioContext();
        const analyser = ctx.createAnalyser();
        analyser.fftSize = 256;
        ctx.createMediaStreamSource(audio.srcObject).connect(analyser);
        await ctx.resume();
        const data = new Float32Array(256);
        const loud = () => {
          analyser.getFloatTimeDomainData(data);
          return Math.sqrt(data.reduce((s, x) => s + x * x, 0) / data.length) > 0.005;
        };
        window.benchHeard = async (since, timeout) => {
          for (const end = Date.now() + timeout; Date.now() < end; ) {
            if (Date.now() > since && loud()) return Date.now();
            await new Promise((done) => setTimeout(done, 2));
          }
          throw new Error("nothing was heard");
        };
      });
    },
    // Clicks Answer and gives the moments of the click and of the first sound behind it.
    answerTimed: async ({ timeout = 10000 }) => {
      await this.page.evaluate((timeout) => {
        window.benchAnswer = new Promise((done, failed) => {
          const onClick = (e) => {
            const clicked = performance.timeOrigin + e.timeStamp;
            window.benchHeard(clicked, timeout).then((heard) => done({ clicked, heard }), failed);
          };
          document.addEventListener("click", onClick, { capture: true, once: true });
        });
        window.benchAnswer.catch(() => {});
      }, timeout);
      await this.page.getByRole("button", { name: "Answer", exact: true }).first().click();
      return this.page.evaluate(() => window.benchAnswer);
    },
    // Reloads and gives the moments at which that began, the old page was gone, and sound was heard again.
    reloadTimed: async () => {
      const began = Date.now();
      await this.page.reload({ waitUntil: "commit" });
      const committed = Date.now();
      const heard = await this.steps.heard({ timeout: 15000 });
      await this.steps.benchEar();
      return { began, committed, heard };
    },
    // Waits in the page, from now on, for text in a region to be painted; `armed` gives the moment.
    armText: async ({ label, text, timeout = 15000 }) => {
      await this.page.evaluate(
        ({ label, text, timeout }) => {
          const shows = () =>
            document.querySelector(`section[aria-label="${label}"]`)?.textContent?.includes(text) ?? false;
          if (shows()) throw new Error(`${text} is there already`);
          window.benchArmed = new Promise((done, failed) => {
            const observer = new MutationObserver(() => {
              if (!shows()) return;
              observer.disconnect();
              // A task behind the next frame: the frame that shows it has been handed over for painting.
              requestAnimationFrame(() => setTimeout(() => done({ at: performance.timeOrigin + performance.now() })));
            });
            observer.observe(document.body, { childList: true, subtree: true, characterData: true });
            setTimeout(() => failed(new Error(`${text} is not shown`)), timeout);
          });
          window.benchArmed.catch(() => {});
        },
        { label, text, timeout },
      );
    },
    armed: async () => this.page.evaluate(() => window.benchArmed),
    gone: async ({ label, text, timeout = 10000 }) => {
      await this.page.waitForFunction(
        ({ label, text }) => !document.querySelector(`section[aria-label="${label}"]`)?.textContent?.includes(text),
        { label, text },
        { timeout },
      );
    },
    // Ends the tab without a goodbye, as a crash does.
    closeTab: async () => {
      await this.page.close({ runBeforeUnload: false });
    },
    // Opens another tab in the place of one that has ended.
    openTab: async ({ url }) => {
      await this.open();
      await this.page.goto(url);
    },
    // The same in one: the old tab ends when the other is there.
    killTab: async ({ url }) => {
      const old = this.page;
      await this.open();
      await old.close({ runBeforeUnload: false });
      await this.page.goto(url);
    },
  };
}

const [wav, firstLocale, firstTheme] = process.argv.slice(2);
const flags = wav
  ? [`--use-file-for-fake-audio-capture=${wav}`]
  : [
      // Of several pages one is in front; the others are in use too.
      "--disable-background-timer-throttling",
      "--disable-renderer-backgrounding",
      "--disable-backgrounding-occluded-windows",
    ];
const browser = await launch(["--use-fake-ui-for-media-stream", ...flags]);
const desks = new Map();

async function open({ as, hz, locale = "en-US", theme = "light" }) {
  const context = await browser.newContext({
    viewport: { width: 1440, height: 900 },
    colorScheme: theme,
    locale,
    permissions: ["microphone"],
  });
  if (hz) await context.addInitScript(hum, hz);
  desks.set(as, await Desk.in(context));
}

if (wav) await open({ as: "", locale: firstLocale, theme: firstTheme });
await serve(browser, ({ op, as = "" }) => (op === "desk" ? open : desks.get(as)?.steps[op]));
