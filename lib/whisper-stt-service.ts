import { ApiObject } from 'cdk8s';
import type { Deployment, Namespace, Service, ServiceAccount } from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { admissionPolicyEnabled, createAdmissionPolicy, type AdmissionPolicyProps } from './admission-policy';
import { ApiKeys, type ApiKeysProps } from './api-keys';
import { Autoscaling, createHpa, type AutoscalingProps } from './autoscaling';
import { Availability, type AvailabilityProps } from './availability';
import { DeviceChoice, type DeviceProps } from './device';
import { Drain, type DrainProps } from './drain';
import { emitAsWritten } from './emit-as-written';
import { warnOfOpenDoors } from './exposure';
import { HttpRouteExposure, type HttpRouteProps } from './http-route';
import { Identity, type IdentityProps } from './identity';
import { ImageReference } from './image-reference';
import { IngressExposure, type IngressProps } from './ingress';
import { KubernetesVersion, type KubernetesVersionProps } from './kubernetes-version';
import { ModelChoice, type ModelProps } from './model';
import { ModelStore, type ModelSourceProps } from './model-source';
import { Monitoring, type MonitoringProps } from './monitoring';
import { createNamespace, type NamespaceProps } from './namespace';
import { createNetworkPolicy, NetworkAccess, warnOfMuteSidecars, type NetworkPolicyProps } from './network-policy';
import { createService, listeningPort, trafficDistribution, type NetworkingProps } from './networking';
import { explain } from './explanation/explain';
import { advice, enforcePolicy, manifestsOf } from './policy';
import { PodMetadata, type PodMetadataProps } from './pod-metadata';
import { Probes, type ProbeProps } from './probes';
import { PropFaults } from './prop-faults';
import { checkPropTypes } from './prop-types';
import { createLimitRange, createResourceQuota, warnOfBlockedSolvers, type QuotaProps } from './quota';
import { Rollout, type RolloutProps } from './rollout';
import { Scheduling, type SchedulingProps } from './scheduling';
import { createServiceAccount } from './security';
import { extraEnvironment, maxBodyBytes, type EnvironmentProps } from './server-environment';
import { Sidecars, type SidecarProps } from './sidecar';
import { Sizing, type SizingProps } from './sizing';
import { Warnings } from './warnings';
import { createDeployment, ImagePull, type WorkloadProps } from './workload';

