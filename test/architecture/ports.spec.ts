import { globSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';

/** A port: a file of a room's `ports` that exports what implementations are injected by. */
const PORTS = globSync('src/*/ports/*.ts')
  .filter((file) => !file.endsWith('.spec.ts'))
  .filter((file) => /^export const \w+(: symbol)? = Symbol\(/m.test(readFileSync(file, 'utf8')));

const SPECS = globSync('test/**/*.spec.ts').map((file) => readFileSync(file, 'utf8'));

describe('every port', () => {
  it('is looked for where ports are', () => {
    expect(PORTS.length).toBeGreaterThan(20);
  });

  it.each(PORTS)('has a suite of its promises that is run on what implements it: %s', (port) => {
    const suite = `contracts/${basename(port, '.ts')}.contract`;
    expect(globSync(`test/${suite}.ts`)).toEqual([`test/${suite}.ts`]);
    expect(SPECS.some((spec) => spec.includes(`/${suite}.js'`))).toBe(true);
  });

  it('is the only thing there are suites of, but for those that are named here', () => {
    const others = ['job-queue', 'language-model-wire'];
    const ports = new Set([...PORTS.map((port) => basename(port, '.ts')), ...others]);
    const suites = globSync('test/contracts/*.contract.ts').map((file) => basename(file, '.contract.ts'));
    expect(suites.filter((suite) => !ports.has(suite))).toEqual([]);
  });
});
