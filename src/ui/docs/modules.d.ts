/** @file What the build makes of the docs (scripts/vite/docs.ts). */
declare module 'virtual:docs' {
  import type { Component } from 'svelte';
  interface LoadedPage {
    readonly default: Component;
    readonly title: string;
    /** Those below the title, in order. */
    readonly headings: readonly { readonly depth: number; readonly id: string; readonly text: string }[];
  }
  /** By path; the contents have the empty one. */
  export const loaders: Readonly<Record<string, () => Promise<LoadedPage>>>;
}
declare module 'virtual:docs/search' {
  export const pages: readonly {
    readonly page: string;
    readonly title: string;
    /** What stands under each heading; the first is the title. */
    readonly sections: readonly { readonly id: string; readonly text: string; readonly content: string }[];
  }[];
}
