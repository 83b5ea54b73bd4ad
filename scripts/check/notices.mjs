/** Licences that ask for no more than that their text and their authors are named. */
const PERMISSIVE = new Set([
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'ISC',
  'MIT',
  'Python-2.0',
  'Unlicense',
]);

/** Where only the package's readme says it. */
const STATED_IN_README = { pause: 'MIT' };

const HEAD = `# Third-party notices

Threadline is licensed under MIT. These packages are installed with it; each comes with the full text of its licence and
the names of its authors in \`node_modules/<package>\`. The image also has a bill of materials, \`/app/sbom.cdx.json\`.
Written by npm run generate from package-lock.json.

| package | version | licence |
| --- | --- | --- |
`;

/**
 * What the lock file installs without packages for development, by name and version. Where the lock file leaves a
 * licence out, \`manifestAt\` gives the package's own package.json.
 */
export function shippedPackages({ packages }, manifestAt) {
  const shipped = Object.entries(packages)
    .filter(([path, { dev }]) => path !== '' && dev !== true)
    .map(([path, { name, version, license }]) => ({
      name: name ?? path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length),
      version,
      licence: license ?? licenceOf(manifestAt(path)),
    }));
  const lines = new Map(shipped.map((one) => [`${one.name} ${one.version}`, one]));
  return [...lines.values()].sort((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1));
}

/** What is wrong with the licences, a sentence each. */
export function licenceProblems(packages) {
  return packages
    .filter(({ licence }) => !PERMISSIVE.has(licence))
    .map(
      ({ name, version, licence }) =>
        `${name} ${version} is licensed under ${licence}, which may not be shipped.`,
    );
}

/** The text of THIRD-PARTY-NOTICES.md. */
export function noticesOf(packages) {
  const rows = packages.map(({ name, version, licence }) => `| ${name} | ${version} | ${licence} |\n`);
  return HEAD + rows.join('');
}

function keyOf({ name, version }) {
  return `${name} ${version}`;
}

/** Older packages list them. */
function licenceOf({ name, license, licenses }) {
  return license ?? licenses?.map(({ type }) => type).join(' AND ') ?? STATED_IN_README[name] ?? 'no licence';
}
