/** Replaces the package `yaml`, which @fastify/swagger does not use for JSON: 120 KB of every bundle. */
export default undefined;
