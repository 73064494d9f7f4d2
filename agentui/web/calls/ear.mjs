// What a test's browser plays.

// Records what the page's audio elements play of the call, or again of its recording, as WebM with Opus, and gives it in base64.
export const record = async ({ seconds, again = false }) => {
  const audio = [...document.querySelectorAll("audio")].find((a) => (again ? a.src && !a.paused : a.srcObject));
  if (!audio) throw new Error(again ? "the page plays no recording" : "the page plays no remote sound");
  const stream = again ? audio.captureStream() : audio.srcObject;
  if (stream.getAudioTracks().length === 0) {
    await new Promise((done) => stream.addEventListener("addtrack", done, { once: true })); // it loads
  }
  const recorder = new MediaRecorder(stream, { audioBitsPerSecond: 64000 });
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
};
