// A browser for the tests of cmd/patchbay: Chromium with a microphone that speaks a WAV file, driven by JSON lines.
// Each line on stdin is {"id":N,"op":NAME,…}; each answer on stdout is {"id":N,"result":…} or {"id":N,"error":TEXT}.
import { createInterface } from "node:readline";
import { chromium } from "playwright-core";

const [wav, locale = "en-US", theme = "light"] = process.argv.slice(2);
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  headless: true,
  ignoreDefaultArgs: ["--mute-audio"],
  args: [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    `--use-file-for-fake-audio-capture=${wav}`,
    "--autoplay-policy=no-user-gesture-required",
  ],
});
const context = await browser.newContext({
  viewport: { width: 1440, height: 900 },
  colorScheme: theme,
  locale,
  permissions: ["microphone"],
});
let page = await context.newPage();

// The page's own troubles are the test's: they are printed where the test shows them on failure.
const watch = (p) => {
  p.on("pageerror", (e) => console.error("page error:", e.message));
  p.on("console", (m) => m.type() === "error" && console.error("console:", m.text()));
};
watch(page);

const find = ({ role, name }) => page.getByRole(role, { name, exact: true });

// Records what the page's audio elements play, as WebM with Opus, and gives it in base64.
const listen = (seconds) =>
  page.evaluate(async (seconds) => {
    const audio = [...document.querySelectorAll("audio")].find((a) => a.srcObject);
    if (!audio) throw new Error("the page plays no remote sound");
    const recorder = new MediaRecorder(audio.srcObject, { audioBitsPerSecond: 64000 });
    const parts = [];
    recorder.ondataavailable = (e) => parts.push(e.data);
    const stopped = new Promise((done) => {
      recorder.onstop = done;
    });
    recorder.start();
    await new Promise((done) => setTimeout(done, seconds * 1000));
    recorder.stop();
    await stopped;
    const bytes = new Uint8Array(await new Blob(parts).arrayBuffer());
    let text = "";
    for (const b of bytes) text += String.fromCharCode(b);
    return btoa(text);
  }, seconds);

