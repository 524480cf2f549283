/** Version of the server; a test compares it with service/package.json, which is not in the image. */
export const VERSION = '0.1.0';
