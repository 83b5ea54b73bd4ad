/**
 * Who may know whom, as one table; the rules below are made from it. ARCHITECTURE.md says why.
 * There are no exceptions: a rule that is in the way is changed here, for everybody.
 */
const MODULES = {
  kernel: [],
  platform: ['kernel'],
  usage: ['kernel', 'platform'],
  llm: ['kernel', 'platform', 'usage'],
  log: ['kernel', 'platform'],
  thread: ['kernel', 'platform', 'log'],
  turn: ['kernel', 'platform', 'log', 'thread'],
  stream: ['kernel', 'platform'],
  rag: ['kernel', 'platform', 'llm'],
  tool: ['kernel', 'platform', 'llm'],
  webhook: ['kernel', 'platform'],
  profile: ['kernel', 'platform'],
  workflow: ['kernel', 'platform', 'llm', 'rag', 'tool'],
  chat: ['kernel', 'platform', 'log', 'thread', 'turn', 'workflow', 'stream'],
  dialect: ['kernel', 'platform', 'log', 'chat', 'turn', 'stream', 'llm', 'tool', 'rag'],
  erasure: ['kernel', 'platform', 'usage', 'thread', 'turn', 'rag', 'tool', 'profile', 'webhook', 'chat'],
  health: ['kernel', 'platform', 'llm', 'log', 'tool', 'turn'],
};

/** Inside a module: a folder may import these, besides itself. `*.module.ts` and `index.ts` see all of their own. */
const LAYERS = {
  core: [],
  definitions: ['core', 'steps'],
  ports: ['core'],
  steps: ['core'],
  app: ['ports', 'core', 'definitions', 'steps'],
  http: ['app', 'ports', 'core', 'steps'],
  adapters: ['ports', 'core'],
  providers: ['ports', 'core'],
  builtin: ['ports', 'core'],
};

const names = Object.keys(MODULES);
const withIndex = names.filter((name) => name !== 'platform');

const betweenModules = names.map((name) => ({
  name: `${name}-knows-only-${MODULES[name].join('-') || 'itself'}`,
  comment: `${name} may import ${MODULES[name].join(', ') || 'nothing of the project'}.`,
  severity: 'error',
  from: { path: `^src/${name}/` },
  to: { path: '^src/', pathNot: [name, ...MODULES[name]].map((allowed) => `^src/${allowed}/`) },
}));

const throughIndex = withIndex.map((name) => ({
  name: `${name}-is-entered-through-its-index`,
  comment: 'What a module offers is what its index.ts exports; the rest may change without asking.',
  severity: 'error',
  from: { path: '^src/', pathNot: [`^src/${name}/`] },
  to: { path: `^src/${name}/`, pathNot: [`^src/${name}/index\\.ts$`] },
}));

const platformThroughIndex = {
  name: 'platform-rooms-are-entered-through-their-index',
  comment: 'Each folder of platform is a room of its own with an index.ts.',
  severity: 'error',
  from: { path: '^src/(platform/)?([^/]+)/' },
  to: {
    path: '^src/platform/([^/]+)/',
    pathNot: ['^src/platform/[^/]+/index\\.ts$', '^src/platform/$2/'],
  },
};

