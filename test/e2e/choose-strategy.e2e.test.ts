import { describe, expect, it } from 'vitest';
import { chooseStrategy, probeStrategies } from '../../src/reader/choose-strategy.ts';
import { strategyNames } from '../../src/reader/strategies/init-strategy.ts';
import { missing } from '../support/requirements.ts';

const lacking = missing('root');
const expected = process.env['NSPROC_EXPECTED_RESOLVER'];

describe('chooseStrategy()', () => {
  it('takes the first that works', (ctx) => {
    ctx.skip(lacking !== undefined, lacking);
    const probes = probeStrategies();
    expect(probes.map(({ name }) => name)).toEqual(strategyNames);
    expect(chooseStrategy('auto').name).toBe(probes.find(({ works }) => works)?.name);
  });

  it('takes the one that this kernel is known to have', (ctx) => {
    ctx.skip(expected === undefined, 'needs NSPROC_EXPECTED_RESOLVER');
    expect(chooseStrategy('auto').name).toBe(expected);
  });

  it('takes the one that is forced, or says what to do instead', (ctx) => {
    ctx.skip(lacking !== undefined, lacking);
    const { name: usable } = chooseStrategy('auto');
    for (const { name, works } of probeStrategies()) {
      if (works) expect(chooseStrategy(name).name).toBe(name);
      else expect(() => chooseStrategy(name)).toThrow(new RegExp(`${name}.*use auto or ${usable}`));
    }
  });
});
