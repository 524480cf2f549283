import { ApiObject } from 'cdk8s';
import type { Deployment, Namespace, Service, ServiceAccount } from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { Autoscaling, createHpa, type AutoscalingProps } from './autoscaling';
import { Drain, type DrainProps } from './drain';
import { Identity, type IdentityProps } from './identity';
import { ImageReference } from './image-reference';
import { ModelChoice, type ModelProps } from './model';
import { createNamespace, type NamespaceProps } from './namespace';
import { createService, listeningPort, type NetworkingProps } from './networking';
import { enforcePolicy } from './policy';
import { Probes, type ProbeProps } from './probes';
import { PropFaults } from './prop-faults';
import { createServiceAccount } from './security';
import { Sizing, type SizingProps } from './sizing';
import { createDeployment, type WorkloadProps } from './workload';

/** Everything that can be said about a `WhisperSttService`; only `image` must be. */
export interface WhisperSttServiceProps
  extends
    WorkloadProps,
    IdentityProps,
    NamespaceProps,
    SizingProps,
    ModelProps,
    ProbeProps,
    DrainProps,
    AutoscalingProps,
    NetworkingProps {}

/**
 * Whisper speech-to-text on Kubernetes: Guaranteed pods with pinned CPUs, probed, scaled and locked down.
 *
 * A faulty prop throws at once. What only shows in the finished manifests (escape hatches included) fails at synth.
 *
 * @example
 * new WhisperSttService(chart, 'stt', { image: 'registry.example.com/voice/stt-service:v1.0.16-amd64' });
 */
export class WhisperSttService extends Construct {
  /** The namespace, under Pod Security `restricted`; undefined with `createNamespace: false`. */
  public readonly namespace?: Namespace;

  /** The account that the pods run as; it has no token. */
  public readonly serviceAccount: ServiceAccount;

  /** The pods. Also this construct's default child. */
  public readonly deployment: Deployment;

  /** What callers connect to. */
  public readonly service: Service;

  /** The HorizontalPodAutoscaler. */
  public readonly hpa: ApiObject;

  /**
   * @param scope a chart, or a construct below one
   * @param id unique in its scope; object names come from `name`, so it can be changed at will
   * @param props see `docs/construct.md`
   * @throws when a prop is faulty; the message lists every fault with its code, the value got and what to do
   */
  constructor(scope: Construct, id: string, props: WhisperSttServiceProps) {
    super(scope, id);

    const faults = new PropFaults();
    const image = ImageReference.parse(props.image, faults);
    const identity = new Identity(this, props, image, faults);
    const sizing = new Sizing(props, faults);
    const model = new ModelChoice(props, faults);
    const port = listeningPort(props, faults);
    const probes = new Probes(props, faults);
    const drain = new Drain(props, faults);
    const autoscaling = new Autoscaling(props, faults);
    faults.throwIfAny(this.node.path);

    this.namespace = (props.createNamespace ?? true) ? createNamespace(this, identity) : undefined;
    this.serviceAccount = createServiceAccount(this, identity);
    this.deployment = createDeployment(this, {
      identity,
      image,
      sizing,
      model,
      port,
      probes,
      drain,
      serviceAccount: this.serviceAccount,
    });
    this.service = createService(this, identity, port);
    this.hpa = createHpa(this, identity, this.deployment, autoscaling);

    this.node.defaultChild = ApiObject.of(this.deployment);
    enforcePolicy(this);
  }
}
