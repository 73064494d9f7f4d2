// A browser for the tests of video help: Chromium with a camera that shows a test pattern, driven by JSON lines as driver.mjs is.
// usage: node video.mjs '{"camera":FILE.y4m,"wav":FILE.wav,"locale":"en-US","theme":"light","width":…,"height":…,"touch":true,
//                         "relay":{"from":PORT,"to":PORT},"turnOnly":true,"camera":null,"deny":true}'
import { record } from "./ear.mjs";
import { launch, serve, Tab } from "./steps.mjs";

const options = JSON.parse(process.argv[2]);
const { camera, wav, locale = "en-US", theme = "light", width = 1440, height = 900, touch = false } = options;
const args = [
  "--disable-background-timer-throttling",
  "--disable-renderer-backgrounding",
  "--disable-backgrounding-occluded-windows",
];
if (!options.deny) args.push("--use-fake-ui-for-media-stream");
if (camera) args.push(`--use-file-for-fake-video-capture=${camera}`);
if (wav) args.push(`--use-file-for-fake-audio-capture=${wav}`);
const browser = await launch(args);
const context = await browser.newContext({
  viewport: { width, height },
  colorScheme: theme,
  locale,
  hasTouch: touch,
  isMobile: touch,
  deviceScaleFactor: 1,
  permissions: options.deny ? [] : ["microphone", "camera"],
  reducedMotion: "reduce",
});

// Puts a relay of the test's own between this browser and the server's media port, or only lets TURN through.
await context.addInitScript(
  ({ relay, turnOnly }) => {
    const native = window.RTCPeerConnection;
    window.peers = [];
    window.RTCPeerConnection = class extends native {
      constructor(config) {
        super(turnOnly ? { ...config, iceTransportPolicy: "relay" } : config);
        window.peers.push(this);
      }
      setRemoteDescription(description) {
        if (!relay) return super.setRemoteDescription(description);
        const sdp = description.sdp
          .split("\r\n")
          .filter((line) => !/^a=candidate:.* tcp /i.test(line))
          .map((line) => (/^a=candidate:/.test(line) ? line.replace(` ${relay.from} typ host`, ` ${relay.to} typ host`) : line))
          .join("\r\n");
        return super.setRemoteDescription({ type: description.type, sdp });
      }
    };
  },
  { relay: options.relay ?? null, turnOnly: options.turnOnly ?? false },
);

const tab = await Tab.in(context);
const page = tab.page;

// The picture's content box on the screen, worked out apart from the page's own code.
const measure = () => {
  const picture = [...document.querySelectorAll("img, video")]
    .filter((e) => (e instanceof HTMLVideoElement ? e.srcObject : e.closest(".frame, .video-frame")) && e.clientWidth > 0)
    .pop();
  if (!picture) throw new Error("there is no picture");
  const w = picture.videoWidth ?? picture.naturalWidth;
  const h = picture.videoHeight ?? picture.naturalHeight;
  const r = picture.getBoundingClientRect();
  const scale = Math.min(r.width / w, r.height / h);
  return { x: r.x + (r.width - w * scale) / 2, y: r.y + (r.height - h * scale) / 2, width: w * scale, height: h * scale, w, h };
};

