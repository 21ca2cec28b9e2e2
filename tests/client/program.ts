// What a partner's program does with a client made from openapi.yaml: create, wait, list, read the errors. The compiler
// holds every field that is named here to the contract.
import assert from 'node:assert/strict';
import { setTimeout } from 'node:timers/promises';

import { createClient } from './generated/client/index.ts';
import { createImport, getImport, listImportErrors, listImports } from './generated/index.ts';
import type { ErrorsOrMessage, Import, ImportErrorCode, Status } from './generated/index.ts';

const client = createClient({ baseUrl: process.env.API_URL!, auth: process.env.API_TOKEN! });

const lines = [
  { data: { type: 'subscription_product', attributes: { external_ref: 'tea', name: 'Tea' } } },
  { data: { type: 'subscription_product', attributes: { external_ref: 'te', name: 'Te' } } },
];
const file = new Blob([lines.map((line) => JSON.stringify(line)).join('\n')]);

const created = await createImport({ client, body: { import_file: file, external_ref: 'from TypeScript' } });
assert.equal(created.response?.status, 201);
const job: Import = created.data!.data;
assert.equal(job.attributes.external_ref, 'from TypeScript');
assert.equal(job.attributes.status, 'pending' satisfies Status);
assert.equal(created.response.headers.get('location'), job.links.self);

const ended = await untilEnded(job.id);
assert.equal(ended.attributes.status, 'success' satisfies Status);
assert.equal(ended.meta.records.uploaded.subscription_product, 2);
assert.equal(ended.meta.records.imported.subscription_product, 1);
assert.equal(ended.meta.errors, 1);
assert.ok(Date.parse(ended.meta.timestamps.finished_at!) >= Date.parse(ended.meta.timestamps.created_at));

const list = await listImports({ client, query: { 'page[limit]': 1 }, throwOnError: true });
assert.deepEqual(list.data.data, [ended]);
assert.equal(list.data.meta.page.limit, 1);
assert.equal(list.data.links.prev, null);

const errors = await listImportErrors({ client, path: { id: job.id }, throwOnError: true });
assert.equal(errors.data.meta.results.total, 1);
const { line_number, field, code, external_ref } = errors.data.data[0]!.meta;
assert.deepEqual(
  { line_number, field, code, external_ref },
  { line_number: 2, field: 'data.attributes.name', code: 'wrong_length' satisfies ImportErrorCode, external_ref: 'te' },
);

const missing = await getImport({ client, path: { id: '00000000-0000-4000-8000-000000000000' } });
assert.equal(missing.data, undefined);
const refusal: ErrorsOrMessage = missing.error!;
assert.ok('errors' in refusal);
assert.equal(refusal.errors[0]!.title, 'Not Found');

async function untilEnded(id: string): Promise<Import> {
  for (let tries = 0; tries < 300; tries += 1) {
    const { data } = await getImport({ client, path: { id }, throwOnError: true });
    if (data.data.attributes.status === 'success' || data.data.attributes.status === 'failed') return data.data;
    await setTimeout(200);
  }
  throw new Error('the job does not end');
}
