export { DialectModule } from './dialect.module.js';
