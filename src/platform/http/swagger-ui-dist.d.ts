declare module 'swagger-ui-dist/absolute-path.js' {
  /** The directory that holds Swagger UI's files. */
  export default function absolutePath(): string;
}
