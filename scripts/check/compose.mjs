const MOST_CONTAINERS = 4;

/** What nobody may have the same of as others: a service, its variable, and the variable whose absence stops the start. */
const SECRETS = [
  ['app', 'JWT_SECRET', 'JWT_SECRET'],
  ['app', 'DATABASE_URL', 'POSTGRES_PASSWORD'],
  ['app', 'REDIS_URL', 'REDIS_PASSWORD'],
  ['postgres', 'POSTGRES_PASSWORD', 'POSTGRES_PASSWORD'],
  ['redis', 'REDIS_PASSWORD', 'REDIS_PASSWORD'],
];

/** An image of others: with all three numbers, or by its digest. */
const EXACT_IMAGE = /:v?\d+\.\d+\.\d+[\w.-]*$|@sha256:[0-9a-f]{64}$/;

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
    ...SECRETS.flatMap(([service, name, secret]) =>
      String(services[service]?.environment?.[name]).includes(`\${${secret}:?`)
        ? []
        : [`docker-compose.yml must refuse to start ${service} without ${secret}, in words.`],
    ),
    ...all.flatMap(([name, service]) => serviceProblems(name, service, services, Object.keys(volumes ?? {}))),
  ];
}

function serviceProblems(name, service, services, volumes) {
  const problems = [];
  if (service.build === undefined && !EXACT_IMAGE.test(service.image))
    problems.push(`docker-compose.yml: ${name} runs ${service.image}, which is not one exact version.`);
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
