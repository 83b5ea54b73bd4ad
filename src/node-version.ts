import { relative } from 'node:path';

/** The minimum version that the dependencies require. */
const MIN_VERSION = [22, 13] as const;

// Imported before everything else: on an older Node, later imports fail without an explanation.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < MIN_VERSION[0] || (major === MIN_VERSION[0] && minor < MIN_VERSION[1])) {
  const script = relative('', process.argv[1] ?? '');
  process.stderr.write(
    `This is Node ${process.versions.node}, and Threadline needs ${MIN_VERSION.join('.')} or later. Use npm (npm start, npm run …), ` +
      `which takes the Node that is installed with it, or name that one: node_modules/.bin/node ${script}\n`,
  );
  process.exit(1);
}
