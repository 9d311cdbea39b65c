// A server, Prometheus and every expression that dashboard, rules, alerts and autoscalers ask for.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { after, before, describe, test } from 'node:test';
import { parse } from 'yaml';
import { inRoot, readText } from '../repository.mjs';
import { noPrometheus, startPrometheus } from './prometheus.mjs';
import { startServer, until } from './server.mjs';

// Their series begin with the first event of their kind.
const emptyAtFirst = /laser_(rejections|failed_requests|cancelled_requests)_total|outcome="error"|^laser:(rejections|request_errors)/;

const rules = ['recording-rules', 'alerts'].flatMap(file => parse(readText(`deploy/prometheus/${file}.yaml`)).groups.flatMap(group => group.rules));
const recorded = new Set(rules.map(rule => rule.record).filter(Boolean));
const panels = JSON.parse(readText('deploy/grafana/laser-serve.json')).panels.flatMap(panel =>
  (panel.targets ?? []).map(target => [`${panel.title}: ${target.legendFormat}`,
    target.expr.replaceAll('$__rate_interval', '10s').replaceAll('$job', 'laser-serve').replaceAll('$instance', '.*')]));

const adapter = parse(readText('deploy/kubernetes/prometheus-adapter-values.yaml')).rules.custom;
const scalers = readText('helm/laser-serve/templates/autoscaling.yaml');

/** Names of metrics in an expression or template, without what a histogram adds. */
const metricsIn = text => new Set([...text.matchAll(/\blaser_[a-z0-9_]+/g)].map(([name]) => name.replace(/_(bucket|sum|count)$/, '')));

describe('what a server exports', { skip: noPrometheus }, () => {
  let server, prometheus, exported;

  const generate = (max_tokens = 24) => fetch(`${server.http}/v1/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ prompt: 'Once upon a time there was a king who had three daughters, and the youngest of them', max_tokens, ignore_eos: true }),
  }).then(answer => answer.json());

  before(async () => {
    server = await startServer();
    await generate(64);
    prometheus = await startPrometheus(server.http.replace('http://', ''));
    exported = new Set([...(await (await fetch(`${server.http}/metrics`)).text()).matchAll(/^# TYPE (\S+)/gm)].map(match => match[1]));
  });

  after(async () => {
    await prometheus?.stop();
    await server?.stop();
  });

  test('promtool finds nothing wrong with it', async () => {
    const text = await (await fetch(`${server.http}/metrics`)).text();
    const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' });
    // Exit code 3 is advice on names (sums of pages are no counters, say); what cannot be parsed is 1.
    assert.ok(status === 0 || status === 3, stdout + stderr);
  });

  test('has every metric that rules, dashboard and autoscalers name', () => {
    const made = new Set(adapter.map(rule => rule.name.as));
    const wanted = [...rules.map(rule => rule.expr), ...panels.map(([, expr]) => expr),
      ...adapter.flatMap(rule => [rule.seriesQuery, rule.metricsQuery]), ...scalers.match(/query: .*/g)].flatMap(text => [...metricsIn(text)]);
    assert.ok(wanted.length > 60);
    assert.deepEqual([...new Set(wanted)].filter(name => !exported.has(name)), []);
    const asked = [...scalers.matchAll(/metric:\s+name: (\S+)/g)].map(match => match[1]);
    assert.equal(asked.length, 2);
    assert.deepEqual(asked.filter(name => !made.has(name)), [], 'the adapter makes what the HPA asks for');
  });

  test('recorded series that are asked for are recorded', () => {
    const wanted = rules.flatMap(rule => rule.expr.match(/\blaser:[a-z0-9_:]+/g) ?? []);
    assert.ok(wanted.length > 5);
    assert.deepEqual(wanted.filter(name => !recorded.has(name)), []);
  });

  test('every panel shows a value, and every rule gives one', async () => {
    // Rates need two scrapes with something between them.
    const expressions = [...panels, ...rules.filter(rule => rule.record).map(rule => [rule.record, rule.record])]
      .filter(([, expr]) => !emptyAtFirst.test(expr));
    assert.ok(expressions.length > 30);
    for (const [name, expr] of expressions) {
      await until(async () => {
        await generate();
        return (await prometheus.query(expr)).some(({ value }) => value[1] !== 'NaN');
      }).catch(error => assert.fail(`${name}: ${expr}: ${error.message}`));
    }
  });

  test('what begins with its first event is understood, too', async () => {
    for (const [, expr] of panels.filter(([, expr]) => emptyAtFirst.test(expr))) {
      await prometheus.query(expr);
    }
  });

  test('alerts are evaluated without an error, and none fires', async () => {
    const groups = (await prometheus.ask('rules')).groups;
    assert.equal(groups.flatMap(group => group.rules).length, rules.length);
    for (const rule of groups.flatMap(group => group.rules)) {
      assert.equal(rule.lastError ?? '', '', rule.name);
      assert.notEqual(rule.state, 'firing', rule.name);
    }
  });
});

describe('promtool', { skip: noPrometheus }, () => {
  const promtool = (...args) => {
    const { status, stdout, stderr } = spawnSync('promtool', args, { cwd: inRoot('deploy/prometheus'), encoding: 'utf8' });
    assert.equal(status, 0, stdout + stderr);
  };

  test('configuration', () => promtool('check', 'config', 'prometheus.yml'));
  test('rules', () => promtool('check', 'rules', 'recording-rules.yaml', 'alerts.yaml'));
  test('what fires when', () => promtool('test', 'rules', 'rules-test.yaml'));

  test('every alert has a case in which it fires and one in which it does not, and a section of the runbook', () => {
    const cases = parse(readText('deploy/prometheus/rules-test.yaml')).tests.flatMap(test => test.alert_rule_test);
    const runbook = readText('deploy/README.md');
    for (const { alert } of rules.filter(rule => rule.alert)) {
      const own = cases.filter(test => test.alertname === alert);
      assert.ok(own.some(test => test.exp_alerts.length > 0) && own.some(test => test.exp_alerts.length === 0), alert);
      assert.match(runbook, new RegExp(`^### ${alert}$`, 'm'));
    }
  });
});
