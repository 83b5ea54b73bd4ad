import { createRequire, isBuiltin } from 'node:module';
import { dirname, join } from 'node:path';

const require = createRequire(import.meta.url);

/** Whether the specifier names a package, neither a file of ours nor a module of Node's. */
export const isPackage = (name) => !/^[./#]/.test(name) && !isBuiltin(name);

const PINO_RESET = '__resetOutOfContextForTests';

const loaded = new Map();
const resets = [];
/** What packages added to the global object and to the process's listeners as they were loaded, which they do once. */
export const addedByPackages = { globals: {}, listeners: new Set() };

/** What Node gives for the package. It is loaded once for all test files of the worker, which takes a second or two. */
export function requirePackage(from, name) {
  const key = `${dirname(from)}\0${name}`;
  if (!loaded.has(key)) loaded.set(key, load(from, name));
  return loaded.get(key);
}

function load(from, name) {
  const before = { globals: new Set(Reflect.ownKeys(globalThis)), listeners: new Set(allListeners(process)) };
  const exports = createRequire(from)(name);
  for (const key of Reflect.ownKeys(globalThis))
    if (!before.globals.has(key))
      addedByPackages.globals[key] = Object.getOwnPropertyDescriptor(globalThis, key);
  for (const listener of allListeners(process))
    if (!before.listeners.has(listener)) addedByPackages.listeners.add(listener);
  if (!keepsState.has(name)) return exports;
  resets.push(keepsState.get(name)(exports));
  keepsState.delete(name);
  return exports;
}

/** Of all events. */
export const allListeners = (emitter) => emitter.eventNames().flatMap((name) => emitter.rawListeners(name));

/** Packages are for the next test file as they are just after they have been loaded. */
export function resetPackages() {
  for (const reset of resets) reset();
}

/** The packages that keep what they are told where all who use them find it; each with what remembers its state, and a reset. */
const keepsState = new Map([
  [
    '@nestjs/common',
    ({ Logger }) => {
      const { staticInstanceRef, logLevels } = Logger;
      return () => Object.assign(Logger, { staticInstanceRef, logLevels });
    },
  ],
  ['@nestjs/passport', () => withoutStrategies(require('passport'))],
  // It has a reset, and does not export it.
  ['nestjs-pino', () => require(join(dirname(require.resolve('nestjs-pino')), 'PinoLogger.js'))[PINO_RESET]],
  [
    'prom-client',
    ({ register }) =>
      () =>
        register.clear(),
  ],
  [
    'zod',
    ({ globalRegistry }) =>
      () =>
        globalRegistry.clear(),
  ],
]);

function withoutStrategies(passport) {
  const known = new Set(Object.keys(passport._strategies));
  return () => {
    for (const name of Object.keys(passport._strategies)) if (!known.has(name)) passport.unuse(name);
  };
}
