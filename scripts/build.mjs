import './node-version.mjs';
import { prepare } from './prepare.mjs';

await prepare('production');
console.log('dist is up to date.');
