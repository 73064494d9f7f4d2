// A still of the guest's camera: in its full resolution where the network can carry that, else as sharp as it can.

interface PhotoTaker {
  takePhoto(): Promise<Blob>;
}
declare const ImageCapture: (new (track: MediaStreamTrack) => PhotoTaker) | undefined;

const PHOTO_MS = 3000; // some phones take that long, some for ever
const UPLOAD_S = 5; // a still that takes longer is no help
const ENOUGH_KBPS = 1500; // for a photograph as it comes
const LEAST_BYTES = 30_000;
const MOST_BYTES = 11 << 20; // the server takes 12 MiB

export async function takeStill(
  track: MediaStreamTrack,
  video: HTMLVideoElement,
  kbps: number,
): Promise<Blob> {
  if (kbps <= 0 || kbps > ENOUGH_KBPS) {
    const photo = await photograph(track).catch(() => null);
    if (photo && photo.type === 'image/jpeg' && photo.size < MOST_BYTES) return photo;
  }
  return frame(video, kbps > 0 ? Math.max(LEAST_BYTES, ((kbps * 1000) / 8) * UPLOAD_S) : MOST_BYTES);
}

async function photograph(track: MediaStreamTrack): Promise<Blob | null> {
  if (typeof ImageCapture === 'undefined' || track.readyState !== 'live') return null;
  const late = new Promise<null>((done) => setTimeout(() => done(null), PHOTO_MS));
  return Promise.race([new ImageCapture(track).takePhoto(), late]);
}

/** The picture that the camera gives now, in a JPEG of at most so many bytes. */
async function frame(video: HTMLVideoElement, most: number): Promise<Blob> {
  let scale = 1;
  let quality = 0.92;
  for (;;) {
    const canvas = document.createElement('canvas');
    canvas.width = Math.max(2, Math.round(video.videoWidth * scale));
    canvas.height = Math.max(2, Math.round(video.videoHeight * scale));
    canvas.getContext('2d')?.drawImage(video, 0, 0, canvas.width, canvas.height);
    const blob = await new Promise<Blob | null>((done) => canvas.toBlob(done, 'image/jpeg', quality));
    if (!blob) throw new Error('the picture cannot be read');
    if (blob.size <= most || canvas.width < 320) return blob;
    if (quality > 0.6) quality -= 0.16;
    else scale *= 0.75;
  }
}
