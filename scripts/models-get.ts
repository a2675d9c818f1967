/** @file `npm run models:get -- <id>`: fetches a real model into `.cache/models/` and imports it for the command line. */
import { asCommandError } from './cli/failure.ts';
import { addModel } from './cli/models/add.ts';
import { fetchRealModel, ModelUnavailable } from './fetch-real-model.ts';
import { realModels } from './real-models.ts';

const known = realModels.map(({ id }) => id).join(', ');
const [id] = process.argv.slice(2);
const model = realModels.find((candidate) => candidate.id === id);
try {
  if (!model) {
    console.error(
      id === undefined ? `Name a model: ${known}.` : `There is no model "${id}". Known: ${known}.`,
    );
    process.exitCode = 2;
  } else {
    if (model.terms !== undefined) console.error(model.terms);
    const path = await fetchRealModel(model);
    console.error(`${model.title} (${model.license}) is at ${path}.`);
    const added = await addModel(path);
    console.log(added.id);
  }
} catch (error) {
  const { message, exitCode } = asCommandError(error);
  console.error(`error: ${message}`);
  process.exitCode = error instanceof ModelUnavailable ? 1 : exitCode;
}
