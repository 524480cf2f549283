import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseAllDocuments } from 'yaml';
import { REPOSITORY } from './control-plane';
import { kubectl, type CommandResult } from './kubectl';
import type { Deployment, HorizontalPodAutoscaler, KubernetesObject } from './objects';

const DIST = path.join(REPOSITORY, 'dist');
const SUFFIX = '.k8s.yaml';

/** The manifests of one app, as they stand in dist/. */
export class SynthesizedApp {
  /** Every app of dist/. */
  static all(): SynthesizedApp[] {
    const files = readdirSync(DIST).filter((file) => file.endsWith(SUFFIX));
    return files.map((file) => SynthesizedApp.named(file.slice(0, -SUFFIX.length)));
  }

  static named(name: string): SynthesizedApp {
    const documents = parseAllDocuments(readFileSync(path.join(DIST, name + SUFFIX), 'utf8'));
    return new SynthesizedApp(
      name,
      documents.map((document) => document.toJS() as KubernetesObject),
    );
  }

  private constructor(
    readonly name: string,
    readonly objects: readonly KubernetesObject[],
  ) {}

  /**
   * The same app in another namespace: beside the original, and nobody's but this test's.
   *
   * Objects of the whole cluster have the namespace in their names and selectors, and are other objects too.
   */
  inNamespace(namespace: string): SynthesizedApp {
    const mention = new RegExp(`(?<=["./])${this.namespace}(?=")`, 'g');
    return this.map((object) => JSON.parse(JSON.stringify(object).replace(mention, namespace)) as KubernetesObject);
  }

  /** The same app with objects changed. */
  map(change: (object: KubernetesObject) => KubernetesObject): SynthesizedApp {
    return new SynthesizedApp(this.name, this.objects.map(change));
  }

  ofKind(kind: string): KubernetesObject[] {
    return this.objects.filter((object) => object.kind === kind);
  }

  get deployment(): Deployment {
    return this.#only('Deployment') as Deployment;
  }

  get hpa(): HorizontalPodAutoscaler {
    return this.#only('HorizontalPodAutoscaler') as HorizontalPodAutoscaler;
  }

  get namespace(): string {
    return this.#only('Namespace').metadata.name;
  }

  /** `kubectl apply --server-side` of the whole app. */
  apply(...flags: readonly string[]): Promise<CommandResult> {
    return apply(this.objects, ...flags);
  }

  /** Of its namespace alone: without it a dry run of the rest is refused. */
  applyNamespace(): Promise<CommandResult> {
    return apply(this.ofKind('Namespace'));
  }

  #only(kind: string): KubernetesObject {
    const [object, ...more] = this.ofKind(kind);
    if (object === undefined || more.length > 0) {
      throw new Error(
        `dist/${this.name}${SUFFIX} has ${more.length + (object ? 1 : 0)} objects of kind ${kind}, not one`,
      );
    }
    return object;
  }
}

/** `kubectl apply --server-side` of some objects. */
export function apply(objects: readonly object[], ...flags: readonly string[]): Promise<CommandResult> {
  // One document each, not a List: of that kubectl does not know whether the server validates its fields, and asks
  // its own copy of the schema instead.
  const documents = objects.map((object) => JSON.stringify(object)).join('\n');
  return kubectl(['apply', '--server-side', ...flags, '-f', '-'], documents);
}
