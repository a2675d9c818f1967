/** @file Asks a hub about every build of some models of the catalogue. */
import type { KnownBuild, KnownModel } from '../../src/models/catalogue/known-model.ts';
import { verifyBuild, type HubQuestion } from './verify-build.ts';

export interface Verification {
  /** All models, those that were asked about as the hub has them now; a build that cannot be verified stays as it was. */
  readonly models: readonly KnownModel[];
  readonly changes: number;
  readonly failures: number;
}

/**
 * @param only asked about are models whose id contains this
 * @param tell what changed and what failed, a line each
 */
export async function verifyModels(
  all: readonly KnownModel[],
  only: string,
  question: HubQuestion,
  tell: (line: string) => void,
): Promise<Verification> {
  let failures = 0;
  let changes = 0;
  const verified = async (build: KnownBuild): Promise<KnownBuild> => {
    const name = `${build.repo} (${build.format}, ${build.precision})`;
    try {
      const now = await verifyBuild(build, question);
      if (JSON.stringify({ ...now, verified: build.verified }) !== JSON.stringify(build)) {
        changes++;
        tell(`${name}: at ${now.revision}`);
      }
      return now;
    } catch (error) {
      failures++;
      tell(`${name}: ${(error as Error).message}`);
      return build;
    }
  };
  const models: KnownModel[] = [];
  for (const model of all) {
    const builds = model.id.includes(only)
      ? await Promise.all(model.builds.map(verified))
      : [...model.builds];
    models.push({ ...model, builds });
  }
  return { models, changes, failures };
}
