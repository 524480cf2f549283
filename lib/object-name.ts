/** RFC 1123: names of most objects. */
const DNS_SUBDOMAIN = /^[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?$/;

/** Whether Kubernetes takes the text as the name of an object, such as a Secret or a PriorityClass. */
export function isObjectName(name: string): boolean {
  return DNS_SUBDOMAIN.test(name);
}
