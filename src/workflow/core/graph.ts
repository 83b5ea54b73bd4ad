import type { Flow, FlowNode, KindOfStep } from './flow.js';

/** How a step of a run is shown. */
export type NodeState = 'active' | 'waiting' | 'completed' | 'skipped' | 'failed';

/** How kinds are drawn: what stands around their titles. */
const SHAPES: Readonly<Record<string, readonly [open: string, close: string]>> = {
  chat: ['[', ']'],
  generate: ['[', ']'],
  extract: ['[', ']'],
  retrieve: ['[(', ')]'],
  tool: ['[[', ']]'],
  branch: ['{', '}'],
  human: ['[/', '/]'],
  wait: ['([', '])'],
  end: ['((', '))'],
};
const CLASSES: Readonly<Record<NodeState, string>> = {
  active: 'fill:#dbeafe,stroke:#1d4ed8,color:#111827',
  waiting: 'fill:#fef9c3,stroke:#a16207,color:#111827',
  completed: 'fill:#dcfce7,stroke:#15803d,color:#111827',
  skipped: 'fill:#f3f4f6,stroke:#6b7280,color:#111827,stroke-dasharray:4',
  failed: 'fill:#fee2e2,stroke:#b91c1c,color:#111827',
};
const MAX_LABEL = 80;

/** The workflow as a flowchart in Mermaid; `states`: those of the steps of a run, by where they are defined. */
export function mermaidOf(
  flow: Flow,
  kind: KindOfStep,
  states: ReadonlyMap<string, NodeState> = new Map(),
): string {
  const { definition } = flow;
  const lines = [
    'flowchart TD',
    `  begin((" ")) --> ${idOf(definition.start)}`,
    ...bodyLines(flow, kind, '', 1),
  ];
  const used = new Set<NodeState>();
  for (const path of flow.nodes.keys()) {
    const state = states.get(path);
    if (state === undefined) continue;
    used.add(state);
    lines.push(`  class ${idOf(path)} ${state}`);
  }
  for (const state of used) lines.push(`  classDef ${state} ${CLASSES[state]}`);
  return `${lines.join('\n')}\n`;
}

function bodyLines(flow: Flow, kind: KindOfStep, scope: string, depth: number): string[] {
  const own = [...flow.nodes.values()].filter(
    ({ path }) => path.startsWith(scope) && isDirect(flow, path.slice(scope.length), scope),
  );
  const indent = '  '.repeat(depth);
  return own.flatMap((node) => [
    ...nodeLines(flow, kind, node, depth),
    ...kind
      .ways(node.step)
      .map(([field, to]) => `${indent}${idOf(node.path)} ${arrow(field, node)} ${idOf(`${scope}${to}`)}`),
  ]);
}

/** Whether nothing on the way to it is a step itself. */
function isDirect(flow: Flow, rest: string, scope: string): boolean {
  const parts = rest.split('/');
  return parts.slice(0, -1).every((_, at) => !flow.nodes.has(`${scope}${parts.slice(0, at + 1).join('/')}`));
}

function nodeLines(flow: Flow, kind: KindOfStep, { path, step }: FlowNode, depth: number): string[] {
  const indent = '  '.repeat(depth);
  const bodies = kind.bodies(step);
  if (bodies.length === 0) {
    const [open, close] = SHAPES[step.kind ?? 'chat'] ?? ['[', ']'];
    return [`${indent}${idOf(path)}${open}"${labelOf(step.title)}"${close}`];
  }
  const inside = bodies.flatMap(({ key }) =>
    bodyLines(flow, kind, `${path}/${key === undefined ? '' : `${key}/`}`, depth + 1),
  );
  return [`${indent}subgraph ${idOf(path)} ["${labelOf(step.title)}"]`, ...inside, `${indent}end`];
}

function arrow(field: string, { step }: FlowNode): string {
  if (field === 'next') return step.kind === 'branch' ? '-->|"otherwise"|' : '-->';
  if (field === 'onError') return '-.->|"error"|';
  const [, at] = /^cases\.(\d+)\.to$/.exec(field) ?? [];
  if (at === undefined) return `-->|"${labelOf(field.replace(/^on/, '').toLowerCase())}"|`;
  const { cases = [] } = step as { readonly cases?: readonly { readonly when: string }[] };
  return `-->|"${labelOf(cases[Number(at)]?.when ?? '')}"|`;
}

/** A name that Mermaid takes for nothing else. */
function idOf(path: string): string {
  return `s_${path.replaceAll('/', '__').replaceAll('*', 'each').replaceAll('-', '_')}`;
}

/** A text in quotation marks: whatever could end it, or means something, is said by its number. */
function labelOf(text: string): string {
  const short = text.length > MAX_LABEL ? `${text.slice(0, MAX_LABEL - 1).toWellFormed()}…` : text;
  return short.replace(/\s+/g, ' ').replace(/["#&<>;`\\[\]{}()|]/g, (one) => `#${one.codePointAt(0)};`);
}
