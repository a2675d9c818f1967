/** @file How the service worker says that it cannot give a file, in a way that a loader can explain. */

/** Header of an answer in place of a file. */
export const faultHeader = 'X-Glovebox-Fault';

/**
 * For files of the app: `wrong-answer`, the site sent something else; `damaged`, the stored copy is damaged and the
 * site out of reach. For files of a hub, with the reason as text: `airlock-closed`; `hub-refused`, asking again is of no
 * use; `hub-gated`, it gives the file to accounts only; `hub-unreachable`, asking again may help; `hub-busy`, asking again
 * may help after the time in `Retry-After`; `disk-full`, there is no room for what arrived; `not-stored`, it could not be
 * stored for another reason.
 */
export type FileFault =
  | 'wrong-answer'
  | 'damaged'
  | 'airlock-closed'
  | 'hub-refused'
  | 'hub-gated'
  | 'hub-unreachable'
  | 'hub-busy'
  | 'disk-full'
  | 'not-stored';
