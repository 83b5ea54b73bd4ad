import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { BUILT_IN_WORKFLOWS } from '../../src/workflow/app/built-in-workflows.js';
import { mermaidOf, type NodeState } from '../../src/workflow/core/graph.js';
import { flowFor, KIND_OF_STEP, type WorkflowDefinition } from '../../src/workflow/steps/kinds.js';
import { installPackage } from '../support/install-package.js';

const PACKAGE = 'test/mermaid';
const STATES: readonly NodeState[] = ['active', 'waiting', 'completed', 'skipped', 'failed'];

beforeAll(() => installPackage(PACKAGE, `${PACKAGE}/node_modules/mermaid/package.json`), 300_000);

/** What Mermaid's own parser says that the texts are. */
async function parsed(graphs: readonly string[]): Promise<string[]> {
  const child = spawn(process.execPath, ['parse.mjs'], { cwd: PACKAGE, stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.end(JSON.stringify(graphs));
  return JSON.parse(await text(child.stdout)) as string[];
}

/** The workflow as it is, and with each of its steps in some state. */
function graphsOf(definition: WorkflowDefinition): string[] {
  const flow = flowFor(definition);
  const states = new Map([...flow.nodes.keys()].map((path, at) => [path, STATES[at % STATES.length]!]));
  return [mermaidOf(flow, KIND_OF_STEP), mermaidOf(flow, KIND_OF_STEP, states)];
}

const TITLES = [
  'a"]; click x "javascript:1"',
  '%% `end` <b>{}|',
  'sub "graph"\n end',
  '#35; &quot;',
  'ｉｎ 🫖',
];
const hostile = {
  ...{ name: 'hostile', version: 1, title: 'Hostile', description: '', start: 'end' },
  steps: [
    { id: 'end', title: TITLES[0], instructions: '', retrieve: false, next: 'class' },
    {
      ...{
        id: 'class',
        kind: 'foreach',
        title: TITLES[2],
        items: 'state.x',
        concurrency: 1,
        start: 'graph',
        next: 'style',
      },
      steps: [{ id: 'graph', kind: 'generate', title: TITLES[1], instructions: '', retrieve: false }],
    },
    {
      ...{ id: 'style', kind: 'branch', title: TITLES[3], next: 'click' },
      cases: [{ when: 'state.a == "]|" || message.contains("-->")', to: 'end' }],
    },
    { id: 'click', kind: 'generate', title: TITLES[4], instructions: '', retrieve: false },
  ],
} as unknown as WorkflowDefinition;

it('is a flowchart to Mermaid, whatever the workflow and however its steps are called', async () => {
  const graphs = [...BUILT_IN_WORKFLOWS, hostile].flatMap(graphsOf);
  expect(await parsed(graphs)).toEqual(graphs.map(() => 'flowchart-v2'));
}, 120_000);
