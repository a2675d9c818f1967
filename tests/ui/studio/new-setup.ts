/** @file The studio's settings as a first visit finds them, on the real catalogue and Tinytown. */
import { registries } from '../../../src/lab/trials/registries.ts';
import { StudioSetup } from '../../../src/ui/studio/studio-setup.svelte.ts';
import { catalogue } from '../fake-lab.ts';
import { plan } from '../plan.ts';

export const { behaviors } = registries.sets.get('tinytown');

export function newSetup(): StudioSetup {
  const setup = new StudioSetup({
    catalogue,
    quickstart: plan,
    models: [...catalogue.models],
    behaviors: { tinytown: behaviors },
  });
  setup.settle();
  return setup;
}
