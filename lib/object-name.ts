/** RFC 1123: names of most objects, labels with dots between them. */
const DNS_SUBDOMAIN = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/;
const MAX_LENGTH = 253;

/** Whether Kubernetes takes the text as the name of an object, such as a Secret or a PriorityClass. */
export function isObjectName(name: string): boolean {
  return name.length <= MAX_LENGTH && DNS_SUBDOMAIN.test(name);
}
