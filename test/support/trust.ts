import { getCACertificates, setDefaultCACertificates } from 'node:tls';

// Trusts the CA of the test servers, as NODE_EXTRA_CA_CERTS does for a task.
setDefaultCACertificates([...getCACertificates('default'), process.env['TEST_CA'] ?? '']);
