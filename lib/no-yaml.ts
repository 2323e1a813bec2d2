/** Stands in for the package `yaml`, of which @fastify/swagger makes no use for JSON: 120 KB of every bundle. */
export default undefined;
