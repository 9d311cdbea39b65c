{{/* The server's settings, as environment. */}}
{{- define "laser.environment" -}}
{{- $v := .Values -}}
{{- $settings := dict
  "Grpc:Address" $v.listenAddress
  "Grpc:Port" "50051"
  "Grpc:MaxConnectionAgeSeconds" $v.maxConnectionAgeSeconds
  "Http:Address" $v.listenAddress
  "Http:Port" "8080"
  "Health:Port" "50052"
  "DrainSeconds" $v.drainSeconds
  "Engine:MaxRunningSequences" $v.engine.maxRunningSequences
  "Engine:MaxTokensPerStep" $v.engine.maxTokensPerStep
  "Engine:MaxQueuedRequests" $v.engine.maxQueuedRequests
  "Engine:PrefixCache" $v.engine.prefixCache -}}
{{- if $v.engine.kvCacheMebibytes }}{{ $_ := set $settings "Engine:KvCacheMebibytes" $v.engine.kvCacheMebibytes }}{{ end -}}
{{- if $v.engine.threads }}{{ $_ := set $settings "Model:Threads" $v.engine.threads }}{{ end -}}
{{- if $v.model.name }}{{ $_ := set $settings "Model:Name" $v.model.name }}{{ end -}}
{{- if ne $v.model.source "bundled" }}{{ $_ := set $settings "Model:Path" (include "laser.modelPath" .) }}{{ end -}}
{{- if $v.gpu.enabled -}}
{{- $devices := list -}}
{{- range $i := until (int $v.gpu.count) }}{{ $devices = append $devices (printf "cuda:%d" $i) }}{{ end -}}
{{- $_ := set $settings "Model:Device" (join "," $devices) -}}
{{- end -}}
{{- if $v.tls.existingSecret -}}
{{- $_ := set $settings "Tls:CertificatePath" "/etc/laser/tls/tls.crt" -}}
{{- $_ := set $settings "Tls:KeyPath" "/etc/laser/tls/tls.key" -}}
{{- if $v.tls.clientCaKey }}{{ $_ := set $settings "Tls:ClientCaPath" (printf "/etc/laser/tls/%s" $v.tls.clientCaKey) }}{{ end -}}
{{- end -}}
{{- if include "laser.hasKeys" . -}}
{{- $_ := set $settings "ApiKeys:Path" "/etc/laser/api-keys/keys" -}}
{{- $_ := set $settings "ApiKeys:ProtectMetrics" $v.apiKeys.protectMetrics -}}
{{- end -}}
{{- range $name, $value := $v.settings -}}
{{- if hasKey $settings $name -}}
{{- fail (printf "settings.%s is set by a value of its own" $name) -}}
{{- end -}}
{{- $_ := set $settings $name $value -}}
{{- end -}}
{{- range $name, $value := $settings }}
- name: {{ printf "Laser__%s" ($name | replace ":" "__") | quote }}
  value: {{ if kindIs "float64" $value }}{{ $value | int64 | quote }}{{ else }}{{ $value | toString | quote }}{{ end }}
{{- end }}
{{- with $v.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "laser.mounts" -}}
- name: tmp
  mountPath: /tmp
{{- if ne .Values.model.source "bundled" }}
- name: model
  mountPath: /models
  readOnly: true
{{- end }}
{{- if .Values.tls.existingSecret }}
- name: tls
  mountPath: /etc/laser/tls
  readOnly: true
{{- end }}
{{- if include "laser.hasKeys" . }}
- name: api-keys
  mountPath: /etc/laser/api-keys
  readOnly: true
{{- end }}
{{- with .Values.extraVolumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "laser.volumes" -}}
- name: tmp
  emptyDir:
    sizeLimit: 64Mi
{{- if eq .Values.model.source "existingClaim" }}
- name: model
  persistentVolumeClaim:
    claimName: {{ .Values.model.existingClaim.name | quote }}
    readOnly: true
{{- else if eq .Values.model.source "image" }}
- name: model
  image:
    reference: {{ .Values.model.image.reference | quote }}
    pullPolicy: {{ .Values.model.image.pullPolicy }}
{{- else if eq .Values.model.source "download" }}
- name: model
  emptyDir:
    sizeLimit: {{ .Values.model.download.sizeLimit | quote }}
{{- end }}
{{- if .Values.tls.existingSecret }}
- name: tls
  secret:
    secretName: {{ .Values.tls.existingSecret | quote }}
    defaultMode: 0440
{{- end }}
{{- if include "laser.hasKeys" . }}
- name: api-keys
  secret:
    secretName: {{ include "laser.keySecret" . | quote }}
    defaultMode: 0440
    items:
      - key: {{ ternary .Values.apiKeys.existingSecretKey "keys" (ne .Values.apiKeys.existingSecret "") | quote }}
        path: keys
{{- end }}
{{- with .Values.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* Names, addresses and checksums are arguments, so that no character of theirs means anything to the shell. */}}
{{- define "laser.download" -}}
- name: download-model
  image: {{ .Values.model.download.image | quote }}
  securityContext:
    {{- toYaml .Values.containerSecurityContext | nindent 4 }}
  command:
    - sh
    - -euc
    - |
      while [ "$#" -gt 0 ]; do
        mkdir -p "$(dirname "/models/$1")"
        curl --fail --silent --show-error --location --retry 5 --output "/models/$1" "$2"
        echo "$3  /models/$1" | sha256sum -c -
        shift 3
      done
    - download
  args:
    {{- range .Values.model.download.files }}
    - {{ .name | quote }}
    - {{ .url | quote }}
    - {{ .sha256 | quote }}
    {{- end }}
  {{- with .Values.model.download.resources }}
  resources:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  volumeMounts:
    - name: model
      mountPath: /models
{{- end -}}

{{/* Health has a port of its own, because probes speak neither TLS nor keys. Liveness is progress of the engine, not readiness. */}}
{{- define "laser.probes" -}}
{{- range $kind, $service := dict "startup" "readiness" "readiness" "readiness" "liveness" "liveness" }}
{{- with index $.Values.probes $kind }}
{{ $kind }}Probe:
  grpc:
    port: 50052
    service: {{ $service }}
  periodSeconds: {{ .periodSeconds }}
  timeoutSeconds: {{ .timeoutSeconds }}
  failureThreshold: {{ .failureThreshold }}
{{- end }}
{{- end }}
{{- end -}}
