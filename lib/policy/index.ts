export { advice, enforcePolicy, manifestsOf } from './enforce-policy';
