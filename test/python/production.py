"""apps/production.ts in Python, and beside it every kind of prop with its default, so that each type goes through jsii."""

from cdk8s import App, Chart, Duration, Size
from cdk8s_plus_28 import ImagePullPolicy, ProbeOptions, TaintEffect, k8s
from cdk8s_whisper_stt import (
    Device,
    HttpRouteOptions,
    IngressOptions,
    ModelSource,
    NetworkPeer,
    NodeLabel,
    Quantization,
    ServiceMonitorOptions,
    Toleration,
    WhisperModel,
    WhisperSttService,
)

app = App()
chart = Chart(app, "production")

priority = k8s.KubePriorityClass(
    chart,
    "priority",
    metadata=k8s.ObjectMeta(name="voice"),
    value=1_000_000,
    description="Services that people talk to",
)

WhisperSttService(
    chart,
    "stt",
    kubernetes_version="1.35",
    name="whisper-stt",
    namespace="voice",
    labels={"app.kubernetes.io/part-of": "voice-agents", "owner": "speech-platform"},
    image="registry.example.com/voice/whisper-stt:1.0.0",
    image_digest="sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    image_pull_secrets=["registry"],
    api_keys_secret_name="whisper-stt-keys",
    min_replicas=3,
    max_replicas=12,
    request_timeout=Duration.minutes(2),
    priority_class_name=priority.name,
    cpu_pinning_pool=NodeLabel(key="node-pool", value="pinned-cpus"),
    node_selector={"kubernetes.io/arch": "amd64"},
    tolerations=[Toleration(key="dedicated", value="voice", effect=TaintEffect.NO_SCHEDULE)],
    callers=[NetworkPeer.own_namespace(), NetworkPeer.namespace("agents", {"app": "voice-agent"})],
    scrapers=[NetworkPeer.namespace("monitoring", {"app.kubernetes.io/name": "prometheus"})],
    allow_dns=True,
    prefer_same_zone=True,
    ingress=IngressOptions(host="stt.example.com", tls_secret_name="stt-example-com"),
    http_route=HttpRouteOptions(
        gateway="public",
        gateway_namespace="gateways",
        section_name="https",
        hostnames=["whisper.example.com"],
    ),
    service_monitor=ServiceMonitorOptions(labels={"release": "kube-prometheus-stack"}),
    resource_quota=True,
    limit_range=True,
    admission_policy=True,
    # The defaults.
    memory=Size.mebibytes(700),
    model=WhisperModel.TINY,
    model_source=ModelSource.baked_into_image(),
    quantization=Quantization.INT8,
    device=Device.CPU,
    image_pull_policy=ImagePullPolicy.ALWAYS,
    startup_probe=ProbeOptions(failure_threshold=60, period_seconds=Duration.seconds(2)),
    sidecars=[],
    env={},
)

app.synth()