const ops = {
  // Where sound is measured the browser must leave it as it is: noise suppression takes a steady tone for noise.
  leaveSoundAlone: async () => {
    await context.addInitScript(() =>
      localStorage.setItem("patchbay.devices", JSON.stringify({ clean: false, loudspeaker: false })),
    );
  },
  goto: async ({ url }) => {
    await page.goto(url);
  },
  signIn: async ({ user, password }) => {
    await page.getByRole("textbox", { name: "User", exact: true }).fill(user);
    await page.getByRole("textbox", { name: "Password", exact: true }).fill(password);
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
  },
  click: async (o) => {
    await find(o).first().click({ timeout: o.timeout ?? 10000 });
  },
  fill: async (o) => {
    await find(o).first().fill(o.text);
  },
  press: async ({ keys }) => {
    await page.keyboard.press(keys);
  },
  wait: async (o) => {
    await find(o)
      .first()
      .waitFor({ state: o.state ?? "visible", timeout: o.timeout ?? 15000 });
    return Date.now();
  },
  waitText: async (o) => {
    await find(o)
      .filter({ hasText: o.text })
      .first()
      .waitFor({ timeout: o.timeout ?? 15000 });
    return Date.now();
  },
  // The first button of that name in the row of a table that holds a text.
  clickInRow: async ({ table, text, name }) => {
    await page
      .getByRole("table", { name: table, exact: true })
      .getByRole("row")
      .filter({ hasText: text })
      .getByRole("button", { name, exact: true })
      .click({ timeout: 10000 });
  },
  choose: async ({ name }) => {
    await page.getByRole("radio", { name: new RegExp(`^${name}`) }).check({ timeout: 10000 });
  },
  text: async (o) => find(o).first().innerText({ timeout: 5000 }),
  count: async (o) => find(o).count(),
  focused: async () => page.evaluate(() => document.activeElement?.textContent ?? ""),
  listen: async ({ seconds }) => listen(seconds),
  // Waits until the remote sound is louder than silence and gives the moment, in milliseconds since 1970.
  heard: async ({ timeout = 10000 }) =>
    page.evaluate(async (timeout) => {
      const end = Date.now() + timeout;
      const ctx = new AudioContext();
      let stream;
      let analyser;
      const data = new Float32Array(1024);
      while (Date.now() < end) {
        const audio = [...document.querySelectorAll("audio")].find((a) => a.srcObject);
        if (audio && audio.srcObject !== stream) {
          stream = audio.srcObject;
          analyser = ctx.createAnalyser();
          analyser.fftSize = 1024;
          ctx.createMediaStreamSource(stream).connect(analyser);
        }
        if (analyser) {
          analyser.getFloatTimeDomainData(data);
          const rms = Math.sqrt(data.reduce((s, x) => s + x * x, 0) / data.length);
          if (rms > 0.005) {
            await ctx.close();
            return Date.now();
          }
        }
        await new Promise((done) => setTimeout(done, 5));
      }
      await ctx.close();
      throw new Error("nothing was heard");
    }, timeout),
  // Waits until the page plays something that it loaded, as the review does, and gives how far it is, in seconds.
  plays: async ({ past = 0.5, timeout = 10000 }) => {
    const handle = await page.waitForFunction(
      (past) => [...document.querySelectorAll("audio[src]")].find((a) => !a.paused && a.currentTime > past)?.currentTime,
      past,
      { timeout },
    );
    return handle.jsonValue();
  },
  reload: async () => {
    await page.reload();
  },
  // For make bench: an ear on the remote sound that is there before the click, fine to some 5 ms.
  benchEar: async () => {
    await page.evaluate(async () => {
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
    await page.evaluate((timeout) => {
      window.benchAnswer = new Promise((done, failed) => {
        const onClick = (e) => {
          const clicked = performance.timeOrigin + e.timeStamp;
          window.benchHeard(clicked, timeout).then((heard) => done({ clicked, heard }), failed);
        };
        document.addEventListener("click", onClick, { capture: true, once: true });
      });
      window.benchAnswer.catch(() => {});
    }, timeout);
    await page.getByRole("button", { name: "Answer", exact: true }).first().click();
    return page.evaluate(() => window.benchAnswer);
  },
  // Reloads and gives the moments at which that began, the old page was gone, and sound was heard again.
  reloadTimed: async () => {
    const began = Date.now();
    await page.reload({ waitUntil: "commit" });
    const committed = Date.now();
    const heard = await ops.heard({ timeout: 15000 });
    await ops.benchEar();
    return { began, committed, heard };
  },
  // Waits in the page, from now on, for text in a region to be painted; `armed` gives the moment.
  armText: async ({ label, text, timeout = 15000 }) => {
    await page.evaluate(
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
  armed: async () => page.evaluate(() => window.benchArmed),
  gone: async ({ label, text, timeout = 10000 }) => {
    await page.waitForFunction(
      ({ label, text }) => !document.querySelector(`section[aria-label="${label}"]`)?.textContent?.includes(text),
      { label, text },
      { timeout },
    );
  },
  // Ends the tab without a goodbye, as a crash does, and opens another in its place.
  killTab: async ({ url }) => {
    const old = page;
    page = await context.newPage();
    watch(page);
    await old.close({ runBeforeUnload: false });
    await page.goto(url);
  },
  offline: async ({ on }) => {
    await context.setOffline(on);
  },
  size: async ({ width, height }) => {
    await page.setViewportSize({ width, height });
  },
  screenshot: async ({ path }) => {
    await page.screenshot({ path });
  },
};

const answer = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);
answer({ id: 0, result: "ready" });
for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line);
  const op = ops[request.op];
  // Requests run side by side: one may listen while another clicks.
  (op ? op(request) : Promise.reject(new Error(`there is no ${request.op}`))).then(
    (result) => answer({ id: request.id, result: result ?? null }),
    (e) => answer({ id: request.id, error: String(e.message ?? e) }),
  );
}
await browser.close();
