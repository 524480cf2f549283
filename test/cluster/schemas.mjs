#!/usr/bin/env node
// Writes the API schemas of a Kubernetes release to FOLDER, for validators that work offline:
//   schemas.mjs FOLDER VERSION...      e.g. schemas.mjs schemas 1.31.14 1.37.2
// They are files of the Go module k8s.io/kubernetes, which the go client fetches and verifies.
//   FOLDER/VERSION/openapi/     for kubectl-validate --local-schemas (OpenAPI v3, as published)
//   FOLDER/VERSION/jsonschema/  for kubeconform -schema-location
//                               'FOLDER/VERSION/jsonschema/{{.ResourceKind}}{{.KindSuffix}}.json'
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, dirname } from 'node:path';

const [folder, ...versions] = process.argv.slice(2);
if (!versions.length) throw new Error('usage: schemas.mjs FOLDER VERSION...');

// Strict JSON schema from a swagger definition: no unknown fields, and the types that the API
// server reads more generously than swagger says (quantities and ports may be numbers or strings).
const numberOrString = { oneOf: [{ type: 'string' }, { type: 'number' }] };
function strict(schema) {
  if (Array.isArray(schema)) return schema.map(strict);
  if (schema === null || typeof schema !== 'object') return schema;
  if (schema.format === 'int-or-string') return numberOrString;
  const result = {};
  for (const [name, value] of Object.entries(schema)) {
    if (name === '$ref') result.$ref = value.replace('#/definitions/', '_definitions.json#/definitions/');
    else if (name === 'properties')
      result.properties = Object.fromEntries(Object.entries(value).map(([key, property]) => [key, strict(property)]));
    else if (!name.startsWith('x-kubernetes')) result[name] = strict(value);
  }
  if (result.properties) result.additionalProperties ??= false;
  return result;
}

for (const version of versions) {
  mkdirSync(folder, { recursive: true });
  const { Dir } = JSON.parse(
    execFileSync('go', ['mod', 'download', '-json', `k8s.io/kubernetes@v${version}`], { cwd: folder }),
  );
  const specs = join(Dir, 'api', 'openapi-spec');

  // apis__apps__v1_openapi.json -> apis/apps/v1.json. The group lists (apis__apps_openapi.json) hold no schemas.
  for (const file of readdirSync(join(specs, 'v3'))) {
    const parts = file.replace('_openapi.json', '').split('__');
    if (!/^v\d/.test(parts.at(-1))) continue;
    const to = join(folder, version, 'openapi', ...parts) + '.json';
    mkdirSync(dirname(to), { recursive: true });
    copyFileSync(join(specs, 'v3', file), to);
  }

  const { definitions } = JSON.parse(readFileSync(join(specs, 'swagger.json'), 'utf8'));
  const out = join(folder, version, 'jsonschema');
  mkdirSync(out, { recursive: true });
  const converted = Object.fromEntries(Object.entries(definitions).map(([name, value]) => [name, strict(value)]));
  converted['io.k8s.apimachinery.pkg.api.resource.Quantity'] = numberOrString;
  writeFileSync(join(out, '_definitions.json'), JSON.stringify({ definitions: converted }));
  for (const [name, definition] of Object.entries(definitions)) {
    for (const { group, version: apiVersion, kind } of definition['x-kubernetes-group-version-kind'] ?? []) {
      if (!definition.properties?.metadata) continue;
      const file = [kind, group.split('.')[0], apiVersion].filter(Boolean).join('-').toLowerCase();
      writeFileSync(join(out, `${file}.json`), JSON.stringify({ $ref: `_definitions.json#/definitions/${name}` }));
    }
  }
  console.log(`${version}: ${readdirSync(out).length - 1} kinds`);
}
