import { availableParallelism } from 'node:os';

/** Left out of a run in small size, unless a file of them is asked for by its name. */
const LONG = '\\.long\\.spec\\.ts$';
const isFull = process.env['TEST_SIZE'] === 'full';
const hasLong = isFull || process.argv.slice(2).some((word) => word.includes('.long'));

/** One run, one throw-away database server: see test/setup/. */
export default {
  // All files of a worker share its realm and its packages: see test/setup/one-realm/.
  testEnvironment: '<rootDir>/test/setup/one-realm/environment.mjs',
  runtime: '<rootDir>/test/setup/one-realm/runtime.mjs',
  roots: ['<rootDir>/src', '<rootDir>/test'],
  testRegex: '\\.spec\\.ts$',
  testPathIgnorePatterns: ['/node_modules/', ...(hasLong ? [] : [LONG])],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        swcrc: false,
        sourceMaps: 'inline',
        module: { type: 'commonjs' },
        jsc: {
          target: 'es2024',
          parser: { syntax: 'typescript', decorators: true, dynamicImport: true },
          transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
          keepClassNames: true,
        },
      },
    ],
  },
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  globalSetup: '<rootDir>/test/setup/global-setup.ts',
  globalTeardown: '<rootDir>/test/setup/global-teardown.ts',
  testSequencer: '<rootDir>/test/setup/slow-first.mjs',
  reporters: ['default', ['<rootDir>/test/setup/results.mjs', {}]],
  // A hang is what it ends, not a slow machine: some start servers and kill them while others do.
  testTimeout: 120_000,
  // Most of them wait most of the time, so that a machine of two cores does three at once, and four of the long ones; the
  // database gives out a hundred connections.
  maxWorkers: Math.min(Math.max(availableParallelism(), isFull ? 4 : 3), 6),
};
