{{- define "evertrack.name" -}}
{{- .Release.Name | trunc 48 | trimSuffix "-" -}}
{{- end -}}

{{- define "evertrack.image" -}}
{{- .Values.image.repository -}}:{{- .Values.image.tag | default .Chart.AppVersion -}}
{{- end -}}

{{- define "evertrack.claim" -}}
{{- .Values.storage.existingClaim | default (printf "%s-storage" (include "evertrack.name" .)) -}}
{{- end -}}

{{/* The roles of the topology, as a list in JSON. */}}
{{- define "evertrack.roles" -}}
{{- if eq .Values.topology "split" -}}["web","worker"]{{- else -}}["server"]{{- end -}}
{{- end -}}

{{/* The role that answers requests. */}}
{{- define "evertrack.frontRole" -}}
{{- if eq .Values.topology "split" -}}web{{- else -}}server{{- end -}}
{{- end -}}

{{- define "evertrack.selector" -}}
app.kubernetes.io/name: evertrack
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "evertrack.labels" -}}
{{ include "evertrack.selector" . }}
app.kubernetes.io/version: {{ .Values.image.tag | default .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{- define "evertrack.podSecurity" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
fsGroupChangePolicy: OnRootMismatch
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{- define "evertrack.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: ["ALL"]
{{- end -}}

{{/* User and password come from files, so that they show up in no environment and may hold any character. */}}
{{- define "evertrack.credentials" -}}
- name: DT_DATASOURCE_USERNAME
  value: ${file::/run/secrets/evertrack-database/username}
- name: DT_DATASOURCE_PASSWORD
  value: ${file::/run/secrets/evertrack-database/password}
{{- end -}}
