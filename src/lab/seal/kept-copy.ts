/** @file How the copy of a file lies on this device: as it is, or compressed where that saves most of many megabytes. */

/** Names how a kept copy is compressed. */
const packedHeader = 'X-Glovebox-Packed';

/** A compressed file is unpacked whenever it is served, so only the largest is: the engine for WebGPU, to a quarter. */
const isPacked = (url: string): boolean => /^engines\/.*asyncify.*\.wasm$/.test(url);

const through = (body: BodyInit, stream: CompressionStream | DecompressionStream) =>
  new Response(new Response(body).body!.pipeThrough(stream)).arrayBuffer();

/** The copy to keep of the file at `url`, below the app's folder. */
export async function packedCopy(url: string, content: ArrayBuffer, headers: Headers): Promise<Response> {
  if (!isPacked(url)) return new Response(content, { headers });
  headers.set(packedHeader, 'gzip');
  return new Response(await through(content, new CompressionStream('gzip')), { headers });
}

/** Content of a copy that was kept. @throws TypeError if it is damaged so that it cannot be unpacked */
export const contentOf = (copy: Response): Promise<ArrayBuffer> =>
  copy.headers.has(packedHeader) && copy.body
    ? through(copy.body, new DecompressionStream('gzip'))
    : copy.arrayBuffer();

/** What to answer with: the copy itself where it lies as it is. */
export function served(copy: Response, content: ArrayBuffer): Response {
  if (!copy.headers.has(packedHeader)) return copy;
  const headers = new Headers(copy.headers);
  headers.delete(packedHeader);
  return new Response(content, { headers });
}
