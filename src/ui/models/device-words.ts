import type { DeviceInfo } from '../../lab/records/run.ts';
import { plural } from '../format.ts';

/** The device as a page names it; a graphics adapter has a name of its own. */
export const deviceWords = ({ kind, description, threads }: DeviceInfo): string =>
  kind === 'wasm' ? plural(threads, ['WebAssembly, # thread', 'WebAssembly, # threads']) : description;
