'use strict';

// Replaces `node:http` in bundles. An ES module that imports it makes Node read all its exports, and one of them loads the
// client behind `WebSocket`: 20 ms of a task's start (lib/internal/bootstrap/realm.js, syncExports; lib/http.js).
module.exports = process.getBuiltinModule('node:http');
