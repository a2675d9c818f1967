/** @file Fetches a plan that ships with the app. */
import { LabError } from '../core/errors.ts';
import { parsePlan, type Plan } from '../lab/plan.ts';

/** @throws LabError 'unreachable' when the file cannot be had, 'bad-plan' when it is not a plan */
export async function fetchPlan(path: string): Promise<Plan> {
  const advice = 'Reload the page. If the site is gone, open the installed app.';
  const response = await fetch(new URL(path, document.baseURI)).catch((cause: unknown) => {
    throw new LabError('unreachable', `${path} could not be fetched.`, { advice, cause });
  });
  if (!response.ok) throw new LabError('unreachable', `${path} answered ${response.status}.`, { advice });
  return parsePlan(await response.json());
}
