const MOST_CONTAINERS = 4;

/** What is wrong with the parsed docker-compose.yml, a sentence each; `names` are the server's variables. */
export function composeProblems({ services, volumes }, names) {
  const all = Object.entries(services);
  const byDefault = all.filter(([, { profiles }]) => profiles === undefined);
  return [
    ...(byDefault.length > MOST_CONTAINERS
      ? [
          `docker-compose.yml starts ${byDefault.length} containers; more than ${MOST_CONTAINERS} nobody wants to look after.`,
        ]
      : []),
    ...Object.keys(services.app?.environment ?? { 'an app service': '' })
      .filter((name) => !names.includes(name))
      .map((name) => `docker-compose.yml sets ${name} for the app, which reads no such variable.`),
    ...(String(services.app?.environment?.JWT_SECRET).startsWith('${JWT_SECRET:?')
      ? []
      : ['docker-compose.yml must refuse to start without JWT_SECRET, in words.']),
    ...all.flatMap(([name, service]) => serviceProblems(name, service, services, Object.keys(volumes ?? {}))),
  ];
}

function serviceProblems(name, service, services, volumes) {
  const problems = [];
  if (service.restart !== 'unless-stopped') problems.push(`docker-compose.yml: ${name} is not restarted.`);
  for (const port of service.ports ?? []) {
    if (!String(port).startsWith('127.0.0.1:'))
      problems.push(`docker-compose.yml: ${name} is open to the network on ${port}.`);
  }
  for (const [needed, { condition }] of Object.entries(service.depends_on ?? {})) {
    if (condition !== 'service_healthy' || services[needed]?.healthcheck === undefined) {
      problems.push(`docker-compose.yml: ${name} does not wait until ${needed} is healthy.`);
    }
  }
  for (const volume of service.volumes ?? []) {
    const [source] = String(volume).split(':');
    if (!volumes.includes(source))
      problems.push(`docker-compose.yml: ${name} uses the volume ${source}, which is not declared.`);
  }
  return problems;
}
