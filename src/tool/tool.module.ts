import { Module } from '@nestjs/common';
import { CallTool } from './app/call-tool.js';
import { ToolMetrics } from './app/tool-metrics.js';
import { ToolRegistry } from './app/tool-registry.js';
import { ToolsController } from './http/tools.controller.js';
import { BUILTIN_TOOLS, type Tool } from './ports/tool.js';

/** What models may call: the server's own tools, and how they are called. */
@Module({
  controllers: [ToolsController],
  providers: [
    { provide: BUILTIN_TOOLS, useFactory: (): readonly Tool[] => [] },
    CallTool,
    ToolMetrics,
    ToolRegistry,
  ],
  exports: [CallTool, ToolRegistry],
})
export class ToolModule {}
