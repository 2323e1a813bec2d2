/**
 * Replaces packages that no service calls, 150 KB of every bundle: `yaml`, which @fastify/swagger does not use for JSON,
 * `light-my-request`, with which Fastify lets tests send requests, and `source-map`, which Handlebars does without.
 */
export default undefined;
