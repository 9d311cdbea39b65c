import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { noHelm, render } from './helm.mjs';

const hash = `sha256:${'a'.repeat(64)}`;
const refused = {
  'an unknown value': ['replica=3', /replica/],
  'an unknown value further down': ['engine.maxRuningSequences=3', /maxRuningSequences/],
  'a number as text': ['replicas=many', /replicas/],
  'a number out of range': ['engine.maxTokensPerStep=8', /maxTokensPerStep|minimum/],
  'a source of models that there is not': ['model.source=hub', /source/],
  'a path out of the volume': ['model.path=../etc', /path/],
  'a key in clear text': ['apiKeys.hashes={secret-secret-secret}', /hashes/],
  'a digest that is none': ['image.digest=latest', /digest/],
  'a setting with a number': ['settings.DrainSeconds=3', /settings|DrainSeconds/],
  'a setting that has a value of its own': ['settings.Grpc:Port=1', /settings/, '--set-string'],
  'a download without a checksum': ['model.download.files[0].name=a,model.download.files[0].url=https://a/b', /sha256/],
  'a download without TLS': [`model.download.files[0].name=a,model.download.files[0].url=http://a/b,model.download.files[0].sha256=${'a'.repeat(64)}`, /url/],
  'a claim without a name': ['model.source=existingClaim', /existingClaim\.name/],
  'an image volume without an image': ['model.source=image', /image\.reference/],
  'a download of nothing': ['model.source=download', /download\.files/],
  'a grace period that is too short': ['terminationGracePeriodSeconds=60', /must be at least preStopSeconds/],
  'two places for keys': [`apiKeys.hashes={${hash}},apiKeys.existingSecret=a`, /exclude each other/],
  'client certificates without TLS': ['tls.clientCaKey=ca.crt', /needs tls\.existingSecret/],
  'Prometheus without a key': [`apiKeys.hashes={${hash}},metrics.serviceMonitor.enabled=true`, /clientKey/],
  'Prometheus without an authority': ['tls.existingSecret=a,metrics.serviceMonitor.enabled=true', /tlsConfig/],
  'fewer servers at most than at least': ['autoscaling.minReplicas=9', /minReplicas/],
  'KEDA without Prometheus': ['autoscaling.kind=keda', /serverAddress/],
  'a route without a gateway': ['grpcRoute.enabled=true', /parentRefs/],
  'a pool without a picker': ['inferencePool.enabled=true', /endpointPicker/],
  'a pool of servers with TLS': ['inferencePool.enabled=true,inferencePool.endpointPicker.name=a,tls.existingSecret=b', /without TLS/],
};

describe('refused', { skip: noHelm }, () => {
  for (const [what, [values, reason, option = '--set']] of Object.entries(refused)) {
    test(what, () => assert.throws(() => render(option, values), reason));
  }

  test('a Kubernetes that is too old', () => {
    assert.throws(() => render('--kube-version', '1.29.0'), /kubeVersion/);
  });
});
