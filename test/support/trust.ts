import { getCACertificates, setDefaultCACertificates } from 'node:tls';

// The test servers' authority, as NODE_EXTRA_CA_CERTS brings it to a task.
setDefaultCACertificates([...getCACertificates('default'), process.env['TEST_CA'] ?? '']);
