export { enforcePolicy } from './enforce-policy';
