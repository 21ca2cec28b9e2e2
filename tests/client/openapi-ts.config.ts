import { defineConfig } from '@hey-api/openapi-ts';

export default defineConfig({
  input: process.env.OPENAPI!,
  // Node runs TypeScript as it stands, and wants the names of files whole.
  output: { path: 'generated', module: { extension: '.ts' } },
});
