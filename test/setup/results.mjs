import { renameSync, writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import { stripVTControlCharacters } from 'node:util';

/** Of a failed test's message; what it says first is what went wrong. */
const MESSAGE_CHARS = 2_000;

/**
 * Keeps what came of a run in the file that TEST_RESULTS names, anew after each test file, so that it is known however the run
 * ends. Jest's own `--json` is written after the tear-down, and not at all when that fails or when the error of some test is
 * no JSON (one that refers to itself, a bigint).
 */
export default class Results {
  path = process.env['TEST_RESULTS'];
  files = [];

  constructor({ rootDir }) {
    this.rootDir = rootDir;
  }

  onTestFileResult(test, result) {
    if (this.path !== undefined) this.keep(this.fileOf(test, result), false);
  }

  onRunComplete() {
    if (this.path !== undefined) this.keep(undefined, true);
  }

  fileOf(test, { testResults, perfStats, testExecError, failureMessage }) {
    const failures = testResults
      .filter(({ status }) => status === 'failed')
      .map(({ ancestorTitles, title, failureMessages }) => ({
        name: [...ancestorTitles, title].join(' › '),
        message: shown(failureMessages.join('\n')),
      }));
    if (testExecError) failures.push({ name: 'the file as a whole', message: shown(failureMessage ?? '') });
    return {
      file: relative(this.rootDir, test.path),
      seconds: (perfStats?.runtime ?? 0) / 1_000,
      passed: testResults.filter(({ status }) => status === 'passed').length,
      failures,
    };
  }

  /** Written beside and moved into place: who reads it finds the whole of it. */
  keep(file, isComplete) {
    if (file !== undefined) this.files.push(file);
    writeFileSync(`${this.path}.part`, JSON.stringify({ isComplete, files: this.files }));
    renameSync(`${this.path}.part`, this.path);
  }
}

const shown = (message) => stripVTControlCharacters(message).slice(0, MESSAGE_CHARS);
