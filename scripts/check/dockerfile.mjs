/**
 * The stages of a Dockerfile with what they copy, run and start. Understands what ours uses; anything else is
 * refused, so that a step is never skipped in silence.
 */
export function parseDockerfile(text, ignoreText) {
  const stages = [];
  for (const line of instructions(text)) {
    const [, word, rest] = /^(\S+)\s+(.*)$/s.exec(line) ?? [];
    if (word === 'FROM') stages.push(newStage(rest, stages.length));
    else apply(stages.at(-1), word, rest);
  }
  const allowed = new Set(
    ignoreText
      .split('\n')
      .filter((line) => line.startsWith('!'))
      .map((line) => line.slice(1).trim()),
  );
  return { stages, ignored: (source) => !allowed.has(source) };
}

function instructions(text) {
  return text
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .join('\n')
    .replaceAll('\\\n', ' ')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

function newStage(rest, index) {
  const [image, , name] = rest.split(/\s+/);
  return { name: name ?? `stage-${index}`, image, steps: [], env: {}, command: [], healthcheck: [] };
}

function apply(stage, word, rest) {
  switch (word) {
    case 'COPY':
      return stage.steps.push(copyStep(rest));
    case 'RUN':
      return stage.steps.push({ kind: 'RUN', command: rest });
    case 'ENV':
      for (const [, name, value] of rest.matchAll(/(\w+)=(\S+)/g)) stage.env[name] = value;
      return;
    case 'CMD':
      return (stage.command = JSON.parse(rest));
    case 'HEALTHCHECK':
      return (stage.healthcheck = JSON.parse(rest.slice(rest.indexOf('CMD') + 3)));
    case 'USER':
      return (stage.user = rest);
    case 'STOPSIGNAL':
      return (stage.stopSignal = rest);
    case 'WORKDIR':
    case 'EXPOSE':
      return;
    default:
      throw new Error(`The check of the Dockerfile does not know the instruction ${word}: teach it.`);
  }
}

function copyStep(rest) {
  const words = rest.split(/\s+/);
  const from = words.find((word) => word.startsWith('--from='))?.slice('--from='.length);
  const paths = words.filter((word) => !word.startsWith('--'));
  return { kind: 'COPY', from, sources: paths.slice(0, -1), target: paths.at(-1) };
}