const betweenLayers = Object.entries(LAYERS).map(([layer, allowed]) => ({
  name: `${layer}-imports-${allowed.join('-') || 'no-other-layer'}`,
  comment: `Within a module, ${layer} may import ${allowed.join(', ') || 'only itself'}.`,
  severity: 'error',
  from: { path: `^src/([^/]+)/${layer}/`, pathNot: '^src/platform/' },
  to: { path: '^src/$1/[^/]+/', pathNot: [layer, ...allowed].map((name) => `^src/$1/${name}/`) },
}));

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    ...betweenModules,
    ...throughIndex,
    platformThroughIndex,
    ...betweenLayers,
    {
      name: 'pure-folders-import-no-package',
      comment: 'kernel, core, ports and definitions are words and rules: no package but zod, no node: I/O.',
      severity: 'error',
      from: { path: '^src/(kernel|[^/]+/(core|ports|definitions))/', pathNot: '\\.spec\\.ts$' },
      to: { dependencyTypesNot: ['local', 'type-only'], pathNot: ['^src/', '(^|/)node_modules/zod/'] },
    },
    {
      name: 'postgres-is-spoken-in-adapters-only',
      comment:
        'typeorm and pg appear in adapters/, platform/database/ and, for its own pool, platform/jobs/; everybody else asks a port.',
      severity: 'error',
      from: {
        path: '^src/',
        pathNot: ['^src/[^/]+/adapters/', '^src/platform/(database|jobs)/', '\\.spec\\.ts$'],
      },
      to: { path: '(^|/)node_modules/(typeorm|pg|@nestjs/typeorm)/' },
    },
    {
      name: 'bullmq-is-spoken-in-jobs-only',
      comment:
        'Rooms know kinds of jobs, and nothing of what carries them. platform/database/ migrates the tables of the queue.',
      severity: 'error',
      from: {
        path: '^src/',
        pathNot: ['^src/platform/jobs/', '^src/platform/database/migrate\\.ts$', '\\.spec\\.ts$'],
      },
      to: { path: '(^|/)node_modules/bullmq/' },
    },
    {
      name: 'redis-is-spoken-in-adapters-only',
      comment: 'ioredis appears in adapters/ and platform/jobs/; everybody else asks a port.',
      severity: 'error',
      from: {
        path: '^src/',
        pathNot: ['^src/[^/]+/adapters/', '^src/platform/jobs/', '\\.spec\\.ts$'],
      },
      to: { path: '(^|/)node_modules/ioredis/' },
    },
    {
      name: 'dialects-see-no-store',
      comment:
        'A dialect translates. What it needs of storing is a use case of chat; eslint looks after the stores that the ' +
        'index of another module exports.',
      severity: 'error',
      from: { path: '^src/dialect/' },
      to: { path: '^src/(thread/|[^/]+/(adapters|ports)/|platform/database/)' },
    },
    {
      name: 'provider-packages-stay-with-their-provider',
      comment: 'What our upstreams speak stays in llm/providers.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/llm/providers/' },
      to: { path: '(^|/)node_modules/(openai|@anthropic-ai/sdk|ollama)/' },
    },
    {
      name: 'mcp-is-spoken-at-the-rim',
      comment:
        'What MCP servers speak stays in tool/adapters/mcp/; what MCP clients of ours speak is a dialect.',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/tool/adapters/mcp/', '^src/dialect/'] },
      to: { path: '(^|/)node_modules/@modelcontextprotocol/' },
    },
    {
      name: 'migrations-are-passed-in',
      comment: 'Whoever puts the server together knows the migrations; no room does.',
      severity: 'error',
      from: { path: '^src/[^/]+/' },
      to: { path: '^migrations/' },
    },
    {
      name: 'no-cycles',
      comment: 'Two files that need each other, if only for a type, are one file, or miss a third.',
      severity: 'error',
      from: { path: '^(src|migrations)/' },
      to: { circular: true },
    },
    {
      name: 'no-orphans',
      comment: 'A file nobody imports is a file nobody needs.',
      severity: 'error',
      from: {
        orphan: true,
        path: '^src/',
        pathNot: ['^src/(main|worker|providers-health|backup|restore)\\.ts$', '\\.spec\\.ts$', '\\.d\\.ts$'],
      },
      to: {},
    },
    {
      name: 'no-drawers',
      comment: 'A folder called utils, common, shared or helpers says nothing about what is in it.',
      severity: 'error',
      from: {},
      to: { path: '^src/.*/(utils|common|shared|helpers)/|^src/(utils|common|shared|helpers)/' },
    },
    {
      name: 'source-does-not-know-tests',
      comment: 'What ships never imports what only tests need.',
      severity: 'error',
      from: { path: '^src/', pathNot: '\\.spec\\.ts$' },
      to: { path: ['^(test|bench)/', '\\.spec\\.ts$'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
    combinedDependencies: true,
  },
};
