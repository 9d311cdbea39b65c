{{- define "laser.name" -}}
{{- .Values.nameOverride | default .Chart.Name | trunc 50 | trimSuffix "-" -}}
{{- end -}}

{{/* At most 50 characters, because "-headless" and the like follow. */}}
{{- define "laser.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 50 | trimSuffix "-" -}}
{{- else if contains (include "laser.name" .) .Release.Name -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "laser.name" .) | trunc 50 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* What the servers' pods, and no others, have. Never changes in the life of a release. */}}
{{- define "laser.selectorLabels" -}}
app.kubernetes.io/name: {{ include "laser.name" . | quote }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
app.kubernetes.io/component: server
{{- end -}}

{{- define "laser.commonLabels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | quote }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service | quote }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "laser.labels" -}}
{{ include "laser.selectorLabels" . }}
{{ include "laser.commonLabels" . }}
{{- end -}}

{{/* Name and labels; call with (dict "root" $ "suffix" "-x"). */}}
{{- define "laser.metadata" -}}
name: {{ printf "%s%s" (include "laser.fullname" .root) (.suffix | default "") | quote }}
namespace: {{ .root.Release.Namespace | quote }}
labels:
  {{- include "laser.labels" .root | nindent 2 }}
{{- end -}}

{{- define "laser.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- .Values.serviceAccount.name | default (include "laser.fullname" .) -}}
{{- else -}}
{{- .Values.serviceAccount.name | default "default" -}}
{{- end -}}
{{- end -}}

{{- define "laser.image" -}}
{{- if .Values.image.digest -}}
{{- printf "%s@%s" .Values.image.repository .Values.image.digest -}}
{{- else -}}
{{- printf "%s:%s" .Values.image.repository (.Values.image.tag | default .Chart.AppVersion) -}}
{{- end -}}
{{- end -}}

{{/* Kubernetes counts the sleep of preStop against the grace period; the server's host waits 5 s beyond its drain. */}}
{{- define "laser.gracePeriod" -}}
{{- $needed := add .Values.preStopSeconds .Values.drainSeconds 5 -}}
{{- $given := .Values.terminationGracePeriodSeconds | int64 -}}
{{- if and $given (lt $given $needed) -}}
{{- fail (printf "terminationGracePeriodSeconds (%d) must be at least preStopSeconds + drainSeconds + 5 (%d)" $given $needed) -}}
{{- end -}}
{{- $given | default (add $needed 5) -}}
{{- end -}}

{{/* Not empty where the server asks for API keys. */}}
{{- define "laser.hasKeys" -}}
{{- if or .Values.apiKeys.hashes .Values.apiKeys.existingSecret -}}yes{{- end -}}
{{- end -}}

{{- define "laser.keySecret" -}}
{{- .Values.apiKeys.existingSecret | default (printf "%s-api-keys" (include "laser.fullname" .)) -}}
{{- end -}}

{{/* Where the checkpoint lies in the container. */}}
{{- define "laser.modelPath" -}}
{{- printf "/models/%s" .Values.model.path | trimSuffix "/" -}}
{{- end -}}

{{/* The same for a server, its test and what fetches its model. */}}
{{- define "laser.podDefaults" -}}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext:
  {{- toYaml .Values.podSecurityContext | nindent 2 }}
{{- with .Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* Combinations that the schema cannot see; every one stops the installation. */}}
{{- define "laser.validate" -}}
{{- $v := .Values -}}
{{- if and (eq $v.model.source "existingClaim") (not $v.model.existingClaim.name) -}}
{{- fail "model.source existingClaim needs model.existingClaim.name" -}}
{{- end -}}
{{- if and (eq $v.model.source "image") (not $v.model.image.reference) -}}
{{- fail "model.source image needs model.image.reference" -}}
{{- end -}}
{{- if and (eq $v.model.source "download") (not $v.model.download.files) -}}
{{- fail "model.source download needs model.download.files" -}}
{{- end -}}
{{- if and $v.apiKeys.hashes $v.apiKeys.existingSecret -}}
{{- fail "apiKeys.hashes and apiKeys.existingSecret exclude each other" -}}
{{- end -}}
{{- if and $v.tls.clientCaKey (not $v.tls.existingSecret) -}}
{{- fail "tls.clientCaKey needs tls.existingSecret" -}}
{{- end -}}
{{- if and $v.metrics.serviceMonitor.enabled (include "laser.hasKeys" .) $v.apiKeys.protectMetrics (not $v.clientKey.existingSecret) -}}
{{- fail "metrics.serviceMonitor needs clientKey.existingSecret (or apiKeys.protectMetrics=false), because /metrics asks for a key" -}}
{{- end -}}
{{- if and $v.metrics.serviceMonitor.enabled $v.tls.existingSecret (not $v.metrics.serviceMonitor.tlsConfig) -}}
{{- fail "metrics.serviceMonitor needs tlsConfig, because /metrics is served with TLS" -}}
{{- end -}}
{{- if gt (int64 $v.autoscaling.minReplicas) (int64 $v.autoscaling.maxReplicas) -}}
{{- fail "autoscaling.minReplicas is more than autoscaling.maxReplicas" -}}
{{- end -}}
{{- if and (eq $v.autoscaling.kind "keda") (not $v.autoscaling.keda.serverAddress) -}}
{{- fail "autoscaling.kind keda needs autoscaling.keda.serverAddress" -}}
{{- end -}}
{{- if and $v.grpcRoute.enabled (not $v.grpcRoute.parentRefs) -}}
{{- fail "grpcRoute needs parentRefs" -}}
{{- end -}}
{{- if and $v.inferencePool.enabled (not $v.inferencePool.endpointPicker.name) -}}
{{- fail "inferencePool needs endpointPicker.name" -}}
{{- end -}}
{{- if and $v.inferencePool.enabled $v.tls.existingSecret -}}
{{- fail "inferencePool and tls.existingSecret exclude each other: gateways speak to a pool without TLS" -}}
{{- end -}}
{{- end -}}
