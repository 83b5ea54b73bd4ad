import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import openapiTypescript, { astToString } from 'openapi-typescript';
import ts from 'typescript';

const FOLDER = __dirname;

/** How strict the clients' own compilers are taken to be. */
const OPTIONS: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2024,
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  lib: ['lib.es2024.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts', 'lib.dom.asynciterable.d.ts'],
  types: [],
  strict: true,
  noUncheckedIndexedAccess: true,
  exactOptionalPropertyTypes: true,
  noEmit: true,
};

/** The types of an OpenAPI document, as `npx openapi-typescript` writes them. */
export async function typesOf(document: object): Promise<string> {
  return astToString(await openapiTypescript(document as Parameters<typeof openapiTypescript>[0]));
}

/**
 * What the compiler says of each program, one line a mistake. Each may import the document's types from `./api.js`;
 * nothing is written anywhere.
 */
export function mistakesIn(
  api: string,
  programs: Readonly<Record<string, string>>,
): Record<string, string[]> {
  const texts = new Map(
    Object.entries({ 'api.d.ts': api, ...programs }).map(([name, text]) => [join(FOLDER, name), text]),
  );
  const host = ts.createCompilerHost(OPTIONS);
  const withTexts: ts.CompilerHost = {
    ...host,
    fileExists: (path) => texts.has(path) || host.fileExists(path),
    readFile: (path) => texts.get(path) ?? host.readFile(path),
    getSourceFile(path, options, ...rest) {
      const text = texts.get(path);
      return text === undefined
        ? host.getSourceFile(path, options, ...rest)
        : ts.createSourceFile(path, text, options);
    },
  };
  const program = ts.createProgram([...texts.keys()], OPTIONS, withTexts);
  return Object.fromEntries(
    ['api.d.ts', ...Object.keys(programs)].map((name) => {
      const source = program.getSourceFile(join(FOLDER, name));
      if (source === undefined) throw new Error(`${name} was not compiled`);
      const found = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
      return [name, found.map(inWords)];
    }),
  );
}

function inWords({ file, start = 0, messageText }: ts.Diagnostic): string {
  const line = (file?.getLineAndCharacterOfPosition(start).line ?? 0) + 1;
  return `line ${line}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`;
}

/** The text of a program in this folder. */
export function programText(name: string): string {
  return readFileSync(join(FOLDER, name), 'utf8');
}

/** What a program of this folder exports, once it runs; `load` finds what is not of this folder. */
export function runProgram<Exports>(name: string, load: (specifier: string) => unknown): Exports {
  const { outputText } = ts.transpileModule(programText(name), {
    compilerOptions: {
      target: ts.ScriptTarget.ES2024,
      module: ts.ModuleKind.CommonJS,
      esModuleInterop: true,
    },
  });
  const exports = {} as Exports;
  // eslint-disable-next-line @typescript-eslint/no-implied-eval -- it is the program in this folder, compiled
  new Function('exports', 'require', outputText)(exports, (specifier: string) =>
    specifier.startsWith('./')
      ? runProgram(specifier.slice(2).replace(/\.mjs$/, '.mts'), load)
      : load(specifier),
  );
  return exports;
}
