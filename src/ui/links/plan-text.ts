/**
 * @file A plan as text for a link, so that whoever opens the link can run what it shows. Links are untrusted: what does not
 * fit is refused with the reason.
 */
import { fromBase64Url, toBase64Url } from '../../core/base64url.ts';
import { LabError } from '../../core/errors.ts';
import { countsIn, type PlanOutline } from '../../lab/plan/outline.ts';
import { parsePlan, type Plan } from '../../lab/plan/plan.ts';

/** Short enough for every browser's address, and for a message. */
const mostCharacters = 16_000;
/** A plan of so many bytes does not come from a link that the lab wrote. */
const mostBytes = 1_000_000;
/** Plans that bring more behaviors than this are not read to be tried. */
const mostBehaviors = 300;

type Bytes = Uint8Array<ArrayBuffer>;

const piped = (bytes: Bytes, through: CompressionStream | DecompressionStream) =>
  new Blob([bytes]).stream().pipeThrough(through);

/** @returns `null` for a plan that is too long for a link */
export async function planText(
  outline: PlanOutline,
  whole: () => Promise<Plan | null>,
): Promise<string | null> {
  const brought = outline.behaviors.flatMap((source) =>
    'counts' in source ? [source.counts] : 'behaviors' in source ? [countsIn(source.behaviors)] : [],
  );
  const behaviors = brought.flatMap((counts) => Object.values(counts)).reduce((sum, n) => sum + n, 0);
  const plan = behaviors > mostBehaviors ? null : await whole();
  if (!plan) return null;
  const { $schema: _, ...content } = plan;
  const bytes = new TextEncoder().encode(JSON.stringify(content));
  if (bytes.length > mostBytes) return null;
  const packed = await new Response(piped(bytes, new CompressionStream('deflate-raw'))).arrayBuffer();
  const text = toBase64Url(new Uint8Array(packed));
  return text.length > mostCharacters ? null : text;
}

/** @throws LabError 'bad-plan' for text that holds no plan */
export async function readPlanText(text: string): Promise<Plan> {
  if (text.length > mostCharacters) throw unreadable('it is longer than any that the lab writes');
  let content: unknown;
  try {
    content = JSON.parse(await unpacked(fromBase64Url(text)));
  } catch {
    throw unreadable('it is damaged or cut off');
  }
  return parsePlan(content);
}

async function unpacked(packed: Bytes): Promise<string> {
  const reader = piped(packed, new DecompressionStream('deflate-raw')).getReader();
  const parts: Bytes[] = [];
  for (let size = 0; ;) {
    const { done, value } = await reader.read();
    if (done) return new Blob(parts).text();
    size += value.length;
    if (size > mostBytes) {
      await reader.cancel();
      throw new RangeError('More than a plan holds');
    }
    parts.push(value);
  }
}

const unreadable = (reason: string) =>
  new LabError('bad-plan', `The plan of this link cannot be read: ${reason}.`, {
    advice: 'Ask whoever sent it to copy the link again, or to save the plan as a file.',
  });
