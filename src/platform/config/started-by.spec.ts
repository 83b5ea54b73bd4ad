import { isRunByNpm } from './started-by.js';

const by = (npm_lifecycle_script: string, npm_lifecycle_event = 'start') =>
  isRunByNpm({ npm_lifecycle_event, npm_lifecycle_script });

describe('a server that npm runs', () => {
  it.each([
    'node dist/src/main.js',
    'node dist/src/worker.js',
    'cd here && exec node ./dist/src/main.js 2>&1',
  ])('ends with npm: %s', (script) => expect(by(script)).toBe(true));

  it('ends with npm whatever the script is called, and where only its name is told', () => {
    expect(by('node dist/src/main.js', 'serve')).toBe(true);
    expect(isRunByNpm({ npm_lifecycle_event: 'start' })).toBe(true);
  });

  it.each([
    'nohup node dist/src/main.js > log &',
    'setsid node dist/src/main.js',
    'node dist/src/main.js & echo started',
    'node my-supervisor.js',
    'jest',
  ])('does not where the script means it to go on, or is another’s: %s', (script) =>
    expect(by(script)).toBe(false),
  );

  it('does not without npm', () => {
    expect(isRunByNpm({})).toBe(false);
  });
});
