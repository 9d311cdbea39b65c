// Writes what is made from other files: the chart's README, and its copies of rules and dashboard. --check only compares.
import { readFileSync, writeFileSync } from 'node:fs';
import { isMap, isScalar, parseDocument } from 'yaml';
import { inRoot, readText } from './repository.mjs';

const copies = {
  'helm/laser-serve/files/recording-rules.yaml': 'deploy/prometheus/recording-rules.yaml',
  'helm/laser-serve/files/alerts.yaml': 'deploy/prometheus/alerts.yaml',
  'helm/laser-serve/files/dashboard.json': 'deploy/grafana/laser-serve.json',
};

/** Every generated file and what must be in it. */
export function generate() {
  const files = Object.fromEntries(Object.entries(copies).map(([target, source]) => [target, readText(source)]));
  files['helm/laser-serve/README.md'] = `${readText('helm/laser-serve/README.head.md')}\n${table(readText('helm/laser-serve/values.yaml'))}`;
  return files;
}

/** A row for every value of values.yaml: its comment is its meaning, and one without is an error. */
export function table(values) {
  const rows = [];
  visit(parseDocument(values).contents, '');
  return `| value | default | meaning |\n|---|---|---|\n${rows.join('\n')}\n`;

  function visit(map, prefix) {
    map.items.forEach(({ key, value }, i) => {
      // The parser gives the comment above the first key to the map.
      const comment = key.commentBefore ?? (i === 0 && prefix !== '' ? map.commentBefore : undefined);
      const path = prefix + key.value;
      if (comment === undefined && isMap(value) && value.items.length > 0) {
        visit(value, `${path}.`);
      } else if (comment === undefined) {
        throw new Error(`values.yaml says nothing about ${path}`);
      } else {
        rows.push(`| \`${path}\` | ${shown(value)} | ${comment.split('\n').pop().trim().replaceAll('|', '\\|')} |`);
      }
    });
  }
}

function shown(value) {
  const plain = value.toJSON();
  if (isScalar(value) && plain === '') {
    return '';
  }
  const text = typeof plain === 'string' ? plain : JSON.stringify(plain);
  return text.length <= 40 ? `\`${text}\`` : 'see values.yaml';
}

if (process.argv[1] === inRoot('tests/Deployment/generate.mjs')) {
  const stale = Object.entries(generate()).filter(([path, text]) => {
    try {
      return readFileSync(inRoot(path), 'utf8') !== text;
    } catch {
      return true;
    }
  });
  if (process.argv.includes('--check')) {
    stale.forEach(([path]) => console.error(`${path} is not up to date: npm run generate, in tests/Deployment`));
    process.exit(stale.length === 0 ? 0 : 1);
  }
  stale.forEach(([path, text]) => writeFileSync(inRoot(path), text));
}
