// The service worker for users who set a mirror of the hub: the same code, under the policy that this file comes with.
importScripts('service.worker.js');
