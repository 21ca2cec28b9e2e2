// Sends a file with the client made from openapi.yaml, and prints the id of its job.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';

import { createClient } from './generated/client/index.ts';
import { createImport } from './generated/index.ts';

const client = createClient({ baseUrl: process.env.API_URL!, auth: process.env.API_TOKEN! });
const import_file = new Blob([await readFile(process.env.FILE!)]);
const created = await createImport({ client, body: { import_file, external_ref: 'same', on_conflict: 'skip' } });
assert.equal(created.response?.status, 201);
process.stdout.write(created.data!.data.id);
