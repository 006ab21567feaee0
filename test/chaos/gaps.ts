// How long it took until another server served, by what ended the last one.

export class Gaps {
  readonly #msecByName = new Map<string, number[]>();

  add(name: string, msec: number): void {
    this.#msecByName.set(name, [...(this.#msecByName.get(name) ?? []), msec]);
  }

  longest(): number {
    return Math.max(0, ...[...this.#msecByName.values()].flat());
  }

  count(): number {
    return [...this.#msecByName.values()].flat().length;
  }

  /** A line for each way: how often, the median, the longest, in ms. */
  text(): string {
    const lines = [...this.#msecByName].map(([name, all]) => {
      const sorted = all.toSorted((a, b) => a - b);
      const median = sorted[Math.floor(sorted.length / 2)] ?? 0;
      const numbers = [sorted.length, median, sorted.at(-1) ?? 0];
      return `${name.padEnd(36)}${numbers.map((n) => n.toFixed(0).padStart(8)).join('')}`;
    });
    const heading = `${`${this.count()} ends, ms until the next server`.padEnd(36)}   times  median longest`;
    return [heading, ...lines].join('\n');
  }
}
