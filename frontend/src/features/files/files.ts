import { queryOptions } from "@tanstack/react-query";
import { ApiProblem, apiUrl, get } from "@/api/client";

/** A file of the workspace as scripts get it. */
export type StoredFile = { s3: string; storage?: string; filename?: string };

export type FileLevel = {
  folders: { prefix: string; name: string }[];
  files: { key: string; name: string; size: number; last_modified: string }[];
  next_page_token?: string;
};

const LEVEL = 100;

/** One page of what is in a folder; `""` is the top. */
export const fileLevelQuery = (workspace: string, prefix: string, page: string) =>
  queryOptions({
    queryKey: ["w", workspace, "files", prefix, page],
    queryFn: ({ signal }) =>
      get<FileLevel>(
        `/w/${workspace}/job_helpers/list_stored_files_paged`,
        { prefix, page_token: page, max_keys: LEVEL },
        signal,
      ),
    staleTime: 5_000,
  });

/** Files anywhere whose keys hold a text. */
export const fileSearchQuery = (workspace: string, search: string) =>
  queryOptions({
    queryKey: ["w", workspace, "files", "search", search],
    queryFn: async ({ signal }) => {
      const found = await get<{ windmill_large_files: { s3: string }[] }>(
        `/w/${workspace}/job_helpers/list_stored_files`,
        { search, max_keys: LEVEL },
        signal,
      );
      return found.windmill_large_files.map((one) => one.s3);
    },
    enabled: search.trim().length > 0,
    placeholderData: (previous) => previous,
    staleTime: 5_000,
  });

export const downloadUrl = (workspace: string, key: string) =>
  apiUrl(`/w/${workspace}/job_helpers/download_s3_file`, { file_key: key });

/** The letters and digits behind the last dot of a name. */
export function extensionOf(name: string): string | undefined {
  return /\.([a-z0-9]{1,12})$/i.exec(name)?.[1]?.toLowerCase();
}

/** Stores a file under a key of the server's choice; `onProgress` hears the part that has gone, 0 to 1. */
export function uploadFile(
  workspace: string,
  file: File,
  onProgress: (part: number) => void,
  signal: AbortSignal,
): Promise<StoredFile> {
  // fetch tells nothing of what has gone.
  const request = new XMLHttpRequest();
  return new Promise((resolve, reject) => {
    request.upload.onprogress = (event) => event.lengthComputable && onProgress(event.loaded / event.total);
    request.onload = () => {
      if (request.status >= 400) {
        reject(new ApiProblem(request.status, "The file was not stored", request.responseText.slice(0, 500)));
        return;
      }
      const { file_key } = JSON.parse(request.responseText) as { file_key: string };
      resolve({ s3: file_key, filename: file.name });
    };
    request.onerror = () => reject(new ApiProblem(0, "The file was not stored", "The connection was lost."));
    request.onabort = () => reject(new DOMException("stopped", "AbortError"));
    signal.addEventListener("abort", () => request.abort());
    const query = { file_extension: extensionOf(file.name), content_type: file.type || undefined };
    request.open("POST", apiUrl(`/w/${workspace}/job_helpers/upload_s3_file`, query));
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.send(file);
  });
}
