from cdk8s import App, Chart
from cdk8s_whisper_stt import WhisperSttService
service = WhisperSttService(Chart(App(), "voice-agent-phase5", namespace="voice-agent-phase5"), "stt", name="stt-service", image="stt-service:v1.0.16-amd64")
service.deployment.metadata.add_annotation("checkov.io/skip1", "CKV_K8S_43=The deployment document names the image by its tag, and imagePullPolicy Always asks for it each time")
App.of(service).synth()