const ops = {
  ...tab.steps,
  check: async (o) => {
    await tab.find(o).check({ timeout: 10000, force: true });
  },
  waitText: async ({ text, timeout = 15000 }) => {
    await page.getByText(text).first().waitFor({ timeout });
    return Date.now();
  },
  value: async (o) => tab.find(o).inputValue({ timeout: 10000 }),
  body: async () => page.evaluate(() => document.body.innerText),
  box: async (o) => tab.find(o).boundingBox({ timeout: 5000 }),
  content: async () => page.evaluate(measure),
  // Waits until the shown picture moves.
  moving: async ({ timeout = 15000 }) =>
    page.evaluate(async (timeout) => {
      const end = Date.now() + timeout;
      while (Date.now() < end) {
        const video = [...document.querySelectorAll("video")].find((v) => v.srcObject && v.videoWidth > 0);
        if (video) {
          const frame = await Promise.race([
            new Promise((done) => video.requestVideoFrameCallback(() => done(true))),
            new Promise((done) => setTimeout(() => done(false), 500)),
          ]);
          if (frame) return { at: Date.now(), w: video.videoWidth, h: video.videoHeight };
        }
        await new Promise((done) => setTimeout(done, 20));
      }
      throw new Error("no picture moves");
    }, timeout),
  // Reads the counter of the test pattern off each shown frame, from now on: [moment, number or -1, width].
  readFrames: async () => {
    await page.evaluate(() => {
      const canvas = document.createElement("canvas");
      canvas.width = 160;
      canvas.height = 90;
      const c = canvas.getContext("2d", { willReadFrequently: true });
      window.frames2 = [];
      const read = (video) => {
        c.drawImage(video, 0, 0, 160, 90);
        // Two rows of 16 fields, 10 × 10 of these pixels each: the number's bits, and their opposites.
        const data = c.getImageData(0, 0, 160, 20).data;
        let number = 0;
        for (let bit = 0; bit < 16; bit++) {
          const at = (y) => data[(y * 160 + bit * 10 + 5) * 4 + 1];
          const [high, low] = [at(5), at(15)];
          if (Math.abs(high - low) < 40) return -1;
          if (high > low) number |= 1 << bit;
        }
        return number;
      };
      let video;
      let handle = 0;
      const next = () => {
        const now = [...document.querySelectorAll("video")].find((v) => v.srcObject && v.videoWidth > 0);
        if (now && now !== video) {
          video = now;
          const onFrame = () => {
            window.frames2.push([Date.now(), read(video), video.videoWidth]);
            handle = video.requestVideoFrameCallback(onFrame);
          };
          handle = video.requestVideoFrameCallback(onFrame);
        }
        setTimeout(next, 100);
      };
      next();
    });
  },
  frames: async () =>
    page.evaluate(() => {
      const all = window.frames2;
      window.frames2 = [];
      return all;
    }),
  // Draws with the mouse between points in parts of the picture's content; gives the moment when the button was let go.
  stroke: async ({ points, steps = 6 }) => {
    const box = await page.evaluate(measure);
    const at = ([x, y]) => [box.x + x * box.width, box.y + y * box.height];
    await page.mouse.move(...at(points[0]));
    const began = Date.now();
    await page.mouse.down();
    for (const p of points.slice(1)) await page.mouse.move(...at(p), { steps });
    await page.mouse.up();
    return { began, ended: Date.now() };
  },
  // Waits for a number of shapes and gives where the last lies, in parts of the picture's content.
  shapes: async ({ count, timeout = 10000 }) =>
    page.evaluate(
      async ({ count, timeout, source }) => {
        const measure = new Function(`return (${source})()`);
        const end = Date.now() + timeout;
        const find = () => [...document.querySelectorAll(".annotations .shape")];
        while (find().length < count) {
          if (Date.now() > end) throw new Error(`${find().length} shapes are drawn, not ${count}`);
          await new Promise((done) => setTimeout(done, 5));
        }
        const at = Date.now();
        const box = measure();
        return find().map((g) => {
          const r = (g.querySelector(".over") ?? g.querySelector("circle, text")).getBoundingClientRect();
          const line = g.querySelector(".over") ? 0 : 0;
          return {
            at,
            by: g.dataset.by,
            kind: g.getAttribute("class").replace("shape ", ""),
            text: g.textContent,
            points: Number(g.dataset.points),
            x0: (r.left + line - box.x) / box.width,
            y0: (r.top + line - box.y) / box.height,
            x1: (r.right - line - box.x) / box.width,
            y1: (r.bottom - line - box.y) / box.height,
          };
        });
      },
      { count, timeout, source: measure.toString() },
    ),
  // Arms a clock that stops when so many shapes are there, for who draws elsewhere.
  armShapes: async ({ count }) => {
    await page.evaluate((count) => {
      window.armed = new Promise((done) => {
        const look = () => {
          if (document.querySelectorAll(".annotations .shape").length >= count) done(Date.now());
          else requestAnimationFrame(look);
        };
        look();
      });
    }, count);
  },
  armed: async () => page.evaluate(() => window.armed),
  // Sends anything over the drawing channel: what a hostile page would.
  hostile: async ({ messages, repeat = 1 }) =>
    page.evaluate(
      async ({ messages, repeat }) => {
        const channel = window.drawChannel;
        if (!channel) throw new Error("no channel");
        let sent = 0;
        for (let i = 0; i < repeat; i++)
          for (const m of messages) {
            try {
              channel.send(m === "HUGE" ? "x".repeat(200_000) : m);
              sent++;
            } catch {
              await new Promise((done) => setTimeout(done, 5));
            }
            if (channel.bufferedAmount > 4 << 20) await new Promise((done) => setTimeout(done, 20));
          }
        return sent;
      },
      { messages, repeat },
    ),
  catchChannel: async () => {
    await context.addInitScript(() => {
      const native = window.RTCPeerConnection;
      window.RTCPeerConnection = class extends native {
        constructor(config) {
          super(config);
          this.addEventListener("datachannel", (e) => {
            window.drawChannel = e.channel;
          });
        }
      };
    });
  },
  withoutWebRTC: async () => {
    await context.addInitScript(() => {
      window.RTCPeerConnection = undefined;
    });
  },
  // A phone's camera with light and zoom, two of them, and a desktop's screen: what Chromium's fake camera has not.
  phoneCamera: async () => {
    await context.addInitScript(() => {
      const phone = { cameras: [], applied: [], screens: 0, revoked: false, track: null };
      window.phone = phone;
      const picture = (facing) => {
        const canvas = document.createElement("canvas");
        canvas.width = 640;
        canvas.height = 360;
        const paint = canvas.getContext("2d");
        setInterval(() => {
          paint.fillStyle = "#357";
          paint.fillRect(0, 0, 640, 360);
          paint.fillStyle = "#fff";
          paint.fillRect((performance.now() / 5) % 600, 150, 40, 40);
        }, 66);
        const stream = canvas.captureStream(15);
        const [track] = stream.getVideoTracks();
        track.getCapabilities = () => (facing ? { torch: true, zoom: { min: 1, max: 4, step: 0.5 } } : {});
        const settings = track.getSettings.bind(track);
        track.getSettings = () => ({ ...settings(), ...(facing ? { facingMode: facing } : {}) });
        track.applyConstraints = async (wish) => void phone.applied.push(...(wish.advanced ?? []));
        Object.defineProperty(phone, "track", { value: track, enumerable: false, configurable: true, writable: true });
        return stream;
      };
      const media = navigator.mediaDevices;
      media.enumerateDevices = async () => ["a", "b"].map((deviceId) => ({ deviceId, kind: "videoinput", label: deviceId }));
      media.getUserMedia = async ({ video }) => {
        if (phone.revoked) throw new DOMException("no", "NotAllowedError");
        const facing = video.facingMode.ideal;
        phone.cameras.push(facing);
        return picture(facing);
      };
      media.getDisplayMedia = async () => {
        phone.screens++;
        return picture("");
      };
    });
  },
  // Camera and microphone of a page that claps: a flash and a tone of 300 ms, in the same moment.
  clapper: async () => {
    await context.addInitScript(() => {
      const canvas = document.createElement("canvas");
      canvas.width = 320;
      canvas.height = 180;
      const paint = canvas.getContext("2d");
      let flash = false;
      const draw = () => {
        paint.fillStyle = flash ? "#fff" : "#111";
        paint.fillRect(0, 0, 320, 180);
        paint.fillStyle = `rgb(${performance.now() % 200}, 80, 80)`; // it moves
        paint.fillRect((performance.now() / 10) % 300, 150, 20, 20);
      };
      let gain;
      const voice = () => {
        const sound = new AudioContext();
        void sound.resume();
        const tone = sound.createOscillator();
        tone.frequency.value = 911;
        gain = sound.createGain();
        gain.gain.value = 0;
        const out = sound.createMediaStreamDestination();
        tone.connect(gain).connect(out);
        tone.start();
        return out.stream;
      };
      navigator.mediaDevices.getUserMedia = async (wish) => {
        if (wish.audio) return voice();
        setInterval(draw, 50);
        return canvas.captureStream(20);
      };
      window.clap = async () => {
        flash = true;
        draw();
        gain.gain.value = 1;
        await new Promise((d) => setTimeout(d, 300));
        flash = false;
        draw();
        gain.gain.value = 0;
      };
    });
  },
  killCamera: async () =>
    page.evaluate(() => {
      const video = [...document.querySelectorAll("video")].find((v) => v.srcObject);
      const [track] = video.srcObject.getVideoTracks();
      track.stop();
      track.dispatchEvent(new Event("ended"));
    }),
  selected: async () =>
    page.evaluate(async () => {
      const stats = await window.peers.at(-1).getStats();
      const all = [...stats.values()];
      const pair = all.find((s) => s.type === "candidate-pair" && s.nominated && s.state === "succeeded");
      const local = all.find((s) => s.id === pair?.localCandidateId);
      const out = all.find((s) => s.type === "outbound-rtp" && s.kind === "video");
      const into = all.find((s) => s.type === "inbound-rtp" && s.kind === "video");
      return {
        type: local?.candidateType,
        relay: local?.relayProtocol,
        kbps: (pair?.availableOutgoingBitrate ?? 0) / 1000,
        fps: out?.framesPerSecond ?? into?.framesPerSecond ?? 0,
        width: out?.frameWidth ?? into?.frameWidth ?? 0,
        limited: out?.qualityLimitationReason,
        nack: out?.nackCount ?? into?.nackCount,
        pli: out?.pliCount ?? into?.pliCount,
      };
    }),
  eval: async ({ js }) => page.evaluate(js),
  // Where sound is measured the browser must leave it as it is: noise suppression takes tones for noise.
  leaveSoundAlone: async () => {
    await context.addInitScript(() => {
      const native = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
      const plain = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
      navigator.mediaDevices.getUserMedia = (c) => native(c.audio ? { ...c, audio: plain } : c);
    });
  },
  listen: async ({ seconds }) => page.evaluate(record, { seconds }),
  axe: async () => {
    const { readFile } = await import("node:fs/promises");
    const source = await readFile(new URL("../node_modules/axe-core/axe.min.js", import.meta.url), "utf8");
    await page.evaluate(source).catch(() => {});
    return page.evaluate(async () => {
      const result = await window.axe.run(document, { resultTypes: ["violations"] });
      return result.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(" ")).join(" | ")}`);
    });
  },
};

await serve(browser, ({ op }) => ops[op]);
