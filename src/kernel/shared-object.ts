// Shared objects with native code that finds each other's symbols.

import koffi from 'koffi';

export interface SharedObject {
  /** A function without a result, by its declaration in C. */
  procedure(declaration: string): (...args: readonly number[]) => void;
}

/**
 * Loads a shared object for all that are loaded after it (RTLD_GLOBAL): a symbol that several
 * have is found in the first. Its own symbols are looked for when they are first used, so that
 * they may be in what is loaded later.
 */
export function loadForAll(path: string): SharedObject {
  const library = koffi.load(path, { global: true, lazy: true });
  return { procedure: (declaration) => library.func(declaration) };
}
