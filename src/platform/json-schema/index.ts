export { foreignSchemaIssues, foreignSchemaProblem, isTooDeep } from './foreign-schema.js';
export { schemaIssues, type SchemaIssue } from './schema-issues.js';
