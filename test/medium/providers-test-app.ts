import { CurrentProvider } from '../../src/llm/app/current-provider.js';
import { ListProviders } from '../../src/llm/app/list-providers.js';
import { ModelCatalogue } from '../../src/llm/app/model-catalogue.js';
import { ModelDirectory } from '../../src/llm/app/model-directory.js';
import { BREAKER_STATES, ProviderHealth, type KnownBreaker } from '../../src/llm/app/provider-health.js';
import { SelectProvider } from '../../src/llm/app/select-provider.js';
import type { ModelFacts } from '../../src/llm/core/model-facts.js';
import { ProvidersController } from '../../src/llm/http/providers.controller.js';
import { LANGUAGE_MODELS, type LanguageModel } from '../../src/llm/ports/language-model.js';
import { SELECTED_PROVIDER_STORE, type SelectedProvider } from '../../src/llm/ports/selected-provider.js';
import type { DevTokens } from '../../src/platform/auth/index.js';
import { type Database } from '../../src/platform/database/index.js';
import { PostgresUsageReport } from '../../src/usage/adapters/postgres-usage-report.js';
import { ReportUsage } from '../../src/usage/app/report-usage.js';
import { UsageController } from '../../src/usage/http/usage.controller.js';
import { USAGE_REPORT } from '../../src/usage/ports/usage-report.js';
import { startTestModule, type TestApp } from './http-test-app.js';

type Row = Readonly<Record<string, unknown>>;

/** Whatever any of the routes answers. */
interface Answer {
  readonly code?: string;
  readonly providers: readonly Row[];
  readonly current: string;
  readonly count: number;
  readonly models: readonly Row[];
  readonly usage?: readonly Row[];
  readonly total: Row;
  readonly from: string;
  readonly to: string;
  readonly nextCursor: string | null;
  readonly paths: Readonly<Record<string, { readonly get: Operation }>>;
}

interface Operation {
  readonly parameters: readonly Row[];
  readonly responses: Readonly<
    Record<string, { content: Record<string, { schema: { properties: object } }> }>
  >;
}

interface Upstream extends LanguageModel {
  answer: () => Promise<readonly ModelFacts[]>;
}

function upstream(provider: string, type: string, catalogue: readonly ModelFacts[]): Upstream {
  return {
    provider,
    type,
    defaultModel: catalogue[0]!.id,
    catalogue,
    answer: () => Promise.resolve([]),
    stream: () => {
      throw new Error('nobody asks here');
    },
    listModels() {
      return this.answer();
    },
  };
}

const price = { input: 2.5, output: 10, cachedInput: 1.25 };

/** The routes of providers and of usage over three providers that say what the test wants. */
export class App {
  readonly openai = upstream('openai', 'openai', [
    {
      id: 'gpt-4o',
      contextWindow: 128_000,
      capabilities: { streaming: true, tools: true, vision: false },
      price,
    },
    { id: 'text-embedding-3-small', isEmbedding: true, price: { input: 0.02, output: 0 } },
  ]);
  readonly claude = upstream('claude', 'anthropic', [{ id: 'claude-x' }]);
  readonly local = upstream('local', 'local', [{ id: 'quotes' }]);
  readonly breakers: Record<string, readonly KnownBreaker[]> = {};
  readonly selected: SelectedProvider[] = [];
  private running!: TestApp;

  async start(database: Database): Promise<this> {
    const tested = {
      controllers: [ProvidersController, UsageController],
      providers: [
        { provide: LANGUAGE_MODELS, useValue: [this.openai, this.claude, this.local] },
        { provide: BREAKER_STATES, useValue: { states: (name: string) => this.breakers[name] ?? [] } },
        { provide: USAGE_REPORT, useClass: PostgresUsageReport },
        {
          provide: SELECTED_PROVIDER_STORE,
          useValue: {
            read: () => Promise.resolve({ selected: this.selected, asOf: new Date() }),
            write: (selected: SelectedProvider) => Promise.resolve(void this.selected.push(selected)),
            onChanged: () => Promise.resolve(),
          },
        },
        CurrentProvider,
        ListProviders,
        // Asked anew each time, so that a test can change what is listed.
        {
          provide: ModelCatalogue,
          useFactory: () =>
            new ModelCatalogue([this.openai, this.claude, this.local], {
              providers: [],
              LLM_MODELS_TTL_MS: 0,
            }),
        },
        ModelDirectory,
        ProviderHealth,
        ReportUsage,
        SelectProvider,
      ],
    };
    const environment = { RATE_LIMIT: 'off' };
    this.running = await startTestModule(tested, { environment, database });
    return this;
  }

  async stop(): Promise<void> {
    await this.running.app.close();
  }

  logs(): readonly string[] {
    return this.running.logs;
  }

  /** Asks as nobody. */
  fetch(path: string): Promise<Response> {
    return this.running.fetch(path);
  }

  /** Asks as a user, or as an administrator, and answers status and body. */
  async ask(path: string, user: Parameters<DevTokens['issue']>[0] = {}, method = 'GET') {
    const token = await this.running.token({ roles: ['user'], ...user });
    const response = await this.running.fetch(path, { method, token });
    return { status: response.status, body: (await response.json()) as Answer };
  }
}

/** The claims of an administrator. */
export const admin = { roles: ['user', 'admin'] as const };
