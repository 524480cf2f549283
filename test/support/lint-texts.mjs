// Reads [{ file, text }] as JSON from standard input and prints the messages of the repository's ESLint rules for each
// text, as if it stood in that file: [[{ ruleId, message }]].
// A process of its own: ESLint imports its configuration dynamically, which jest cannot do.
import { text as readAll } from 'node:stream/consumers';
import { ESLint } from 'eslint';
import tseslint from 'typescript-eslint';

const eslint = new ESLint({
  // Import rules need no types, and without them a text is linted in milliseconds.
  overrideConfig: [{ files: ['**/*.ts'], ...tseslint.configs.disableTypeChecked }],
});
const messages = [];
for (const { file, text } of JSON.parse(await readAll(process.stdin))) {
  const [result] = await eslint.lintText(text, { filePath: file });
  messages.push(result.messages.map(({ ruleId, message }) => ({ ruleId, message })));
}
process.stdout.write(JSON.stringify(messages));
