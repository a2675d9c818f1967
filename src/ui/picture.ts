/** @file Saves a drawing, as it is or as pixels. */
import type { Picture } from '../lab/analysis/figures/svg.ts';
import { download, saveBlob } from './files.ts';

/** Pixels per unit of the drawing. */
const scale = 2;

/** @param name without its ending @throws DOMException if the browser cannot draw it */
export async function savePicture(name: string, picture: Picture, kind: 'svg' | 'png'): Promise<void> {
  if (kind === 'svg') download(`${name}.svg`, 'image/svg+xml', picture.svg);
  else saveBlob(`${name}.png`, await pngOf(picture));
}

async function pngOf({ svg, width, height }: Picture): Promise<Blob> {
  const image = new Image(width, height);
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  await image.decode();
  const canvas = new OffscreenCanvas(width * scale, height * scale);
  canvas.getContext('2d')!.drawImage(image, 0, 0, canvas.width, canvas.height);
  return canvas.convertToBlob({ type: 'image/png' });
}
