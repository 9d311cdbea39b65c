import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
export const chartFolder = join(root, 'helm/laser-serve');
export const inRoot = path => join(root, path);
export const readText = path => readFileSync(inRoot(path), 'utf8');
