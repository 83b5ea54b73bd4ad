const HEAD = `# Every variable that Threadline reads; all may stay unset. Copy this file to .env and uncomment what you change.
# Times are written like 90s, 15m, 12h or 7d; a bare number is seconds. Names that end in _MS take milliseconds.
# Written by npm run generate from src/platform/config/sections/.
`;

/** The text of .env.example: each variable's meaning, then the variable with its default. */
export function envExample(variables, defaults) {
  const entries = variables.map(
    ({ name, meaning, isDuration }) =>
      `\n# ${meaning}\n# ${name}=${isDuration ? duration(defaults[name]) : shown(defaults[name])}\n`,
  );
  return HEAD + entries.join('');
}

/** What is wrong with .env.example, a sentence each. */
export function envExampleProblems(text, expected, names) {
  if (text === '') return ['.env.example is missing: run npm run generate.'];
  const documented = [...text.matchAll(/^#? ?([A-Z][A-Z0-9_]*)=/gm)].map(([, name]) => name);
  const problems = [
    ...names.filter((name) => !documented.includes(name)).map((name) => `.env.example leaves ${name} out.`),
    ...documented
      .filter((name) => !names.includes(name))
      .map((name) => `.env.example has ${name}, which nothing reads.`),
  ];
  if (problems.length === 0 && text !== expected)
    problems.push('.env.example is out of date: run npm run generate.');
  return problems;
}

const WINDOWS = { 1000: 'second', 60000: 'minute', 3600000: 'hour' };

const UNITS = { d: 86400000, h: 3600000, m: 60000, s: 1000 };

function duration(milliseconds) {
  const [unit, size] = Object.entries(UNITS).find(
    ([, size]) => milliseconds >= size && milliseconds % size === 0,
  ) ?? ['ms', 1];
  return `${milliseconds / size}${unit}`;
}

function shown(value) {
  if (value === undefined || value === null) return '';
  if (Array.isArray(value)) return value.join(',');
  // A rate is read from one word and kept as two numbers.
  if (typeof value === 'object') return 'limit' in value ? `${value.limit}/${WINDOWS[value.windowMs]}` : '';
  return String(value);
}
