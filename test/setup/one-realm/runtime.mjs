import { compileFunction, constants } from 'node:vm';
import Runtime from 'jest-runtime';
import { isPackage, requirePackage } from './packages.mjs';

/**
 * Jest's module system, but for two things. A package comes from Node, once for all test files of a worker. A file of ours is
 * executed anew for each test file, as Jest does it, from what was compiled once.
 */
export default class OneRealmRuntime extends Runtime {
  constructor(...args) {
    super(...args);
    const { executor } = this;
    if (typeof executor?.compile !== 'function') throw new Error('This Jest compiles in another place.');
    executor.compile = (source, filename) => compiled(source, filename, executor.injectedModuleParameters);
  }

  requireModule(from, name, options, isRequireActual) {
    return name !== undefined && options?.isInternalModule !== true && isPackage(name)
      ? requirePackage(from, name)
      : super.requireModule(from, name, options, isRequireActual);
  }

  /** The process is the worker's own, and keeps the function it has. */
  installGetBuiltinModule() {}
}

const bodies = new Map();

/** The file's body as a function, in the realm of whoever asks: no context is named. */
function compiled(source, filename, parameters) {
  const known = bodies.get(filename);
  if (known?.source === source) return known.body;
  const body = compileFunction(source, parameters, {
    filename,
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  });
  bodies.set(filename, { source, body });
  return body;
}
