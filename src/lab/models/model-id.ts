/** @file Ids of imported models, as plans and links name them. */
const mostCharacters = 60;

/** From a title: letters, digits and dots in lower case, with a number where it is taken. */
export function freeId(title: string, taken: readonly string[]): string {
  const plain = title
    .toLowerCase()
    .replaceAll(/\.(gguf|zip|safetensors)$/g, '')
    .replaceAll(/[^a-z0-9.]+/g, '-')
    .replaceAll(/^[-.]+|[-.]+$/g, '')
    .slice(0, mostCharacters);
  const base = plain || 'model';
  for (let number = 1; ; number++) {
    const id = number === 1 ? base : `${base}-${number}`;
    if (!taken.includes(id)) return id;
  }
}
