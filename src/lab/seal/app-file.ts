/** @file A file that the app ships, as the build's manifest describes it, and the check of its bytes. */

export interface AppFile {
  /** Relative to the scope. */
  readonly url: string;
  /** `null` when the file name already holds a hash of its content. */
  readonly revision: string | null;
  readonly bytes: number;
  /** Hexadecimal, of the file before any compression on the way. */
  readonly sha256: string;
}

/** True if `content` is the file that the build wrote, byte for byte. */
export async function isIntact(content: ArrayBuffer, { bytes, sha256 }: AppFile): Promise<boolean> {
  if (content.byteLength !== bytes) return false;
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', content));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('') === sha256;
}
