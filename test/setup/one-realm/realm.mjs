import { addedByPackages, allListeners, resetPackages } from './packages.mjs';

/** What a test file may change of the realm that all files of a worker share. */
export function takeRealm() {
  return {
    globals: Object.getOwnPropertyDescriptors(globalThis),
    ofProcess: propertiesOfProcess(),
    variables: { ...process.env },
    folder: process.cwd(),
    exitCode: process.exitCode,
    listeners: new Set(allListeners(process)),
  };
}

/** Puts everything back as it was. */
export function restoreRealm(before) {
  resetPackages();
  restoreProperties(globalThis, Object.getOwnPropertyDescriptors(globalThis), {
    ...before.globals,
    ...addedByPackages.globals,
  });
  restoreProperties(process, propertiesOfProcess(), before.ofProcess);
  restoreVariables(before.variables);
  for (const name of process.eventNames())
    for (const listener of process.rawListeners(name))
      if (!before.listeners.has(listener) && !addedByPackages.listeners.has(listener))
        process.off(name, listener);
  if (process.cwd() !== before.folder) process.chdir(before.folder);
  process.exitCode = before.exitCode;
}

/** Without what an emitter keeps its listeners in. */
const propertiesOfProcess = () =>
  Object.fromEntries(
    Object.entries(Object.getOwnPropertyDescriptors(process)).filter(([name]) => !name.startsWith('_')),
  );

function restoreProperties(target, now, before) {
  for (const key of Reflect.ownKeys(now))
    if (!Object.hasOwn(before, key)) Reflect.deleteProperty(target, key);
  for (const key of Reflect.ownKeys(before))
    if (!isSame(now[key], before[key])) Reflect.defineProperty(target, key, before[key]);
}

const isSame = (left, right) =>
  Object.is(left?.value, right.value) && left?.get === right.get && left?.set === right.set;

function restoreVariables(before) {
  for (const name of Object.keys(process.env)) if (!Object.hasOwn(before, name)) delete process.env[name];
  for (const [name, value] of Object.entries(before))
    if (process.env[name] !== value) process.env[name] = value;
}
