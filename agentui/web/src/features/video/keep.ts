// Keeping a picture: as the camera gave it and, where something is drawn, once more with the drawing.
import { paint } from '../../help/trace';
import type { Shape } from '../../help.gen';

const QUALITY = 0.92;

export async function keep(
  interactionID: string,
  picture: HTMLVideoElement | HTMLImageElement,
  shapes: readonly Shape[],
): Promise<void> {
  const canvas = document.createElement('canvas');
  canvas.width = picture instanceof HTMLVideoElement ? picture.videoWidth : picture.naturalWidth;
  canvas.height = picture instanceof HTMLVideoElement ? picture.videoHeight : picture.naturalHeight;
  const context = canvas.getContext('2d');
  if (!context || canvas.width === 0) throw new Error('there is no picture');
  context.drawImage(picture, 0, 0);
  await send(interactionID, canvas, false);
  if (shapes.length === 0) return;
  paint(context, shapes, canvas);
  await send(interactionID, canvas, true);
}

async function send(interactionID: string, canvas: HTMLCanvasElement, drawing: boolean): Promise<void> {
  const blob = await new Promise<Blob | null>((done) => canvas.toBlob(done, 'image/jpeg', QUALITY));
  if (!blob) throw new Error('the picture cannot be read');
  const response = await fetch(
    `/api/v1/interactions/${interactionID}/snapshots${drawing ? '?drawing=true' : ''}`,
    {
      method: 'POST',
      credentials: 'same-origin',
      headers: { 'Content-Type': 'image/jpeg' },
      body: blob,
    },
  );
  if (!response.ok) throw new Error(`the server answered ${response.status}`);
}
