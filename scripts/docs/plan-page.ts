/** @file `docs/plan.md`: every field of a plan, from the schema in force. */
import { planJsonSchema } from '../../src/lab/plan/plan.ts';
import { schemaPage } from './schema-page.ts';

const introduction = `
# Every field of a plan

A plan is one JSON file with everything that an experiment needs. The plan editor on the page **Matrix** makes one and saves it
("Save the plan"), the same page imports one, and \`lab run PLAN.json\` runs it. The plans that ship with the lab, in
\`public/plans/\`, are examples.

An unknown field is an error, so that a typing error is not ignored. With \`"$schema": "schemas/plan.json"\` an editor completes and checks the file as you type; the path leads to the
[schema](../public/schemas/plan.json), which the tables below are written from. The ids of attacks, defenses and evaluators, and
the options of each, are on their pages (\`#/methods\`), or printed by \`lab list attacks --json\`.

The smallest plan:

\`\`\`json
{
  "version": 1,
  "name": "First plan",
  "models": { "targets": ["tinytown-chat"] },
  "behaviors": [{ "set": "tinytown", "kinds": ["harmful"], "limit": 5 }],
  "attacks": [{ "id": "direct-request" }],
  "evaluators": [{ "id": "tinytown-oracle" }]
}
\`\`\`
`;

export const planPage = (): string =>
  schemaPage(introduction, planJsonSchema() as Parameters<typeof schemaPage>[1]);
