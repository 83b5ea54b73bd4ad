import { Module, type DynamicModule } from '@nestjs/common';
import { ChatExecutionModule, ChatModule, ChatTurnExecutor } from './chat/index.js';
import { DialectModule } from './dialect/index.js';
import { ErasureModule } from './erasure/index.js';
import { HealthModule } from './health/index.js';
import { LlmModule } from './llm/index.js';
import { LogModule } from './log/index.js';
import { AuthModule } from './platform/auth/index.js';
import { ConfigModule, type Config } from './platform/config/index.js';
import { DatabaseModule } from './platform/database/index.js';
import { EdgeModule } from './platform/http/index.js';
import { JobsModule } from './platform/jobs/index.js';
import { LoggingModule } from './platform/logging/index.js';
import { TelemetryModule } from './platform/telemetry/index.js';
import { PersonalContextModule } from './personal-context.module.js';
import { ProfileModule } from './profile/index.js';
import { RagModule } from './rag/index.js';
import { SqlFragmentsModule } from './sql-fragments.module.js';
import { StoredResultsModule } from './stored-results.module.js';
import { StreamModule } from './stream/index.js';
import { ToolModule } from './tool/index.js';
import { ThreadModule } from './thread/index.js';
import { TurnModule } from './turn/index.js';
import { UsageModule } from './usage/index.js';
import { WebhookModule } from './webhook/index.js';
import { WorkflowModule } from './workflow/index.js';

export interface AppOptions {
  readonly config: Config;
  readonly connectionString: string;
  /** No other process uses this database. */
  readonly alone: boolean;
}

/** The whole server. The only place that sees every module. */
@Module({})
export class AppModule {
  static with({ config, connectionString, alone }: AppOptions): DynamicModule {
    return {
      module: AppModule,
      imports: [
        ConfigModule.with(config),
        LoggingModule,
        DatabaseModule.connect(connectionString),
        JobsModule.connect(connectionString),
        EdgeModule,
        TelemetryModule,
        AuthModule,
        LogModule,
        SqlFragmentsModule,
        StoredResultsModule,
        ThreadModule,
        TurnModule.with({ module: ChatExecutionModule, executor: ChatTurnExecutor, alone }),
        StreamModule,
        LlmModule,
        UsageModule,
        RagModule,
        ToolModule,
        WebhookModule,
        ProfileModule,
        PersonalContextModule,
        WorkflowModule,
        ChatModule,
        DialectModule,
        ErasureModule,
        HealthModule,
      ],
    };
  }
}
