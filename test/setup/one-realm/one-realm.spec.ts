import { execFile } from 'node:child_process';

/** Two files that leave behind whatever a test may; run in one process, the second finds what the first one was not denied. */
it('hands nothing of a test file on to the next one', async () => {
  const jest = ['node_modules/jest/bin/jest.js', '-c', 'test/setup/one-realm/fixture/jest.config.mjs', '-i'];
  const said = await new Promise<string>((resolve) =>
    execFile(process.execPath, ['--no-warnings', ...jest], (_, __, words) => resolve(words)),
  );
  expect(said).toContain('Test Suites: 2 passed, 2 total');
});
