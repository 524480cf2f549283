/** Writes docs/RULES.md from the compiled rules. */
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const { RULES } = require('../build/lib/policy/rules.js');
const { rulesDocument } = require('../build/lib/policy/rules-document.js');

writeFileSync(new URL('../docs/RULES.md', import.meta.url), rulesDocument(RULES));
