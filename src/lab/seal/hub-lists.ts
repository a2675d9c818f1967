/** @file Asks a repository's host which files it has, with size and hash. Everything is read by schema, within limits. */
import { z } from 'zod';
import { LabError } from '../../core/errors.ts';
import { hubFolder, type HubFile, type HubHost, type HubRepository } from '../../models/hub/addresses.ts';
import { gatedAdvice } from '../../models/file-errors.ts';
import { isListedFile } from '../../models/hub/hash.ts';
import { hubOrigin, isPlainPath, isRepository, outsideAddress } from './hub-address.ts';
import type { HubList } from './messages.ts';
import { OutsideFailure, type Outside } from './outside.ts';

const hex = (digits: number) => z.string().regex(new RegExp(`^[0-9a-f]{${digits}}$`));
const size = z.int().nonnegative();

/** `/api/models/<repo>/revision/<revision>?blobs=true` of the Hugging Face Hub. */
const modelInfo = z.object({
  sha: hex(40),
  siblings: z
    .array(
      z.object({
        rfilename: z.string(),
        size: size.nullish(),
        blobId: hex(40).nullish(),
        lfs: z.object({ sha256: hex(64), size }).nullish(),
      }),
    )
    .max(20_000),
});

/** `/repos/<repo>/contents/<file>` of GitHub. */
const contentInfo = z.object({ type: z.literal('file'), sha: hex(40), size });

const mostBytes = 16 * 2 ** 20;
const timeoutMs = 60_000;

function modelFiles({ siblings }: z.infer<typeof modelInfo>): readonly HubFile[] {
  return siblings.flatMap(({ rfilename: path, size: bytes, blobId, lfs }): HubFile[] => {
    if (!isPlainPath(path)) return [];
    if (lfs) return [{ path, bytes: lfs.size, hash: { algorithm: 'sha-256', hex: lfs.sha256 } }];
    if (blobId == null || bytes == null) return [];
    return [{ path, bytes, hash: { algorithm: 'git-blob', hex: blobId } }];
  });
}

const hostOf = (host: HubHost, mirror: string | null): string =>
  host === 'huggingface.co' ? new URL(hubOrigin(mirror)).host : host;

/**
 * @param mirror asked in place of the Hugging Face Hub, if any
 * @throws Error for a name that is none, or an answer that is no list; as `Outside`
 */
export async function askForList(
  outside: Outside,
  repository: HubRepository,
  mirror: string | null,
): Promise<HubList> {
  if (!isRepository(repository))
    throw new Error(`${repository.repo.slice(0, 100)} cannot be a repository's name.`);
  const { host, repo, revision, file } = repository;
  const reason = `file list of ${repo}`;
  const folder = hubFolder(repository);
  const read = async <T>(url: string, schema: z.ZodType<T>): Promise<T> => {
    const { content } = await outside({ url, reason, mostBytes, timeoutMs });
    try {
      return schema.parse(JSON.parse(new TextDecoder().decode(content)));
    } catch (cause) {
      throw new Error(`${new URL(url).host} answered with something other than the list of ${repo}.`, {
        cause,
      });
    }
  };
  try {
    if (host === 'raw.githubusercontent.com') {
      if (file === undefined) throw new Error(`Files of ${host} are asked for one by one.`);
      const url = `https://api.github.com/repos/${repo}/contents/${file}?ref=${revision}`;
      const { sha, size: bytes } = await read(url, contentInfo);
      const files: HubFile[] = [{ path: file, bytes, hash: { algorithm: 'git-blob', hex: sha } }];
      return { repository, folder, commit: revision, files };
    }
    const url = `${hubOrigin(mirror)}/api/models/${repo}/revision/${revision}?blobs=true`;
    const info = await read(url, modelInfo);
    return { repository, folder, commit: info.sha, files: modelFiles(info) };
  } catch (error) {
    if (error instanceof OutsideFailure && [401, 403, 404].includes(error.status ?? 0))
      throw new LabError(
        'unknown-model',
        `${hostOf(host, mirror)} has no model ${repo} at ${revision}, or gives it to no one who is not logged in (${error.status}).`,
        {
          advice: `Check the name. If https://${host}/${repo} exists, download its files there, logged in, and bring them.`,
          cause: error,
        },
      );
    throw error;
  }
}

/** A small file of a repository, as text. @throws LabError where it is not given to all; Error if damaged; as `Outside` */
export async function askForText(
  outside: Outside,
  { repository, commit }: HubList,
  file: HubFile,
  mirror: string | null,
): Promise<string> {
  const { repo, host } = repository;
  const url = outsideAddress(repository, commit, file.path, mirror);
  try {
    const { content } = await outside({
      url,
      reason: `configuration of ${repo}`,
      mostBytes: file.bytes,
      timeoutMs,
    });
    if (isListedFile(content, file)) return new TextDecoder().decode(content);
  } catch (error) {
    throw error instanceof OutsideFailure && isGated(error) ? gatedModel(host, repo, error) : error;
  }
  throw new Error(`${file.path} of ${repo} arrived damaged: its bytes are not those that the list names.`);
}

export const isGated = ({ status }: OutsideFailure): boolean => status === 401 || status === 403;

/** What a hub means that gives a file to accounts only. */
export const gatedReason = (host: HubHost, repo: string, status: number | null): string =>
  `The files of ${repo} go only to accounts that accepted its licence, at https://${host}/${repo} (${status}).`;

const gatedModel = (host: HubHost, repo: string, { status }: OutsideFailure): LabError =>
  new LabError('unreachable', gatedReason(host, repo, status), { advice: gatedAdvice });
