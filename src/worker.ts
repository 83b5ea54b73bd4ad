import './node-version.js';
import 'reflect-metadata';
import { loadConfig, readEnvironment } from './platform/config/index.js';
import { runProcess } from './process.js';

// Runs turns and nothing else, whatever ROLE is set to; its value is validated nevertheless.
runProcess(() => loadConfig(readEnvironment(), { ROLE: 'worker' }));
