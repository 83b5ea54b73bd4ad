/**
 * The end of a run of CI, `<folder of results> <step that failed>…`: which tests failed and how, what the other failed steps
 * said last, and how many tests passed and how many things failed. Short, since it is all that many see of a run.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const [folder, ...failedSteps] = process.argv.slice(2);
/** The steps that run tests, by the file of their results. */
const TESTED = { 'tests on the embedded database': 'embedded', 'tests on Postgres and Redis': 'real' };
const SHOWN_IN_FULL = 6;
const LINES_EACH = 5;
const MOST_NAMES = 20;

let [passed, failed] = [0, 0];
const failures = [];
for (const [step, name] of Object.entries(TESTED)) {
  const { isComplete, files, problem = '' } = resultsOf(name);
  const here = files.flatMap(({ file, failures }) => failures.map((failure) => ({ file, ...failure })));
  const tested = files.reduce((sum, file) => sum + file.passed, 0);
  passed += tested;
  failures.push(...here.map((failure) => ({ ...failure, step })));
  failed += here.length;
  if (!isComplete || tested === 0 || (here.length === 0 && failedSteps.includes(step))) {
    failed += 1;
    const came = isComplete ? 'ended' : 'broke off';
    console.log(
      `${step}: the run ${came} after ${files.length} files and ${tested} passed tests; see above for why.`,
    );
  }
  if (problem !== '') console.log(indented(linesOf(problem).slice(0, 8)));
}

failures.slice(0, MOST_NAMES).forEach(({ step, file, name, message }, index) => {
  console.log(`failed (${step}): ${file} › ${name}`);
  if (index < SHOWN_IN_FULL) console.log(firstLines(message));
});
if (failures.length > MOST_NAMES) console.log(`… and ${failures.length - MOST_NAMES} more failed tests.`);

for (const step of failedSteps.filter((step) => TESTED[step] === undefined)) {
  failed += 1;
  console.log(`failed: ${step}`);
  const log = join(folder, `${step}.log`);
  if (existsSync(log)) console.log(indented(linesOf(readFileSync(log, 'utf8')).slice(-10)));
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);

function resultsOf(name) {
  const path = join(folder, `${name}.json`);
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : { isComplete: false, files: [] };
}

/** What went wrong, without where in the packages. */
function firstLines(message) {
  return indented(
    linesOf(message)
      .filter((line) => !/^\s+at .*node_modules/.test(line))
      .slice(0, LINES_EACH),
  );
}

function linesOf(text) {
  return text.split('\n').filter((line) => line.trim() !== '');
}

function indented(lines) {
  return lines.map((line) => `    ${line.slice(0, 180)}`).join('\n');
}
