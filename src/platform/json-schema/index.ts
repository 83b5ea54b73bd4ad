export { schemaIssues, type SchemaIssue } from './schema-issues.js';
