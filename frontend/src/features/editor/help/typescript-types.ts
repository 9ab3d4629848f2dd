/** The helpers that scripts import from `windmill-client`: those that people use, with their words. */
export const CLIENT_TYPES = `
export type S3Object = { s3: string; storage?: string; presigned?: string; filename?: string };
export type Base64 = string;
export type Email = string;
export type Sql = string;
export type Resource<S extends string> = any;
/** The value of a variable, decrypted when it is a secret. */
export declare function getVariable(path: string): Promise<string>;
/** Sets a variable; makes it when there is none. */
export declare function setVariable(path: string, value: string, isSecretIfNotExist?: boolean, descriptionIfNotExist?: string): Promise<void>;
/** The value of a resource, with what it refers to filled in. */
export declare function getResource(path?: string, undefinedIfEmpty?: boolean): Promise<any>;
export declare function setResource(value: any, path?: string, initializeToTypeIfNotExist?: string): Promise<void>;
/** What an earlier run left for this one. */
export declare function getState(): Promise<any>;
/** Leaves something for the next run. */
export declare function setState(state: any): Promise<void>;
/** Percent done, 0 to 99, shown on the run's page. */
export declare function setProgress(percent: number, jobId?: string): Promise<void>;
export declare function getProgress(jobId?: string): Promise<number | null>;
/** Runs a script and waits for its result. */
export declare function runScript(path?: string | null, hash?: string | null, args?: Record<string, any> | null, verbose?: boolean): Promise<any>;
export declare function runScriptByPath(path: string, args?: Record<string, any> | null, verbose?: boolean): Promise<any>;
export declare function runScriptByHash(hash: string, args?: Record<string, any> | null, verbose?: boolean): Promise<any>;
export declare function runFlow(path?: string | null, args?: Record<string, any> | null, verbose?: boolean): Promise<any>;
/** Starts a script; the answer is the id of the run. */
export declare function runScriptAsync(path: string | null, hash: string | null, args: Record<string, any> | null, scheduledInSeconds?: number | null): Promise<string>;
export declare function runScriptByPathAsync(path: string, args?: Record<string, any> | null, scheduledInSeconds?: number | null): Promise<string>;
export declare function runFlowAsync(path: string | null, args: Record<string, any> | null, scheduledInSeconds?: number | null): Promise<string>;
export declare function waitJob(jobId: string, verbose?: boolean): Promise<any>;
export declare function getResult(jobId: string): Promise<any>;
export declare function getResumeUrls(approver?: string): Promise<{ approvalPage: string; resume: string; cancel: string }>;
export declare function loadS3File(file: S3Object, resource?: string): Promise<Uint8Array | undefined>;
export declare function writeS3File(file: S3Object | undefined, content: string | Blob, resource?: string): Promise<S3Object>;
export declare function streamResult(text: string): void;
export declare function getWorkspace(): string;
export declare function getRootJobId(jobId?: string): Promise<string>;
`;

/** What is there in every run without an import. */
export const RUNTIME_TYPES = `
declare global {
  const process: { env: Record<string, string | undefined>; argv: string[]; exit(code?: number): never; cwd(): string };
  const Buffer: any;
  const Bun: any;
  const Deno: any;
}
export {};
`;