/** Everything that can be said about a `WhisperSttService`; only `image` must be. */
export interface WhisperSttServiceProps
  extends
    WorkloadProps,
    IdentityProps,
    NamespaceProps,
    SizingProps,
    ModelProps,
    ModelSourceProps,
    DeviceProps,
    ApiKeysProps,
    EnvironmentProps,
    PodMetadataProps,
    SidecarProps,
    ProbeProps,
    DrainProps,
    RolloutProps,
    AutoscalingProps,
    AvailabilityProps,
    SchedulingProps,
    NetworkingProps,
    NetworkPolicyProps,
    IngressProps,
    HttpRouteProps,
    QuotaProps,
    AdmissionPolicyProps,
    MonitoringProps,
    KubernetesVersionProps {}

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

  /** What node drains must respect; undefined with `podDisruptionBudget: false`. */
  public readonly podDisruptionBudget?: ApiObject;

  /** Who may talk to the pods; undefined with `networkPolicy: false`. */
  public readonly networkPolicy?: ApiObject;

  /** How callers outside of the cluster come in; undefined without `ingress`. */
  public readonly ingress?: ApiObject;

  /** How callers outside of the cluster come in by a Gateway; undefined without `httpRoute`. */
  public readonly httpRoute?: ApiObject;

  /** What the namespace may use; undefined without `resourceQuota`. */
  public readonly resourceQuota?: ApiObject;

  /** What each container of the namespace must say; undefined without `limitRange`. */
  public readonly limitRange?: ApiObject;

  /** The ValidatingAdmissionPolicy that refuses unpinned pods; undefined without `admissionPolicy`. */
  public readonly admissionPolicy?: ApiObject;

  /** What puts the ValidatingAdmissionPolicy into force; undefined without `admissionPolicy`. */
  public readonly admissionPolicyBinding?: ApiObject;

  /** How Prometheus finds the metrics; undefined without `serviceMonitor`. */
  public readonly serviceMonitor?: ApiObject;

  readonly #warnings = new Warnings();

  /**
   * @param scope a chart, or a construct below one
   * @param id unique in its scope; object names come from `name`, so it can be changed at will
   * @param props see `docs/construct.md`
   * @throws when a prop is faulty; the message lists every fault with its code, the value got and what to do
   */
  constructor(scope: Construct, id: string, props: WhisperSttServiceProps) {
    super(scope, id);

    const faults = new PropFaults();
    checkPropTypes(props, faults);
    faults.throwIfAny(this.node.path);
    const kubernetesVersion = KubernetesVersion.parse(props.kubernetesVersion, faults);
    const image = ImageReference.parse(props.image, faults, { digest: props.imageDigest });
    const identity = new Identity(this, props, image, faults);
    const pull = new ImagePull(props, faults);
    const podMetadata = new PodMetadata(props, identity, faults);
    const model = new ModelChoice(props, faults, this.#warnings);
    const modelStore = new ModelStore(props, kubernetesVersion, faults);
    const device = new DeviceChoice(props, faults, this.#warnings);
    const sidecars = new Sidecars(props, [identity.name, ...modelStore.containerNames], kubernetesVersion, faults);
    const autoscaling = new Autoscaling(props, kubernetesVersion, faults);
    const availability = new Availability(props, autoscaling.minReplicas, faults);
    const environment = extraEnvironment(props, faults);
    const sizing = new Sizing(props, model, autoscaling, faults, this.#warnings);
    const apiKeys = new ApiKeys(props, faults);
    const port = listeningPort(props, faults);
    const probes = new Probes(props, faults);
    const drain = new Drain(props, kubernetesVersion, faults);
    const rollout = new Rollout(props, probes, faults);
    const scheduling = new Scheduling(props, device.toTolerations(), faults);
    const distribution = trafficDistribution(props, kubernetesVersion, this.#warnings);
    const access = new NetworkAccess(
      props,
      { ingress: props.ingress?.proxy, httpRoute: props.httpRoute?.proxy },
      faults,
    );
    warnOfMuteSidecars(props, sidecars.count, this.#warnings);
    const { requestTimeoutSeconds } = drain;
    const limits = { requestTimeoutSeconds, maxBodyBytes: maxBodyBytes(environment) };
    const ingress = IngressExposure.of(props, limits, faults, this.#warnings);
    const route = HttpRouteExposure.of(props, identity, requestTimeoutSeconds, faults);
    const guarded = admissionPolicyEnabled(props, kubernetesVersion, faults);
    const monitoring = Monitoring.of(props, access, faults);
    warnOfBlockedSolvers(props, ingress, this.#warnings);
    warnOfOpenDoors(props, apiKeys, this.#warnings);
    faults.throwIfAny(this.node.path);

    this.namespace = (props.createNamespace ?? true) ? createNamespace(this, identity) : undefined;
    // What limits pods is applied before the pods are.
    if (props.resourceQuota ?? false) {
      this.resourceQuota = createResourceQuota(this, identity, () => ({
        deployment: ApiObject.of(this.deployment),
        hpa: this.hpa,
      }));
    }
    if (props.limitRange ?? false) {
      this.limitRange = createLimitRange(this, identity);
    }
    if (guarded) {
      const { policy, binding } = createAdmissionPolicy(this, identity);
      this.admissionPolicy = policy;
      this.admissionPolicyBinding = binding;
    }
    if (access.enabled) {
      const proxies = [ingress, route].flatMap((exposure) => exposure?.proxy ?? []);
      this.networkPolicy = createNetworkPolicy(this, identity, port, access, proxies);
    }
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
      pull,
      podMetadata,
      modelStore,
      device,
      apiKeys,
      extraEnvironment: environment,
      sidecars,
      rollout,
      scheduling,
    });
    availability.spread(this, this.deployment, identity);
    this.podDisruptionBudget = availability.createPodDisruptionBudget(this, identity);
    this.service = createService(this, identity, port, distribution);
    this.hpa = createHpa(this, identity, this.deployment, autoscaling);

    this.ingress = ingress?.create(this, identity);
    this.httpRoute = route?.create(this, identity, port);
    this.serviceMonitor = monitoring?.create(this, identity);

    this.node.defaultChild = ApiObject.of(this.deployment);
    for (const object of this.node.findAll().filter((child) => ApiObject.isApiObject(child))) {
      emitAsWritten(object);
    }
    enforcePolicy(this);
  }

  /**
   * What somebody should know about this deployment although nothing is wrong with it, each behind a stable code.
   *
   * cdk8s has no channel for warnings: print them from the app.
   */
  public get warnings(): string[] {
    return [...this.#warnings.list(), ...advice(this)];
  }

  /**
   * Every object, why it exists and which props change it; then the CPU and memory that the pods can come to use at the
   * minimum, at the maximum and in a rollout, and how many nodes that takes.
   *
   * @returns text for a terminal
   */
  public explain(): string {
    return explain(manifestsOf(this));
  }
}
