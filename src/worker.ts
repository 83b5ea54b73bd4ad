import 'reflect-metadata';
import { loadConfig, readEnvironment } from './platform/config/index.js';
import { runProcess } from './process.js';

// Runs turns and nothing else, whatever ROLE says.
runProcess(() => loadConfig({ ...readEnvironment(), ROLE: 'worker' }));
