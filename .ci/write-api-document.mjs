/** Writes docs/API.md from the assembly that `npm run jsii` left in .jsii. */
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Documentation, Language } from 'jsii-docgen';
import { apiFingerprint } from './api-declarations.js';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

const documentation = await Documentation.forProject(ROOT);
const reference = await documentation.toMarkdown({ language: Language.TYPESCRIPT, allSubmodules: true });

writeFileSync(
  join(ROOT, 'docs/API.md'),
  `<!-- Written by \`npm run docs:api\`. Do not edit. Declarations: sha256 ${apiFingerprint(ROOT)} -->

${reference.render().trimEnd()}
`,
);
