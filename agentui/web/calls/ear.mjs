// What a test's browser plays.

// Records what the page's audio elements play, as WebM with Opus, and gives it in base64.
export const record = async (seconds) => {
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
};
