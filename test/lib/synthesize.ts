import { App, Chart, Testing, type ChartProps } from 'cdk8s';
import { WhisperSttService, type WhisperSttServiceProps } from '../../lib';

/** The image of the deployment document. */
export const IMAGE = 'stt-service:v1.0.16-amd64';

/** A Kubernetes object as it is written to YAML. */
export interface SynthesizedObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly labels?: Record<string, string> };
}

/** The manifests of one service, by kind. */
export interface Synthesized {
  readonly service: WhisperSttService;
  readonly objects: readonly SynthesizedObject[];
  readonly namespace: SynthesizedObject | undefined;
  readonly serviceAccount: SynthesizedObject;
  readonly deployment: SynthesizedObject;
  readonly kubernetesService: SynthesizedObject;
  readonly hpa: SynthesizedObject;
}

/** What a test may say beside the props. */
export interface SynthesizeOptions {
  readonly chart?: ChartProps;
  readonly id?: string;
  /** Called between construction and synth: the place of escape hatches. */
  readonly change?: (service: WhisperSttService) => void;
}

export function testChart(props: ChartProps = {}): Chart {
  return new Chart(new App({ outdir: 'unused' }), 'test', props);
}

/** Constructs a service and renders its manifests; validations run, as they do in `cdk8s synth`. */
export function synthesize(props: Partial<WhisperSttServiceProps> = {}, options: SynthesizeOptions = {}): Synthesized {
  const chart = testChart(options.chart);
  const service = new WhisperSttService(chart, options.id ?? 'stt', { image: IMAGE, ...props });
  options.change?.(service);
  const objects = Testing.synth(chart) as SynthesizedObject[];
  const find = (kind: string): SynthesizedObject | undefined => objects.find((object) => object.kind === kind);
  return {
    service,
    objects,
    namespace: find('Namespace'),
    serviceAccount: find('ServiceAccount')!,
    deployment: find('Deployment')!,
    kubernetesService: find('Service')!,
    hpa: find('HorizontalPodAutoscaler')!,
  };
}

/** The message with which construction or synth fails; empty when it does not. */
export function failure(attempt: () => unknown): string {
  try {
    attempt();
    return '';
  } catch (error) {
    return (error as Error).message;
  }
}
