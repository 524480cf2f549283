const { createHash } = require('node:crypto');
const { existsSync, readFileSync } = require('node:fs');
const { dirname, join } = require('node:path');
const ts = require('typescript');

const parse = (name, text) => ts.createSourceFile(name, text, ts.ScriptTarget.Latest, true);

/** The file that an import of `specifier` means, which is a file or the index of a folder. */
function resolve(importer, specifier) {
  const path = join(dirname(importer), specifier);
  return existsSync(`${path}.ts`) ? `${path}.ts` : join(path, 'index.ts');
}

/** What a file that only exports again exports, as [name, file that declares it]. */
function exportsOf(index) {
  return parse(index, readFileSync(index, 'utf8')).statements.flatMap((statement) => {
    if (!ts.isExportDeclaration(statement) || !statement.exportClause || !ts.isNamedExports(statement.exportClause)) {
      throw new Error(`${index} has "${statement.getText()}". It may only have: export { name } from './file'.`);
    }
    const file = resolve(index, statement.moduleSpecifier.text);
    const declaredBy = file.endsWith('index.ts') ? new Map(exportsOf(file)) : undefined;
    return statement.exportClause.elements.map(({ name }) => [name.text, declaredBy?.get(name.text) ?? file]);
  });
}

/** The declaration of a name with its documentation, as the compiler would write it into a .d.ts. */
function declarationOf(name, file) {
  const compilerOptions = { target: ts.ScriptTarget.ES2022 };
  const { outputText } = ts.transpileDeclaration(readFileSync(file, 'utf8'), { compilerOptions });
  const statement = parse('declarations.d.ts', outputText).statements.find((found) => found.name?.text === name);
  if (!statement) {
    throw new Error(`${file} has no declaration of ${name}, which lib/index.ts exports.`);
  }
  const internal = ts.getJSDocTags(statement).some(({ tagName }) => tagName.text === 'internal');
  return { name, internal, text: statement.getFullText().trim() };
}

/**
 * What docs/API.md is made of: the exported declarations that are not `@internal`, by name.
 *
 * @param {string} root folder of the package
 * @returns {{ name: string, text: string }[]}
 */
function apiDeclarations(root) {
  return exportsOf(join(root, 'lib/index.ts'))
    .map(([name, file]) => declarationOf(name, file))
    .filter(({ internal }) => !internal)
    .sort((left, right) => (left.name < right.name ? -1 : 1));
}

/**
 * Fingerprint of what docs/API.md is made of. The document itself takes jsii many seconds; this takes one at most.
 *
 * @param {string} root folder of the package
 * @returns {string} SHA-256 in hexadecimal
 */
function apiFingerprint(root) {
  const texts = apiDeclarations(root).map(({ text }) => text);
  return createHash('sha256').update(texts.join('\n')).digest('hex');
}

module.exports = { apiDeclarations, apiFingerprint };
