import './node-version.js';
import 'reflect-metadata';
import { loadConfig, readEnvironment } from './platform/config/index.js';
import { runProcess } from './process.js';

// The role of the process is a setting: ROLE.
runProcess(() => loadConfig(readEnvironment()));
