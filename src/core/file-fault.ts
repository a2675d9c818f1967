/** @file How the service worker says that it cannot give a file, in a way that a loader can explain. */

/** Header of an answer in place of a file. */
export const faultHeader = 'X-Glovebox-Fault';

/**
 * For files of the app: `wrong-answer`, the site sent something else; `damaged`, the stored copy is damaged and the
 * site out of reach. For files of a hub, with the reason as text: `airlock-closed`; `hub-refused`, asking again is of no
 * use; `hub-unreachable`, asking again may help.
 */
export type FileFault = 'wrong-answer' | 'damaged' | 'airlock-closed' | 'hub-refused' | 'hub-unreachable';
