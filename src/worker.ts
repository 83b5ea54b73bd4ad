import './node-version.js';
import 'reflect-metadata';
import { loadConfig, readEnvironment } from './platform/config/index.js';
import { runProcess } from './process.js';

// Runs turns and nothing else, whatever ROLE says; what it says must make sense all the same.
runProcess(() => loadConfig(readEnvironment(), { ROLE: 'worker' }));
